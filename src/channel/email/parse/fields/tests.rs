use super::*;

/// Names and values as `Name=value|…`, then the body.
fn shown(raw: &str) -> (String, &str) {
    let block = split(raw.as_bytes());
    let field = |f: &Field| {
        format!(
            "{}={}",
            f.name,
            String::from_utf8_lossy(f.value)
                .trim()
                .replace("\r\n", "~")
                .replace('\n', "~")
        )
    };
    let fields: Vec<String> = block.fields.iter().map(field).collect();
    (fields.join("|"), &raw[block.body..])
}

#[test]
fn header_blocks_as_they_come() {
    for (raw, fields, body, why) in [
        (
            "A: 1\r\nB: 2\r\n\r\nbody",
            "A=1|B=2",
            "body",
            "as it should be",
        ),
        ("A: 1\nB: 2\n\nbody", "A=1|B=2", "body", "bare LF"),
        ("A: 1\rB: 2\r\rbody", "A=1|B=2", "body", "bare CR"),
        (
            "A: 1\r\r\nB: 2\r\r\n\r\r\nbody",
            "A=1|B=2",
            "body",
            "doubled CR",
        ),
        ("A: 1\n 2\n\t3\n\nbody", "A=1~ 2~\t3", "body", "folded"),
        (
            "A: 1\n \nB: 2\n\nbody",
            "A=1",
            "B: 2\n\nbody",
            "a line of blanks ends the header",
        ),
        (
            "A: 1\n \nSubject: 2\n\nbody",
            "A=1|Subject=2",
            "body",
            "blank continuation inside the header",
        ),
        ("A : 1\n\nbody", "A=1", "body", "blank before the colon"),
        (
            "From x@y Mon Jan 1\nA: 1\n\nbody",
            "A=1",
            "body",
            "mbox line",
        ),
        (
            ">From x@y Mon Jan 1\nA: 1\n\nbody",
            "A=1",
            "body",
            "quoted mbox line",
        ),
        ("\u{feff}A: 1\n\nbody", "A=1", "body", "byte order mark"),
        (
            "A: 1\nstray line\nSubject: s\n\nbody",
            "A=1|Subject=s",
            "body",
            "a line that is no field",
        ),
        (
            "A: 1\nbody without blank line\nmore",
            "A=1",
            "body without blank line\nmore",
            "no blank line",
        ),
        (
            "just text\nmore text\n",
            "",
            "just text\nmore text\n",
            "no header",
        ),
        ("\nbody", "", "body", "empty header"),
        ("A: 1", "A=1", "", "no body"),
        ("A: 1\n\n", "A=1", "", "empty body"),
        ("A:\nB:2\n\n", "A=|B=2", "", "empty value"),
        ("", "", "", "nothing"),
    ] {
        let (found, rest) = shown(raw);
        assert_eq!((found.as_str(), rest), (fields, body), "{why}");
    }
}

#[test]
fn floods_are_cut_and_the_body_is_still_found() {
    let many = format!("{}\nbody", "X: y\n".repeat(20_000));
    let block = split(many.as_bytes());
    assert_eq!(block.fields.len(), 10_000);
    assert_eq!(&many[block.body..], "body");
    let long = format!("Subject: {}\nA: 1\n\nbody", "x".repeat(1_000_000));
    let block = split(long.as_bytes());
    assert_eq!(block.fields[0].value.len(), 256 * 1024);
    assert_eq!(block.first("a"), Some(b" 1".as_slice()));
    assert_eq!(&long[block.body..], "body");
}
