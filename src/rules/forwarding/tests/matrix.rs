//! Every client in every language it speaks: one table per client, one line per language, and the
//! same customer, subject, instant and words to be found in each.

use super::*;

const BODY: &str = "Aenean quis diam urna.\nSed nec facilisis tellus, ex congue iaculis.\n\nPraesent ac ligula orci.";
const NOTE: &str = "Please have a look.\n\nAnna";
const AUTHOR: &str = "Giulia Moretti <giulia@client.example>";
const TO: &str = "anna@shop.example";
const CC: &str = "Walter Sheltan <walter@client.example>, Nicholas <nicholas@other.example>";
const SUBJECT: &str = "Integer consequat non purus";

fn table(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    text.lines().map(|line| {
        let mut cells = line.split('|');
        let language = cells.next().unwrap_or_default();
        (language, cells.collect())
    })
}

fn at(text: &str) -> Option<i64> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(instant.as_millisecond())
}

/// What differs from the expected, for one message; with and without a note above.
fn faults(case: &str, subject: &str, block: &str, date: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for note in ["", NOTE] {
        let found = found(subject, &format!("{note}\n\n{block}"));
        let wanted = Forwarded {
            kind: ForwardKind::Manual,
            by: Some(address("Anna <anna@shop.example>")),
            author: Some(address(AUTHOR)),
            reply_to: None,
            subject: Some(SUBJECT.to_owned()),
            date: at(date),
            text: Some(BODY.to_owned()),
            note: (!note.is_empty()).then(|| note.to_owned()),
        };
        if found != wanted {
            faults.push(format!("{case}: {}", differences(&found, &wanted)));
        }
        let parted = crate::rules::quoting::part_text(&format!("{note}\n\n{block}"));
        if !note.is_empty() && parted.reply_text != note {
            faults.push(format!("{case} parted: {:?}", parted.reply_text));
        }
    }
    faults
}

/// The fields that are not as wanted.
fn differences(found: &Forwarded, wanted: &Forwarded) -> String {
    let fields = |f: &Forwarded| {
        [
            format!("{:?}", f.kind),
            format!("{:?} {:?}", f.author, f.reply_to),
            format!("{:?}", f.subject),
            format!("{:?}", f.date.map(jiff::Timestamp::from_millisecond)),
            format!("{:?}", f.text),
            format!("{:?}", f.note),
        ]
    };
    let pairs = fields(found).into_iter().zip(fields(wanted));
    let wrong = pairs
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("{a} != {b}"));
    wrong.collect::<Vec<_>>().join("; ")
}

fn quoted(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn apple_mail() {
    let lines = include_str!("../../../tests/mail/forwards/apple-mail.txt");
    none(
        table(lines)
            .flat_map(|(language, c)| {
                let block = format!(
                    "{}:\n\n{}: {AUTHOR}\n{}: {SUBJECT}\n{}: {}\n{}: {TO}\n{}: {CC}\n\n{BODY}\n",
                    c[0], c[1], c[2], c[3], c[4], c[5], c[6]
                );
                let date = "2021-10-26T11:25:08Z";
                let mut all = faults(
                    &format!("apple {language}"),
                    "Fwd: x",
                    &quoted(&block),
                    date,
                );
                all.extend(faults(&format!("ios {language}"), "Fwd: x", &block, date));
                all
            })
            .collect(),
    );
}

#[test]
fn gmail() {
    let lines = include_str!("../../../tests/mail/forwards/gmail.txt");
    none(table(lines).flat_map(|(language, c)| {
        let block = format!(
            "---------- Forwarded message ---------\n{}: {AUTHOR}\nDate: {}\nSubject: {SUBJECT}\nTo: <{TO}>\nCc: {CC}\n\n\n{BODY}\n",
            c[0], c[1]
        );
        faults(&format!("gmail {language}"), "Fwd: x", &block, "2021-10-27T09:31:00Z")
    }).collect());
}

#[test]
fn new_outlook_without_separator() {
    let lines = include_str!("../../../tests/mail/forwards/new-outlook.txt");
    none(
        table(lines)
            .flat_map(|(language, c)| {
                // Its body follows the headers without a blank line.
                let block = format!(
                    "{}: {AUTHOR}\n{}: {}\n{}: {TO} <{TO}>\n{}: {CC}\n{}: {SUBJECT}\n{BODY}\n",
                    c[1], c[2], c[3], c[4], c[5], c[6]
                );
                let subject = format!("{}: {SUBJECT}", c[0]);
                faults(
                    &format!("new outlook {language}"),
                    &subject,
                    &block,
                    "2021-10-28T12:46:00Z",
                )
            })
            .collect(),
    );
}

#[test]
fn classic_outlook_with_rule_or_bold() {
    let lines = include_str!("../../../tests/mail/forwards/new-outlook.txt");
    none(table(lines).flat_map(|(language, c)| {
        let subject = format!("{}: {SUBJECT}", c[0]);
        let date = "2021-10-28T12:46:00Z";
        let ruled = format!(
            "________________________________\n{}: {AUTHOR}\n{}: {}\n{}: {TO}\n{}: {SUBJECT}\n\n{BODY}\n",
            c[1], c[2], c[3], c[4], c[6]
        );
        let bold = format!(
            "*{}:* {AUTHOR}\n*{}:* {}\n*{}:* {TO}\n*{}:* {SUBJECT}\n\n{BODY}\n",
            c[1].trim(), c[2].trim(), c[3], c[4].trim(), c[6].trim()
        );
        let mut all = faults(&format!("outlook {language}"), &subject, &ruled, date);
        all.extend(faults(&format!("bold {language}"), &subject, &bold, date));
        all
    }).collect());
}

#[test]
fn outlook_2019_with_an_attribution_alone() {
    let lines = include_str!("../../../tests/mail/forwards/outlook-2019.txt");
    none(
        table(lines)
            .flat_map(|(language, c)| {
                let body: Vec<String> = BODY
                    .lines()
                    .map(|line| format!("    {line}").trim_end().to_owned())
                    .collect();
                let block = format!("{}\n\n{}\n", c[0], body.join("\n"));
                let subject = format!("FW: {SUBJECT}");
                faults(
                    &format!("outlook 2019 {language}"),
                    &subject,
                    &block,
                    "2021-10-28T12:46:00Z",
                )
            })
            .collect(),
    );
}

#[test]
fn thunderbird() {
    let lines = include_str!("../../../tests/mail/forwards/thunderbird.txt");
    none(table(lines).flat_map(|(language, c)| {
        let block = format!(
            "{}\n{}: \t{SUBJECT}\n{}: \tWed, 3 Nov 2021 15:51:30 +0100\n{}: \t{AUTHOR}\n{}: \t{TO}\n{}: \t{CC}\n\n\n\n{BODY}\n",
            c[0], c[1], c[2], c[3], c[4], c[5]
        );
        faults(&format!("thunderbird {language}"), "Fwd: x", &block, "2021-11-03T14:51:30Z")
    }).collect());
}

#[test]
fn yahoo_glued_and_not() {
    let lines = include_str!("../../../tests/mail/forwards/yahoo.txt");
    none(table(lines).flat_map(|(language, c)| {
        let date = "2021-11-02T08:26:50Z";
        let cc = if language == "pl" { format!("{} ", c[3]) } else { format!("{}: ", c[3]) };
        let glued = format!(
            "   ----- {} ----- {}: {AUTHOR}{}: \"{TO}\" <{TO}>{cc}{CC}{}: {}{}: {SUBJECT}\n {BODY}",
            c[0], c[1], c[2], c[4], c[5], c[6]
        );
        let apart = format!(
            "----- {} -----\n{}: {AUTHOR}\n{}: \"{TO}\" <{TO}>\n{}: {CC}\n{}: {}\n{}: {SUBJECT}\n\n{BODY}",
            c[0], c[1], c[2], c[3], c[4], c[5], c[6]
        );
        let mut all = faults(&format!("yahoo glued {language}"), "Fw: x", &glued, date);
        all.extend(faults(&format!("yahoo {language}"), "Fw: x", &apart, date));
        all
    }).collect());
}
