//! Whole mails; each syntax has its own tests beside it.

mod fixtures;
mod floods;
mod mutations;
mod nothing_lost;

use super::*;
use crate::rules::mail::Protection;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail/reading")
}

fn fixture(name: &str) -> Vec<u8> {
    let path = folder().join(format!("{name}.eml"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every fixture's name and bytes.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder()).expect("the fixtures are there");
    let paths = files.map(|f| f.expect("a readable folder").path());
    let mails = paths.filter(|p| p.extension().is_some_and(|e| e == "eml"));
    let name = |p: &PathBuf| {
        p.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    mails
        .map(|p| (name(&p), std::fs::read(&p).expect("a readable file")))
        .collect()
}

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
        assert_eq!(mail(raw).message_id, None, "{}", raw.escape_ascii());
    }
}

#[test]
fn dates_and_ids() {
    let read = |name| mail(&fixture(name));
    let sent = 1_709_629_872_000;
    assert_eq!(read("date-iso").date, Some(sent));
    assert_eq!(read("subject-and-date-twice").date, Some(sent));
    assert_eq!(read("date-nonsense").date, None);
    assert_eq!(
        read("message-id-without-angles").message_id.as_deref(),
        Some("1@example.com")
    );
    assert_eq!(read("from-missing-sender-given").message_id, None);
    let references = read("references-folded-and-broken");
    assert_eq!(references.in_reply_to, ["p@example.com"]);
    assert_eq!(
        references.references,
        ["a@example.com", "b@example.com", "c@example.com"]
    );
}

#[test]
fn ids_as_they_come() {
    for (value, wanted) in [
        ("<a@b>", vec!["a@b"]),
        ("<a@b> <c@d>", vec!["a@b", "c@d"]),
        ("<a@b><c@d>", vec!["a@b", "c@d"]),
        ("a@b", vec!["a@b"]),
        ("<a@b", vec!["a@b"]),
        ("<a@\r\n b>", vec!["a@b"]),
        ("a@b, c@d", vec!["a@b", "c@d"]),
        ("no-at-sign", vec!["no-at-sign"]),
        ("Your message of Monday", vec![]),
        ("<>", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(ids(value), wanted, "{value:?}");
    }
}

#[test]
fn recipients_of_every_field_and_group() {
    let raw = b"To: A <a@x.y>\nTo: Team: b@x.y, c@x.y;\nCc: undisclosed-recipients:;\n\n";
    let read = mail(raw);
    let addresses: Vec<&str> = read.to.iter().map(|a| a.address.as_str()).collect();
    assert_eq!(addresses, ["a@x.y", "b@x.y", "c@x.y"]);
    assert_eq!(read.cc, []);
}

#[test]
fn protection_is_named() {
    for (name, protection) in [
        ("smime-signed-opaque", Protection::SmimeSigned),
        (
            "smime-signed-opaque-without-lengths",
            Protection::SmimeSigned,
        ),
        ("smime-signed-beside", Protection::SmimeSigned),
        ("smime-encrypted", Protection::SmimeEncrypted),
        ("pgp-signed-beside", Protection::PgpSigned),
        ("pgp-encrypted", Protection::PgpEncrypted),
        ("pgp-encrypted-in-text", Protection::PgpEncrypted),
    ] {
        assert_eq!(mail(&fixture(name)).protection, Some(protection), "{name}");
    }
}

#[test]
fn reports_are_read_with_the_mail_they_are_about() {
    let read = mail(&fixture("delivery-report"));
    let report = read.report.expect("a report");
    assert_eq!(
        (report.kind.as_str(), report.envelope_id.as_deref()),
        ("delivery-status", Some("QQ123"))
    );
    let first = &report.recipients[0];
    assert_eq!(first.final_recipient.as_deref(), Some("bob@example.org"));
    assert_eq!(
        (first.action.as_deref(), first.status.as_deref()),
        (Some("failed"), Some("5.1.1"))
    );
    assert_eq!(
        first.diagnostic.as_deref(),
        Some("550 5.1.1 no such user here")
    );
    assert_eq!(report.recipients[1].action.as_deref(), Some("delayed"));
    for name in [
        "delivery-report",
        "delivery-report-with-headers-only",
        "feedback-report",
    ] {
        let read = mail(&fixture(name));
        assert_eq!(read.attached.len(), 1, "{name}");
        assert_eq!(
            read.attached[0].1.message_id.as_deref(),
            Some("m.1.aa@localhost"),
            "{name}"
        );
    }
    let kind = |name| mail(&fixture(name)).report.map(|r| r.kind);
    assert_eq!(kind("feedback-report").as_deref(), Some("feedback-report"));
    assert_eq!(
        kind("read-receipt").as_deref(),
        Some("disposition-notification")
    );
}

#[test]
fn attached_mails_are_read_with_their_own_attachments() {
    let raw = fixture("forwarded-as-attachment");
    let read = mail(&raw);
    let (part, inner) = &read.attached[0];
    assert_eq!(
        (inner.from.address.as_str(), inner.text.as_str()),
        ("customer@example.org", "old text")
    );
    let (_, eml) = attachment(&raw, *part).expect("the attached mail");
    let (file, bytes) = attachment(&eml, inner.attachments[0].part).expect("its attachment");
    assert_eq!(
        (file.name.as_str(), bytes.as_slice()),
        ("inner.pdf", b"%PDF-1.4 tiny".as_slice())
    );
    assert_eq!(
        mail(&fixture("forwarded-as-eml-file")).attached[0]
            .1
            .subject,
        "Old question"
    );
    assert_eq!(mail(&fixture("digest")).attached.len(), 2);
}

#[test]
fn calendars_answer_or_invite() {
    let invites = mail(&fixture("calendar-request-twice")).invites;
    assert_eq!(invites.len(), 1);
    assert_eq!(
        (invites[0].method.as_str(), invites[0].summary.as_str()),
        ("REQUEST", "Kick-off, phase 2")
    );
    let reply = mail(&fixture("calendar-reply"));
    let (who, answer) = reply.invites[0].answer.clone().expect("an answer");
    assert_eq!(
        (who.address.as_str(), answer.as_str()),
        ("bob@example.com", "ACCEPTED")
    );
    assert_eq!(reply.text, "");
}

#[test]
fn attachments_are_read_back_by_number_and_by_content_id() {
    let raw = fixture("winmail-dat-two-files");
    let (file, bytes) = attachment(&raw, 1).expect("the first file");
    assert_eq!(
        (file.name.as_str(), bytes.as_slice()),
        ("Rechnung Größe 2024.pdf", b"%PDF-1.4 tiny".as_slice())
    );
    assert_eq!(attachment(&raw, 0), None);
    assert_eq!(attachment(&raw, 3), None);
    let raw = fixture("inline-image-id-encoded-in-link");
    let (image, bytes) = cid(&raw, "Logo%2B1%40X").expect("the image");
    assert_eq!(
        (image.name.as_str(), &bytes[1..4]),
        ("logo.png", b"PNG".as_slice())
    );
    assert_eq!(cid(&raw, "other@x"), None);
}

#[test]
fn oddities_are_remarked_and_plain_mails_are_not() {
    for (name, remarks) in [
        ("html-only", 0),
        ("name-continued", 0),
        ("boundary-never-ends", 1),
        ("date-nonsense", 1),
        ("several-from-sender-decides", 1),
        ("winmail-dat-cut-short", 1),
        ("body-charset-nobody-knows", 1),
        ("no-header-at-all", 4),
    ] {
        let warnings = mail(&fixture(name)).warnings;
        assert_eq!(warnings.len(), remarks, "{name}: {warnings:?}");
    }
}
