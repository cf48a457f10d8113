use super::*;

#[test]
fn charsets_by_every_name_they_go_by() {
    for (bytes, label, text) in [
        (b"caf\xe9".as_slice(), "iso-8859-1", "café"),
        (b"caf\xe9", "ISO8859-1", "café"),
        (b"caf\xe9", "iso_8859_1", "café"),
        (b"caf\xe9", "Latin-1", "café"),
        (b"caf\xe9", "cp1252", "café"),
        (b"caf\xe9", "cp-1252", "café"),
        (b"caf\xe9", "win-1252", "café"),
        (b"caf\xe9", "windows1252", "café"),
        (b"caf\xe9", " \"iso-8859-1\" ", "café"),
        (b"caf\xe9", "iso-8859-1;format=flowed", "café"),
        (b"\x80 5", "iso-8859-1", "€ 5"),
        (b"\xa4 5", "iso-8859-15", "€ 5"),
        (b"caf\xc3\xa9", "utf8", "café"),
        (b"caf\xc3\xa9", "UTF_8", "café"),
        (b"caf\x82", "cp850", "café"),
        (b"caf\x82", "IBM437", "café"),
        (b"caf\x8e", "x-mac-roman", "café"),
        (b"\xcf\xf0\xe8", "cp1251", "При"),
        (b"\xf0\xd2\xc9", "koi8-r", "При"),
        (b"\x8f\xe0\xa8", "ibm866", "При"),
        (b"\xd6\xd0\xce\xc4", "gb2312", "中文"),
        (b"\xd6\xd0\xce\xc4", "GB_2312-80", "中文"),
        (b"\xd6\xd0\xce\xc4", "cp936", "中文"),
        (b"\x81\x30\x81\x34", "gb2312", "\u{84}"),
        (b"\xa4\xa4\xa4\xe5", "big5", "中文"),
        (b"\xa4\xa4\xa4\xe5", "cp950", "中文"),
        (b"\x93\xfa\x96\x7b", "cp932", "日本"),
        (b"\x93\xfa\x96\x7b", "x-sjis", "日本"),
        (b"\x87\x40", "windows-31j", "①"),
        (b"\xc6\xfc\xcb\xdc", "eucJP", "日本"),
        (b"\xc7\xd1\xb1\xb9", "ks_c_5601-1987", "한국"),
        (b"\xc7\xd1\xb1\xb9", "cp949", "한국"),
        (b"\xc7\xd1\xb1\xb9", "EUC-KR", "한국"),
        (b"\x1b$BF|K\\\x1b(B", "iso-2022-jp", "日本"),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp-ms", "①"),
        (b"\x1b$BF|\x1b(I1\x1b(B", "cp50221", "日ｱ"),
        (b"\x1b$)C\x0eGQ19\x0f ok", "iso-2022-kr", "한국 ok"),
        (b"\x1b$)A\x0eVPND\x0f", "iso-2022-cn", "中文"),
        (b"~{VPND~} ok", "hz-gb-2312", "中文 ok"),
        (b"Caf+AOk- 1 +- 2 = 3", "utf-7", "Café 1 + 2 = 3"),
        (b"+ZeVnLA-", "UNICODE-1-1-UTF-7", "日本"),
        (b"+2D3eAA", "utf-7", "😀"),
        (b"\0c\0a\0f\0\xe9", "utf-16be", "café"),
        (b"c\0a\0f\0\xe9\0", "utf-16le", "café"),
        (b"\xff\xfec\0a\0f\0\xe9\0", "utf-16", "café"),
        (b"\0\0\0c\0\0\0\xe9", "utf-32", "cé"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "utf-8", "café"),
    ] {
        assert_eq!(
            decode(bytes, Some(label), &Hint::default()).text,
            text,
            "{label}"
        );
    }
}

#[test]
fn a_declaration_is_not_believed_against_the_bytes() {
    for (bytes, label, text) in [
        ("Grüße".as_bytes(), Some("us-ascii"), "Grüße"),
        ("Grüße".as_bytes(), Some("iso-8859-1"), "Grüße"),
        ("Grüße".as_bytes(), None, "Grüße"),
        (
            "中文测试中文测试".as_bytes(),
            Some("gb2312"),
            "中文测试中文测试",
        ),
        (
            b"Gr\xfc\xdfe aus M\xfcnchen",
            Some("utf-8"),
            "Grüße aus München",
        ),
        (
            b"Gr\xfc\xdfe aus M\xfcnchen",
            Some("us-ascii"),
            "Grüße aus München",
        ),
        (b"Gr\xfc\xdfe aus M\xfcnchen", None, "Grüße aus München"),
        (
            b"Gr\xfc\xdfe aus M\xfcnchen",
            Some("nonsense"),
            "Grüße aus München",
        ),
        (
            "Grüße, geh\u{fc}rt \u{e9}".as_bytes(),
            Some("utf-16"),
            "Grüße, gehürt é",
        ),
        (
            b"caf\xc3\xa9 \xc3\xa9 cut \xc3",
            Some("utf-8"),
            "café é cut \u{fffd}",
        ),
        (b"\x1b$BF|K\\\x1b(B", Some("us-ascii"), "日本"),
        (b"\x1b$BF|K\\\x1b(B", Some("utf-8"), "日本"),
        (
            b"\xcf\xf0\xe8\xe2\xe5\xf2, \xea\xe0\xea \xe4\xe5\xeb\xe0",
            None,
            "Привет, как дела",
        ),
    ] {
        let hint = Hint::default();
        assert_eq!(decode(bytes, label, &hint).text, text, "{label:?}");
    }
}

#[test]
fn what_was_not_believed_is_remarked() {
    let warned = |bytes: &[u8], label| {
        decode(bytes, Some(label), &Hint::default())
            .warning
            .is_some()
    };
    assert!(warned(b"\xfc", "us-ascii"));
    assert!(warned("ü".as_bytes(), "iso-8859-1"));
    assert!(warned(b"Gr\xfc\xdfe", "utf-8"));
    assert!(warned(b"abc", "nonsense"));
    assert!(!warned(b"Gr\xfc\xdfe", "iso-8859-1"));
    assert!(!warned("ü".as_bytes(), "utf-8"));
}

#[test]
fn raw_headers_are_utf8_else_the_bodys_charset_else_guessed() {
    let hint = |charset: &str| Hint {
        charset: Some(charset.into()),
        tld: None,
    };
    assert_eq!(header("Grüße".as_bytes(), &hint("iso-8859-1")), "Grüße");
    assert_eq!(header(b"\xcf\xf0\xe8", &hint("windows-1251")), "При");
    assert_eq!(header(b"\xd6\xd0\xce\xc4", &hint("\"gb2312\"")), "中文");
    assert_eq!(header(b"Gr\xfc\xdfe", &hint("utf-8")), "Grüße");
    assert_eq!(header(b"Gr\xfc\xdfe", &Hint::default()), "Grüße");
    assert_eq!(header(b"\x1b$BF|K\\\x1b(B", &Hint::default()), "日本");
}

#[test]
fn any_top_level_domain_is_taken_by_the_detector() {
    for tld in ["com", "xn--p1ai", "", "ru", "RU", "a1", "x-y"] {
        let hint = Hint {
            charset: None,
            tld: Some(tld.into()),
        };
        assert!(
            !decode(b"\xcf\xf0\xe8", None, &hint).text.is_empty(),
            "{tld}"
        );
    }
}
