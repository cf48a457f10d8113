//! Whole reports, a file per mail system and symptom, in `src/tests/mail/bounces`: in the systems' forms,
//! with people of our own.

use super::reading;
use crate::rules::bounce::reason;
use crate::rules::mail::{Bounce, Reading, Team};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail/bounces")
}

fn read(name: &str) -> Reading {
    let path = folder().join(format!("{name}.eml"));
    let raw = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reading(&raw, None, &Team::default())
}

/// `recipient status permanent`, a delay and the original's id added where there are, and why.
fn told(bounce: &Bounce) -> String {
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let lasting = match bounce.permanent {
        Some(true) => "permanent",
        _ => "passing",
    };
    let mut words = vec![
        known(&bounce.recipient),
        known(&bounce.status),
        lasting.to_owned(),
    ];
    words.extend(bounce.delayed.then(|| "delayed".into()));
    words.extend(
        bounce
            .original_message_id
            .iter()
            .map(|id| format!("<{id}>")),
    );
    let why = reason(bounce.status.as_deref(), bounce.diagnostic.as_deref());
    format!("{}: {}", words.join(" "), why.sentence())
}

#[test]
fn every_report_tells_whom_it_did_not_reach_and_why() {
    let wrong = CASES.iter().filter_map(|(name, expected)| {
        let told = read(name).bounce.as_ref().map_or("no bounce".into(), told);
        (told != *expected).then(|| format!("{name}: {told}, not {expected}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn no_report_lies_there_unread() {
    let files = std::fs::read_dir(folder()).expect("the reports are there");
    for file in files {
        let path = file.expect("a readable folder").path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        assert!(CASES.iter().any(|(known, _)| *known == name), "{name}");
    }
}

#[test]
fn complaints_are_no_bounces_but_complaints() {
    for name in ["complaint-of-a-reader", "report-of-a-failed-authentication"] {
        let kind = read(name).kind;
        assert_eq!(
            (kind.complaint, kind.bounce),
            (name.starts_with("complaint"), false),
            "{name}"
        );
    }
}

#[rustfmt::skip] // a line per report
const CASES: &[(&str, &str)] = &[
    ("1-and-1-in-german", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("a-customer-asks-about-a-bounce", "no bounce"),
    ("a-customer-complains-of-a-parcel", "no bounce"),
    ("a-customer-tells-of-a-mail-to-somebody-else", "no bounce"),
    ("a-parcel-service", "no bounce"),
    ("a-postmaster-writes", "no bounce"),
    ("a-report-that-never-names-the-address", "- - permanent: the mail was not delivered"),
    ("a-scanner-under-its-own-name-still-trying", "mario@x.example - passing delayed: the mail was not delivered"),
    ("a-vacation-note-by-null-path", "no bounce"),
    ("active-hunter-without-a-status-part", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("amavis-blocked-behind-the-filter", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("amazon-ses", "mario@x.example 5.4.4 permanent: there is no such domain, or it takes no mail"),
    ("an-unknown-gateway-that-returns-the-mail", "mario@x.example - permanent <m.15@shop.example>: the mail was not delivered"),
    ("aol", "mario@aol.com 5.1.1 permanent: there is no such mailbox"),
    ("aol-a-mailbox-without-its-domain", "mariorossi@aol.com 5.7.1 permanent: the other side does not take mail from us"),
    ("barracuda", "mario@x.example 5.7.1 permanent: the other side took it for spam"),
    ("barracuda-from-nobody", "mario@x.example 5.7.1 permanent <m.20@shop.example>: the other side does not take mail from us"),
    ("complaint-of-a-reader", "no bounce"),
    ("courier", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("domino-in-japanese", "mario@x.example 5.0.0 permanent <m.20@shop.example>: there is no such mailbox"),
    ("dsn-behind-an-alias-names-whom-we-wrote-to", "mario@x.example 5.0.0 permanent <m.20@shop.example>: the mailbox is full"),
    ("dsn-delayed", "mario@x.example 4.4.1 passing delayed <m.20@shop.example>: the other side's mail system could not be reached"),
    ("dsn-of-exchange-online-in-html-only", "mario@x.example 5.1.10 permanent <m.20@shop.example>: there is no such mailbox"),
    ("dsn-of-postfix-with-the-mail-enclosed", "mario@x.example 5.4.6 permanent <m.20@shop.example>: the mail goes round in circles at the other side"),
    ("dsn-whose-fields-stand-in-two-groups", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("dsn-with-several-recipients-of-whom-one-failed", "mario@x.example 5.2.1 permanent <m.20@shop.example>: the mailbox is switched off"),
    ("exchange-2003-with-mts-id", "mario@X.EXAMPLE 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("exchange-5-5", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("exchange-french", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("exchange-german", "mario@x.example 5.2.2 permanent: the mailbox is full"),
    ("exchange-italian", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("exchange-online-prose-only", "mario@x.example 5.1.10 permanent <m.9@shop.example>: there is no such mailbox"),
    ("exim-an-alias-hides-the-address", "mario@x.example 5.2.2 permanent: the mailbox is full"),
    ("exim-delay", "mario@x.example 4.4.1 passing delayed: the other side's mail system could not be reached"),
    ("exim-the-returned-mail-below", "mario@x.example 5.1.1 permanent <m.7@shop.example>: there is no such mailbox"),
    ("filter-in-japanese-between-rules", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("gmail", "mario@x.example 5.1.1 permanent <m.10@shop.example>: there is no such mailbox"),
    ("gmail-before-2016", "mario@x.example 5.2.2 permanent <m.11@shop.example>: the mailbox is full"),
    ("gmail-send-mail-as-with-an-empty-report", "mario@x.example - permanent <m.20@shop.example>: the mail was not delivered"),
    ("gmx", "mario@gmx.de 5.1.1 permanent <m.12@shop.example>: there is no such mailbox"),
    ("icloud", "mario@icloud.com 5.2.2 permanent <m.14@shop.example>: the mailbox is full"),
    ("imail", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("imail-final-delivery-userid", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("lotus-domino", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("mail-ru-russian", "mario@mail.ru 5.1.1 permanent: there is no such mailbox"),
    ("mailenable", "mario@x.example 5.1.1 permanent <m.13@shop.example>: there is no such mailbox"),
    ("mailmarshal", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("mdaemon", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("mimecast", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("notes-smtp-mta-in-japanese", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("phone-operator-by-no-reply-in-japanese", "mario@x.example 5.2.2 permanent <m.20@shop.example>: the mailbox is full"),
    ("phone-operator-in-japanese", "mario@x.example 5.0.0 permanent <m.20@shop.example>: there is no such mailbox"),
    ("postfix-delay", "mario@x.example 4.4.1 passing delayed: the other side's mail system could not be reached"),
    ("postfix-unknown-user", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("qmail", "mario@x.example 5.2.2 permanent <m.8@shop.example>: the mailbox is full"),
    ("qmail-never-connected", "mario@x.example 4.4.1 passing: the other side's mail system could not be reached"),
    ("qmail-no-reason-given", "mario@x.example - permanent: the mail was not delivered"),
    ("reason-in-brackets-behind-the-address", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("report-of-a-failed-authentication", "no bounce"),
    ("sendmail-before-dsn-transcript-alone", "mario@x.example 5.1.2 permanent: there is no such domain, or it takes no mail"),
    ("sendmail-delay", "mario@x.example 4.1.8 passing delayed: there is no such domain, or it takes no mail"),
    ("sendmail-in-the-old-way", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("social-network-refuses-by-preference", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("sun-messaging-server-two-recipients", "mario@x.example 5.7.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("text-message-gateway-answers-with-re", "3331234567@sms.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
    ("yahoo", "mario@yahoo.com 5.1.1 permanent: there is no such mailbox"),
    ("yandex", "mario@yandex.ru 5.7.1 permanent: there is no such mailbox"),
    ("zoho", "mario@x.example 5.1.1 permanent: there is no such mailbox"),
    ("zoho-error-codes-in-a-row", "mario@x.example 5.1.1 permanent <m.20@shop.example>: there is no such mailbox"),
];
