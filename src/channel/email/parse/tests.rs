//! Whole mails; each syntax has its own tests beside it.

use super::*;

#[test]
fn any_bytes_make_a_mail() {
    for raw in [
        b"".as_slice(),
        b"\0",
        b"\n",
        b"hello",
        b"\xff\xfe\xfd",
        b":",
        b"=?",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
    ] {
        let read = mail(raw);
        assert_eq!(read.message_id, None, "{}", raw.escape_ascii());
    }
}

#[test]
fn bytes_that_are_no_mail_are_its_text() {
    assert_eq!(mail(b"hello\nworld").text, "hello\nworld");
}
