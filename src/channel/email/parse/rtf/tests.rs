use super::*;

/// The worked examples of MS-OXRTFCP sections 3.1 and 3.2.
#[test]
fn compressed_rtf_as_the_specification_shows_it() {
    let hello = [
        0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00,
        0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68,
        0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f,
        0xa0,
    ];
    assert_eq!(
        decompress(&hello).as_deref(),
        Some(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".as_slice())
    );
    let repeats = [
        0x1a, 0, 0, 0, 0x1c, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xe2, 0xd4, 0x4b, 0x51, 0x41, 0x00,
        0x04, 0x20, 0x57, 0x58, 0x59, 0x5a, 0x0d, 0x6e, 0x7d, 0x01, 0x0e, 0xb0,
    ];
    assert_eq!(
        decompress(&repeats).as_deref(),
        Some(b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}".as_slice())
    );
    for cut in 0..hello.len() {
        assert!(decompress(&hello[..cut]).unwrap_or_default().len() <= 43);
    }
    assert_eq!(decompress(b"\0\0\0\0\0\0\0\0????\0\0\0\0"), None);
}

#[test]
fn rtf_as_html_or_text() {
    let text = |s: &str| Body::Text(s.to_owned());
    let html = |s: &str| Body::Html(s.to_owned());
    for (rtf, body) in [
        (r"{\rtf1 hello\par world}", text("hello\nworld")),
        (r"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8}", text("При")),
        (r"{\rtf1\ansicpg932 \'93\'fa\'96\'7b}", text("日本")),
        (r"{\rtf1\uc1 \u8364?x\uc2 \u8364??y}", text("€x€y")),
        (r"{\rtf1 \u-10179?\u-8704?}", text("😀")),
        (
            r"{\rtf1{\fonttbl{\f0 Arial;}}{\*\unknown gone}{\pict 00ff}kept}",
            text("kept"),
        ),
        (r"{\rtf1 a\{b\}c\\d}", text(r"a{b}c\d")),
        (
            r"{\rtf1\fromhtml1 {\*\htmltag <p>}\htmlrtf gone\htmlrtf0 kept{\*\htmltag </p>}}",
            html("<p>kept</p>"),
        ),
        (r"{\rtf1", text("")),
        (r"}}}}\", text("")),
        ("plain", text("plain")),
    ] {
        assert_eq!(read(rtf.as_bytes()), body, "{rtf}");
    }
}
