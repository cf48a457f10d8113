use super::*;

#[test]
fn base64_whatever_is_wrong_with_it() {
    for (body, bytes) in [
        (b"SGVsbG8=".as_slice(), b"Hello".as_slice()),
        (b"SGVs\r\nbG8=\r\n", b"Hello"),
        (b"SGVsbG8", b"Hello"),
        (b"SGVsbG8==", b"Hello"),
        (b"SGVs*bG8=", b"Hello"),
        (b"SG VsbG8=", b"Hello"),
        (b"SGVsbG8=SGVsbG8=", b"HelloHello"),
        (b"SGVsbG8=\r\n\r\n-- \r\nThis list is public", b"Hello"),
        (b"SGVs\r\n\r\n_______\r\nlist footer", b"Hel"),
        (b"-_-_", b"\xfb\xff\xbf"),
        (b"", b""),
        (b"S", b""),
    ] {
        assert_eq!(base64(body), bytes, "{}", body.escape_ascii());
    }
}

#[test]
fn gzip_in_base64_is_unpacked_unless_it_is_a_bomb() {
    use std::io::Write;
    let packed = |text: &[u8]| {
        let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packing.write_all(text).expect("memory");
        let bytes = packing.finish().expect("memory");
        data_encoding::BASE64.encode(&bytes).into_bytes()
    };
    let encoding = Transfer::for_label("x-gzip64");
    let (text, bomb) = (packed(b"Hello Bob"), packed(&[b'a'; 1_000_000]));
    assert_eq!(&*encoding.decode(&text), b"Hello Bob");
    assert_eq!(&*encoding.decode(&bomb), &bomb[..]);
    assert_eq!(&*encoding.decode(b"SGVsbG8="), b"SGVsbG8=");
}

#[test]
fn a_body_that_is_no_base64_stays() {
    let decode = |body: &'static [u8]| Transfer::Base64.decode(body).into_owned();
    assert_eq!(
        decode(b"Dear Sir,\r\nthis was never encoded.\r\nYours"),
        b"Dear Sir,\r\nthis was never encoded.\r\nYours"
    );
    assert_eq!(decode(b"SGVsbG8gd29ybGQ="), b"Hello world");
}

#[test]
fn quoted_printable_whatever_is_wrong_with_it() {
    for (body, bytes) in [
        (b"caf=C3=A9".as_slice(), "café".as_bytes()),
        (b"caf=c3=a9", "café".as_bytes()),
        (b"one=\r\n two", b"one two"),
        (b"one=  \r\ntwo", b"onetwo"),
        (b"one=\ntwo", b"onetwo"),
        (b"trailing  \r\nblank", b"trailing\r\nblank"),
        (b"a=b=zz", b"a=b=zz"),
        (b"end=", b"end"),
        (b"=3D=", b"="),
        ("raw é".as_bytes(), "raw é".as_bytes()),
    ] {
        assert_eq!(quoted_printable(body), bytes, "{}", body.escape_ascii());
    }
}

#[test]
fn encodings_by_every_name_they_go_by() {
    for (label, transfer) in [
        ("base64", Transfer::Base64),
        (" BASE64 ", Transfer::Base64),
        ("base-64", Transfer::Base64),
        ("base64;", Transfer::Base64),
        ("Quoted-Printable", Transfer::QuotedPrintable),
        ("quoted/printable", Transfer::QuotedPrintable),
        ("quoted-printable (comment)", Transfer::QuotedPrintable),
        ("x-uuencode", Transfer::Uuencode),
        ("8bit", Transfer::Identity),
        ("7-bit", Transfer::Identity),
        ("", Transfer::Identity),
    ] {
        assert_eq!(Transfer::for_label(label), transfer, "{label:?}");
    }
}

#[test]
fn uuencoded_files_are_found_in_text() {
    let text = b"Hi,\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";
    let files = uuencoded(text);
    assert_eq!(files.len(), 1);
    assert_eq!(
        (files[0].name.as_slice(), files[0].content.as_slice()),
        (b"cat.txt".as_slice(), b"Cat".as_slice())
    );
    assert_eq!(&text[files[0].end..], b"bye\n");
    for prose in [
        b"begin 644 days ago\nwe met\n".as_slice(),
        b"begin with this\n",
        b"begin 644 \n",
        b"begin 644 x.txt\n",
    ] {
        assert_eq!(uuencoded(prose), [], "{}", prose.escape_ascii());
    }
}
