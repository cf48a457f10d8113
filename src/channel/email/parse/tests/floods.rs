//! Mails made to drown a reader. What they must not do is hang or lose what stands before the flood.

use crate::channel::email::parse::{attachment, mail};
use std::fmt::Write;

fn multipart(parts: usize) -> String {
    let mut raw = String::from("Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n");
    for i in 0..parts {
        let _ = write!(
            raw,
            "--b\nContent-Type: application/pdf; name={i}.pdf\n\n{i}\n"
        );
    }
    raw + "--b--\n"
}

#[test]
fn parts_beyond_the_cap_stay_together() {
    let raw = multipart(10_000);
    let read = mail(raw.as_bytes());
    assert_eq!(read.attachments.len(), 501);
    let rest = read.attachments.last().expect("the rest");
    assert_eq!(rest.name, "remaining-parts.txt");
    let (_, bytes) = attachment(raw.as_bytes(), rest.part).expect("the rest");
    assert!(String::from_utf8_lossy(&bytes).contains("name=9999.pdf"));
}

#[test]
fn nesting_beyond_the_cap_is_attached_as_it_stands() {
    let mut raw = String::from("Subject: s\n");
    for i in 0..1_000 {
        let _ = write!(
            raw,
            "Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"
        );
    }
    raw.push_str("Content-Type: text/plain\n\ncore\n");
    let read = mail(raw.as_bytes());
    assert_eq!(read.attachments.len(), 1);
    let (_, bytes) = attachment(raw.as_bytes(), 1).expect("the rest");
    assert!(String::from_utf8_lossy(&bytes).contains("core"));
}

#[test]
fn mails_attached_to_mails_end_somewhere() {
    let raw =
        "Subject: s\nContent-Type: message/rfc822\n\n".repeat(1_000) + "Subject: core\n\ncore";
    let mut depth = 0;
    let mut read = &mail(raw.as_bytes());
    while let Some((_, inner)) = read.attached.first() {
        (read, depth) = (inner, depth + 1);
    }
    assert!((5..100).contains(&depth), "{depth}");
}

#[test]
fn endless_headers_lines_and_lists_are_survived() {
    let headers = format!("{}Subject: late\n\nbody", "X-A: b\n".repeat(9_000));
    assert_eq!(mail(headers.as_bytes()).subject, "late");
    let line = format!("Subject: s\n\n{}", "x".repeat(20_000_000));
    assert_eq!(mail(line.as_bytes()).text.len(), 20_000_000);
    let folded = format!("Subject: s\nTo: {}\n\nbody", "a@b.c,\n ".repeat(50_000));
    assert_eq!(mail(folded.as_bytes()).text, "body");
    for noise in [
        "=?",
        "<",
        "(",
        "\"",
        "=?utf-8?Q?",
        ",",
        ";",
        "a=b;",
        "*0*=",
        "'",
        "\\",
        "@",
        "=?utf-8?B?a=?=",
        ":",
        "x\n ",
        "a@b.c, ",
        "\"\\",
        "=?utf-8*en?Q?a?=",
        "=?x?Q?a ",
    ] {
        let flood = noise.repeat(200_000 / noise.len());
        for header in [
            "From",
            "Subject",
            "To",
            "Date",
            "References",
            "Content-Type",
            "Content-Disposition",
        ] {
            let raw = format!("{header}: {flood}\n\nbody");
            assert_eq!(mail(raw.as_bytes()).text.len(), 4, "{header}: {noise}");
        }
    }
}

#[test]
fn endless_bodies_of_every_kind_are_survived() {
    for noise in [
        "begin 644 a\n",
        "--b\n",
        "<div>",
        "&amp;",
        "BEGIN:VEVENT\n",
        "\x1b$B",
        "+AAA",
        "=3D",
        "{\\b ",
        "\n",
        ">",
        "cid:",
        "<param>",
        "<p a b c d e f>",
    ] {
        let flood = noise.repeat(300_000 / noise.len());
        for kind in [
            "text/plain",
            "text/plain; format=flowed",
            "text/plain; charset=utf-7",
            "text/html",
            "text/calendar",
            "text/enriched",
            "multipart/mixed; boundary=b",
            "multipart/mixed",
            "message/delivery-status",
            "message/rfc822",
            "application/ms-tnef",
            "application/pkcs7-mime",
        ] {
            let raw = format!("Subject: s\nContent-Type: {kind}\n\n{flood}");
            assert_eq!(mail(raw.as_bytes()).subject, "s", "{kind}: {noise:?}");
        }
    }
}

#[test]
fn a_tag_of_a_hundred_thousand_attributes_is_survived() {
    let mut tag = String::from("<p");
    (0..100_000).for_each(|n| tag.push_str(&format!(" a{n}=b")));
    let raw = format!("Subject: s\nContent-Type: text/html\n\n{tag}>words");
    assert_eq!(mail(raw.as_bytes()).text, "words");
}
