//! Mails named by what is wrong with them, and what they must read as: a line per case.

use super::fixture;
use crate::channel::email::parse::mail;
use crate::rules::mail::Mail;

/// File, sender, subject, text, attachments as `name type size`, `inline` where the HTML shows them.
#[rustfmt::skip]
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("alternative-in-wrong-order", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob, plain", ""),
    ("alternative-plain-is-empty", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("alternative-plain-only-asks-for-html", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob, your order 4711 has left our house today and will reach you within two working days.\n\nYours, the shop that never sleeps, and everyone who works in it", ""),
    ("alternative-with-amp", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("apple-double", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "plan.pages application/applefile 8 | plan.pages application/octet-stream 13"),
    ("base64-declared-plain-written", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob,\nthis was never encoded at all.", ""),
    ("base64-with-list-footer", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln", ""),
    ("body-charset-nobody-knows", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln", ""),
    ("body-charset-oddly-written", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln", ""),
    ("body-declared-ascii-is-utf8", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln ☃", ""),
    ("body-declared-latin1-is-utf8", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln", ""),
    ("body-declared-utf8-is-latin1", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln, es grüßt Müller", ""),
    ("body-disposition-attachment", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("body-hz", "Anna Rossi <anna@example.com>", "Order 4711", "您好 ok", ""),
    ("body-in-dos-code-page", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln, ß und ø", ""),
    ("body-iso2022jp-with-numbered-circles", "Anna Rossi <anna@example.com>", "ご注文の確認", "① 注文番号\nｱｲｳｴ ok", ""),
    ("body-iso2022kr", "Anna Rossi <anna@example.com>", "주문", "안녕하세요 주문\n배송 문의", ""),
    ("body-korean-as-outlook-names-it", "Anna Rossi <anna@example.com>", "주문 문의", "안녕하세요, 똠방각하", ""),
    ("body-shiftjis-with-vendor-characters", "Anna Rossi <anna@example.com>", "①髙橋", "髙橋様 ㈱山﨑", ""),
    ("body-undeclared-windows1252", "Anna Rossi <anna@example.com>", "Order 4711", "Prix : 25 € – c’est “trop” cher, s’il vous plaît", ""),
    ("body-utf16-in-base64", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße", ""),
    ("body-utf7", "Anna Rossi <anna@example.com>", "Grüße", "Grüße aus Köln, 1 + 1", ""),
    ("body-utf8-cut-inside-character", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße aus Köln, Öl und mehr �", ""),
    ("body-with-a-name", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("boundary-is-another-one", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("boundary-missing-from-type", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("boundary-never-ends", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("boundary-prefix-of-another", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "a.pdf application/pdf 13"),
    ("boundary-used-twice", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "a.pdf application/pdf 13"),
    ("boundary-with-trailing-blanks", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("calendar-only", "Anna Rossi <anna@example.com>", "Kick-off", "Kick-off, phase 2\n2026-03-05 10:00–11:30 (Europe/Rome)\nRoom 4; second floor\nRossi, Anna <anna@example.com>\n\nBring\nyour notes", "invite.ics text/calendar 455"),
    ("calendar-reply", "Anna Rossi <anna@example.com>", "Accepted: Kick-off", "", "invite.ics text/calendar 511"),
    ("calendar-request-twice", "Anna Rossi <anna@example.com>", "Invitation: Kick-off", "You are invited.", "invite.ics application/ics 455"),
    ("content-type-broken", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("content-type-twice", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("date-iso", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("date-nonsense", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("delivery-report-with-headers-only", "<postmaster@example.net>", "Delivery failure", "Failed.", "delivery-status.txt message/delivery-status 109 | headers.txt text/rfc822-headers 53"),
    ("delivery-report", "Mail Delivery System <MAILER-DAEMON@mx.example.net>", "Undelivered Mail Returned to Sender", "I could not deliver your mail.", "delivery-status.txt message/delivery-status 362 | Re- Order 4711.eml message/rfc822 113"),
    ("digest", "Anna Rossi <anna@example.com>", "Digest", "", "First.eml message/rfc822 42 | Second.eml message/rfc822 43"),
    ("feedback-report", "Anna Rossi <anna@example.com>", "Complaint", "This is a complaint.", "feedback-report.txt message/feedback-report 92 | message.eml message/rfc822 58"),
    ("flowed-with-delsp", "Anna Rossi <anna@example.com>", "Order 4711", "日本語の長い文です。", ""),
    ("flowed-with-quotes", "Anna Rossi <anna@example.com>", "Order 4711", "> you wrote a long line\nI answer in two pieces.\n\n-- \nAnna", ""),
    ("forwarded-as-attachment", "Anna Rossi <anna@example.com>", "Fwd: Old question", "please handle", "Old question.eml message/rfc822 342"),
    ("forwarded-as-eml-file", "Anna Rossi <anna@example.com>", "Fwd: Old question", "please handle", "old.eml application/octet-stream 74"),
    ("from-address-with-blanks", "<MillionsLottery@example.com>", "Order 4711", "ok", ""),
    ("from-encoded-comma", "Müller, Jürgen <jm@example.com>", "Order 4711", "ok", ""),
    ("from-missing-return-path-given", "<anna@example.com>", "Order 4711", "ok", ""),
    ("from-missing-sender-given", "Anna <anna@example.com>", "Order 4711", "ok", ""),
    ("from-raw-latin1-unquoted-comma", "Müller, Jürgen <jm@example.com>", "Order 4711", "ok", ""),
    ("gb2312-declared-gb18030-used", "Anna Rossi <anna@example.com>", "關於訂單镕", "您好，我的订单還沒有到。朱镕基路 5 号 €", ""),
    ("html-charset-only-in-meta", "Anna Rossi <anna@example.com>", "Order 4711", "Привет", ""),
    ("html-declared-plain", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("html-meta-disagrees-with-header", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße", ""),
    ("html-only", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob,\n\n- one\n- two\n\nsee your order <https://shop.example/o/1>\n\n> old", ""),
    ("inline-image-id-encoded-in-link", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "logo.png image/png 70 inline"),
    ("inline-image-nobody-refers-to", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "photo.png image/png 70"),
    ("inline-image-said-to-be-attached", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "logo.png image/png 70 inline"),
    ("line-ends-bare-cr", "Anna Rossi <anna@example.com>", "Order 4711", "line one\nline two", ""),
    ("line-ends-bare-lf", "Anna Rossi <anna@example.com>", "Order 4711", "line one\nline two", ""),
    ("line-ends-doubled-cr", "Anna Rossi <anna@example.com>", "Order 4711", "line one\nline two", ""),
    ("list-footer-as-a-part", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob\n\n_____\nlist footer", ""),
    ("mbox-line-first", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("message-id-without-angles", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("message-partial-and-external", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "partial.eml message/partial 47 | a.zip message/external-body 33"),
    ("mixed-where-alternative-was-meant", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", ""),
    ("multipart-encoded-as-a-whole", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("multipart-without-parts", "Anna Rossi <anna@example.com>", "Order 4711", "The sender only wrote this.", ""),
    ("name-continued", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "請求書 2024-03.pdf application/pdf 13"),
    ("name-in-content-type-only", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Rechnung 5.pdf application/pdf 13"),
    ("name-raw-latin1", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Grüße.pdf application/pdf 13"),
    ("name-raw-utf8", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Grüße.pdf application/pdf 13"),
    ("name-rfc2047-folded", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Rechnung Grüße.pdf application/pdf 13"),
    ("name-rfc2047-in-quotes", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Grüße.pdf application/pdf 13"),
    ("name-rfc2231-latin1", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Grüße.pdf application/pdf 13"),
    ("name-rfc2231-quoted", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Grüße.pdf application/pdf 13"),
    ("name-that-reads-backwards", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "invoicefdp.exe application/octet-stream 13"),
    ("name-unquoted-with-blanks", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Rechnung 5 (neu).pdf application/pdf 13"),
    ("name-very-long", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "long name long name long name long name long name long name long name long name long name long name long name long name long name long name long name long name long name long name long name long n.pdf application/pdf 13"),
    ("name-with-path", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "Rechnung.pdf application/pdf 13 | passwd application/pdf 13"),
    ("nameless-parts", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "attachment.pdf application/pdf 13 | image.png image/png 70 | invite.ics text/calendar 90 | contact.vcf text/vcard 24 | attachment.bin application/x-unheard-of 13 | image001.jpg image/jpeg 70 | Price list.xlsx application/octet-stream 13 | Old- question 1-2.eml message/rfc822 61"),
    ("no-blank-line-before-body", "Anna Rossi <anna@example.com>", "Order 4711", "This is the body already.\nIt goes on.", ""),
    ("no-body", "Anna Rossi <anna@example.com>", "Order 4711", "", ""),
    ("no-header-at-all", "<>", "", "Hello, this is only text.\nNothing else.", ""),
    ("part-without-blank-line", "Anna Rossi <anna@example.com>", "Order 4711", "Hello, no header here", "a.pdf application/pdf 13"),
    ("parts-after-the-closing-boundary", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "a.pdf application/pdf 13"),
    ("pgp-encrypted-in-text", "Anna Rossi <anna@example.com>", "Order 4711", "See below\n-----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----", ""),
    ("pgp-encrypted", "Anna Rossi <anna@example.com>", "Order 4711", "", "version.asc application/pgp-encrypted 10 | encrypted.asc application/octet-stream 62"),
    ("pgp-signed-beside", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "signature.asc application/pgp-signature 66"),
    ("quoted-printable-broken", "Anna Rossi <anna@example.com>", "Order 4711", "100% = all, x=y, café done=2", ""),
    ("read-receipt", "Anna Rossi <anna@example.com>", "Read: Order 4711", "It was read.", "read-receipt.txt message/disposition-notification 138"),
    ("references-folded-and-broken", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("related-root-not-first", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "logo.png image/png 70 inline"),
    ("several-from-first-has-no-address", "<anna@example.com>", "Order 4711", "ok", ""),
    ("several-from-sender-decides", "Bob <bob@example.com>", "Order 4711", "ok", ""),
    ("smime-encrypted", "Anna Rossi <anna@example.com>", "Order 4711", "", "smime.p7m application/pkcs7-mime 508"),
    ("smime-signed-beside", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "smime.p7s application/pkcs7-signature 3"),
    ("smime-signed-opaque-without-lengths", "Anna Rossi <anna@example.com>", "Order 4711", "Signed grüße", "smime.p7m application/x-pkcs7-mime 733 | s.pdf application/pdf 13"),
    ("smime-signed-opaque", "Anna Rossi <anna@example.com>", "Order 4711", "Signed grüße", "smime.p7m application/pkcs7-mime 727 | s.pdf application/pdf 13"),
    ("stray-line-in-header", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("subject-and-date-twice", "Anna Rossi <anna@example.com>", "Order 4711", "ok", ""),
    ("subject-folded-with-tabs", "Anna Rossi <anna@example.com>", "one two three", "ok", ""),
    ("subject-mixes-raw-and-encoded", "Anna Rossi <anna@example.com>", "Grüße aus Köln", "ok", ""),
    ("subject-raw-big5-as-the-body", "Anna Rossi <anna@example.com>", "訂單問題", "請問訂單何時出貨？", ""),
    ("subject-raw-cyrillic-undeclared", "Иван Петров <ivan@example.ru>", "Где мой заказ, прошло две недели", "Здравствуйте, прошло две недели.", ""),
    ("subject-raw-koi8r-as-the-body", "Иван <ivan@example.ru>", "Заказ не пришёл", "Здравствуйте, где мой заказ?", ""),
    ("subject-raw-latin1", "Anna Rossi <anna@example.com>", "Rückfrage zur Größe", "Passt die Größe?", ""),
    ("subject-raw-utf8-body-latin1", "Anna Rossi <anna@example.com>", "Rückfrage zur Größe", "Passt die Größe?", ""),
    ("subject-split-inside-character", "Anna Rossi <anna@example.com>", "Grüße aus Köln", "ok", ""),
    ("subject-word-with-spaces", "Anna Rossi <anna@example.com>", "Re: Grüße aus Köln [2]", "ok", ""),
    ("subject-word-without-end", "Anna Rossi <anna@example.com>", "Grüße", "ok", ""),
    ("text-enriched", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob, this is\n1 < 2", ""),
    ("text-files-beside-the-text", "Anna Rossi <anna@example.com>", "Order 4711", "see attached", "list.csv text/csv 5 | notes.txt text/plain 5 | fix.patch text/x-patch 6 | page.html text/html 11"),
    ("text-picture-text", "Anna Rossi <anna@example.com>", "Order 4711", "before\n\nafter", "p.png image/png 70"),
    ("uuencode-in-body", "Anna Rossi <anna@example.com>", "Order 4711", "Here it is:\nBye", "cat.txt text/plain 3"),
    ("winmail-dat-cut-short", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "winmail.dat application/ms-tnef 431 | Rechnung Größe 2024.pdf application/pdf 13 | photo.png image/png 49"),
    ("winmail-dat-holds-the-text", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße Bob€", "a.pdf application/pdf 13"),
    ("winmail-dat-plain-rtf", "Anna Rossi <anna@example.com>", "Order 4711", "Grüße\tBob\nsecond line😀", "a.pdf application/pdf 13"),
    ("winmail-dat-two-files", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "Rechnung Größe 2024.pdf application/pdf 13 | photo.png image/png 70"),
    ("winmail-dat-undeclared", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "Rechnung Größe 2024.pdf application/pdf 13 | photo.png image/png 70"),
    ("winmail-dat-with-attached-mail", "Anna Rossi <anna@example.com>", "Order 4711", "Hello Bob", "Inner mail.txt text/plain 10 | inner.pdf application/pdf 13 | outer.pdf application/pdf 13"),
];

fn sender(mail: &Mail) -> String {
    format!("{} <{}>", mail.from.name, mail.from.address)
        .trim()
        .to_owned()
}

fn attachments(mail: &Mail) -> String {
    let shown = mail.attachments.iter().map(|a| {
        let inline = if a.inline { " inline" } else { "" };
        format!("{} {} {}{inline}", a.name, a.content_type, a.size)
    });
    shown.collect::<Vec<_>>().join(" | ")
}

#[test]
fn every_fixture_reads_as_it_must() {
    for (file, from, subject, text, attached) in CASES {
        let read = mail(&fixture(file));
        assert_eq!(sender(&read), *from, "sender of {file}");
        assert_eq!(read.subject, *subject, "subject of {file}");
        assert_eq!(read.text, *text, "text of {file}");
        assert_eq!(attachments(&read), *attached, "attachments of {file}");
    }
}

#[test]
fn every_fixture_has_its_line() {
    let mut files: Vec<String> = super::fixtures()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    files.sort();
    let mut lines: Vec<&str> = CASES.iter().map(|case| case.0).collect();
    lines.sort_unstable();
    assert_eq!(files, lines);
}
