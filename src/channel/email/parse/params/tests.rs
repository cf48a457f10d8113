use super::*;

fn name(field: &str) -> String {
    let params = Params::parse(field, &Hint::default());
    params
        .get("filename")
        .or(params.get("name"))
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn file_names_as_they_come() {
    for (field, wanted, why) in [
        ("attachment; filename=a.pdf", "a.pdf", "bare"),
        ("attachment; filename=\"a b.pdf\"", "a b.pdf", "quoted"),
        (
            "attachment; filename=a b (1).pdf",
            "a b (1).pdf",
            "bare with blanks",
        ),
        (
            "attachment; filename=\"a;b.pdf\"; size=3",
            "a;b.pdf",
            "semicolon in quotes",
        ),
        (
            "attachment; filename=\"a \\\"b\\\".pdf\"",
            "a \"b\".pdf",
            "escaped quotes",
        ),
        (
            "attachment; filename=\"a \"b\" c.pdf\"",
            "a \"b\" c.pdf",
            "bare quotes inside",
        ),
        ("attachment; filename=\"a.pdf", "a.pdf", "never closed"),
        (
            "attachment; filename=\"a.pdf; size=3",
            "a.pdf",
            "never closed, more behind",
        ),
        (
            "attachment; filename=\"C:\\temp\\new.pdf\"",
            "C:\\temp\\new.pdf",
            "Windows path",
        ),
        (
            "attachment; filename='a.pdf'",
            "'a.pdf'",
            "single quotes are taken off later",
        ),
        ("attachment;filename=a.pdf;", "a.pdf", "no blanks"),
        ("attachment filename=a.pdf", "a.pdf", "no semicolon"),
        ("attachment; FileName=a.pdf", "a.pdf", "case"),
        ("attachment; filename = a.pdf", "a.pdf", "blanks around ="),
        ("attachment; filename=\"\"; name=b.pdf", "b.pdf", "empty"),
        (
            "attachment; filename*=UTF-8''na%C3%AFve%20caf%C3%A9.pdf",
            "naïve café.pdf",
            "RFC 2231",
        ),
        (
            "attachment; filename*=utf-8'en'%E2%82%AC.pdf; filename=\"EUR.pdf\"",
            "€.pdf",
            "the extended form wins",
        ),
        (
            "attachment; filename=\"EUR.pdf\"; filename*=utf-8''",
            "EUR.pdf",
            "unless it is empty",
        ),
        (
            "attachment; filename*=\"utf-8''%E2%82%AC.pdf\"",
            "€.pdf",
            "quoted all the same",
        ),
        ("attachment; filename*=%E2%82%AC.pdf", "€.pdf", "no charset"),
        (
            "attachment; filename*=iso-8859-1''caf%E9.pdf",
            "café.pdf",
            "Latin-1",
        ),
        (
            "attachment; filename*0=\"long \"; filename*1=\"name.pdf\"",
            "long name.pdf",
            "continued",
        ),
        (
            "attachment; filename*1=\"name.pdf\"; filename*0=\"long \"",
            "long name.pdf",
            "out of order",
        ),
        (
            "attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9.pdf",
            "café.pdf",
            "split inside a character",
        ),
        (
            "attachment; filename*0*=utf-8''caf%C3%A9; filename*1=\" 100%25.pdf\"",
            "café 100%25.pdf",
            "mixed sections",
        ),
        (
            "attachment; filename*0=\"utf-8''caf%C3%A9\"; filename*1=\".pdf\"",
            "café.pdf",
            "marks forgotten",
        ),
        (
            "attachment; filename*1=\"b.pdf\"",
            "b.pdf",
            "first section missing",
        ),
        (
            "attachment; filename*0=\"=?utf-8?B?Y2Fm\"; filename*1=\"w6kucGRm?=\"",
            "café.pdf",
            "RFC 2047 inside sections",
        ),
        (
            "attachment; filename=\"=?utf-8?Q?caf=C3=A9.pdf?=\"",
            "café.pdf",
            "RFC 2047 in quotes",
        ),
        (
            "attachment; filename==?utf-8?B?Y2Fmw6kucGRm?=",
            "café.pdf",
            "RFC 2047 bare",
        ),
        (
            "attachment; filename=\"=?utf-8?Q?caf?=\r\n =?utf-8?Q?=C3=A9.pdf?=\"",
            "café.pdf",
            "RFC 2047 twice",
        ),
        (
            "attachment; filename*=utf-8''=?utf-8?Q?caf=C3=A9.pdf?=",
            "café.pdf",
            "both",
        ),
        (
            "attachment; filename=\"utf-8''caf%C3%A9.pdf\"",
            "café.pdf",
            "RFC 2231 without its star",
        ),
        (
            "attachment; filename=caf%C3%A9.pdf",
            "café.pdf",
            "percent alone",
        ),
        (
            "attachment; filename=100%25.pdf",
            "100%25.pdf",
            "percent with no need",
        ),
        ("attachment; filename=\"café.pdf\"", "café.pdf", "raw"),
        (
            "attachment; filename=\"it's Bob's.pdf\"",
            "it's Bob's.pdf",
            "apostrophes are no charset",
        ),
        ("attachment; ; filename=a.pdf", "a.pdf", "empty parameter"),
        ("attachment; nonsense; filename=a.pdf", "a.pdf", "no value"),
        ("attachment", "", "none"),
        ("", "", "nothing"),
    ] {
        assert_eq!(name(field), wanted, "{why}: {field}");
    }
}

#[test]
fn the_value_itself_is_plain_lower_case() {
    for (field, value, charset) in [
        ("Text/Plain; charset=UTF-8", "text/plain", "UTF-8"),
        (
            "text/plain (comment); charset=us-ascii (Plain)",
            "text/plain",
            "us-ascii (Plain)",
        ),
        ("text/plain charset=utf-8", "text/plain", "utf-8"),
        ("text / html; charset=\"utf-8\"", "text/html", "utf-8"),
        (
            "text/plain; format=flowed charset=utf-8",
            "text/plain",
            "utf-8",
        ),
        (
            "text/plain;\r\n\tcharset=\"utf-8\";\r\n\tformat=flowed",
            "text/plain",
            "utf-8",
        ),
    ] {
        let params = Params::parse(field, &Hint::default());
        assert_eq!(
            (params.value.as_str(), params.get("charset")),
            (value, Some(charset)),
            "{field}"
        );
    }
}
