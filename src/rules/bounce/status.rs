//! An enhanced status code (RFC 3463) from whatever a report says: its own field, the code or the SMTP
//! reply in a diagnosis, the words of one.

use super::reason::{Reason, reason_in};

/// The most exact code to be had. A code that says nothing (`5.0.0`) gives way to the one in the
/// diagnosis, and to nothing else.
pub(super) fn derive(
    given: Option<&str>,
    diagnostic: Option<&str>,
    notice: &str,
    delayed: bool,
) -> Option<String> {
    let given = given.and_then(enhanced);
    let diagnosed = diagnostic.and_then(enhanced);
    match given {
        Some(given) if !is_vague(&given) => Some(given),
        Some(given) => diagnosed.or(Some(given)),
        None => diagnosed
            .or_else(|| enhanced(notice))
            .filter(|code| !is_vague(code))
            .or_else(|| diagnostic.and_then(|text| from_words(text, delayed)))
            .or_else(|| from_words(notice, delayed))
            .or_else(|| diagnostic.and_then(enhanced).or_else(|| enhanced(notice)))
            .or_else(|| {
                diagnostic
                    .and_then(reply)
                    .or_else(|| reply(notice))
                    .map(of_reply)
            }),
    }
}

fn is_vague(code: &str) -> bool {
    code.ends_with(".0.0")
}

/// The first enhanced code of a failure in a text: class 4 or 5, subject 0 to 7, standing alone
/// (version numbers and IP addresses are no codes).
pub(super) fn enhanced(text: &str) -> Option<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
        .map(|word| word.trim_matches(['.', '-']))
        .find_map(|word| {
            // `550-5.1.1`, as the lines of a long reply begin.
            let word = match word.split_once('-') {
                Some((code, rest)) if code.len() == 3 => rest,
                _ => word,
            };
            let mut numbers = word.split('.');
            let (class, subject, detail) = (numbers.next()?, numbers.next()?, numbers.next()?);
            let detail_ok =
                (1..=3).contains(&detail.len()) && detail.bytes().all(|b| b.is_ascii_digit());
            let subject_ok =
                subject.len() == 1 && subject.bytes().all(|b| (b'0'..=b'7').contains(&b));
            (numbers.next().is_none() && matches!(class, "4" | "5") && subject_ok && detail_ok)
                .then(|| word.to_owned())
        })
}

/// The first SMTP reply code of a failure (RFC 5321 section 4.2): three digits, followed by a space, a hyphen or the end.
pub(super) fn reply(text: &str) -> Option<u16> {
    const CODES: &[u16] = &[
        421, 422, 431, 432, 441, 442, 450, 451, 452, 454, 500, 501, 502, 503, 504, 510, 511, 512,
        513, 521, 523, 530, 535, 541, 550, 551, 552, 553, 554, 555, 556, 557, 571,
    ];
    text.split(|c: char| c.is_whitespace() || "-(<[#:;\"'".contains(c))
        .filter(|word| word.len() >= 3)
        .filter_map(|word| {
            word.trim_end_matches([')', '>', ']', ',', '.'])
                .parse()
                .ok()
        })
        .find(|code| CODES.contains(code))
}

/// What an SMTP reply means where no words explain it.
fn of_reply(code: u16) -> String {
    let code = match code {
        421 => "4.3.2",
        422 | 452 => "4.2.2",
        431 => "4.3.1",
        432 => "4.3.2",
        441 | 442 => "4.4.1",
        450 => "4.2.0",
        451 => "4.3.0",
        454 => "4.7.0",
        510 | 511 | 550 | 551 => "5.1.1",
        512 | 556 => "5.1.2",
        513 | 553 => "5.1.3",
        521 => "5.3.2",
        523 | 552 => "5.2.2",
        530 | 535 | 541 | 557 | 571 => "5.7.1",
        500..=504 | 555 => "5.5.0",
        400..=499 => "4.0.0",
        _ => "5.0.0",
    };
    code.to_owned()
}

/// The code of what the words say, its class by the SMTP reply beside them, if any.
fn from_words(text: &str, delayed: bool) -> Option<String> {
    let (usual, detail) = code_of(reason_in(text)?)?;
    let class = match reply(text) {
        _ if delayed => 4,
        Some(reply) => reply / 100,
        None => usual,
    };
    Some(format!("{class}.{detail}"))
}

/// The usual class of a reason, and subject and detail of its code.
fn code_of(reason: Reason) -> Option<(u16, &'static str)> {
    Some(match reason {
        Reason::NoSuchUser => (5, "1.1"),
        Reason::NoSuchHost => (5, "1.2"),
        Reason::BadAddress => (5, "1.3"),
        Reason::Moved => (5, "1.6"),
        Reason::NoMail => (5, "1.10"),
        Reason::Disabled => (5, "2.1"),
        Reason::MailboxFull => (5, "2.2"),
        Reason::TooBig => (5, "3.4"),
        Reason::SystemFull => (4, "3.1"),
        Reason::SystemFault => (4, "3.0"),
        Reason::Unreachable => (4, "4.1"),
        Reason::Loop => (5, "4.6"),
        Reason::Expired => (4, "4.7"),
        Reason::Content => (5, "6.0"),
        Reason::Spam | Reason::Blocked => (5, "7.1"),
        Reason::Unproven => (5, "7.26"),
        Reason::Greylisted => (4, "7.1"),
        Reason::TooMany => (4, "7.28"),
        Reason::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a line per case
    fn codes_in_texts() {
        for (text, code) in [
            ("550 5.1.1 <a@b>... User unknown", Some("5.1.1")),
            ("550-5.1.1 The email account that you tried to reach", Some("5.1.1")),
            ("Sorry, no mailbox here by that name. (#5.1.1)", Some("5.1.1")),
            ("#< #5.0.0 X-Unix; 67>", Some("5.0.0")),
            ("5.7.606 Access denied", Some("5.7.606")),
            ("code: 4.4.7.", Some("4.4.7")),
            // No codes.
            ("connect to 5.1.1.9[5.1.1.9]:25", None),
            ("Internet Mail Service (5.5.2653.19)", None),
            ("Exim 4.92.3", None),
            ("2.1.5 delivered", None),
            ("5.8.1", None),
            ("v5.1.1", None),
            ("5.1.1234", None),
        ] {
            assert_eq!(enhanced(text).as_deref(), code, "{text}");
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn replies_in_texts() {
        for (text, code) in [
            ("host mx[1.2.3.4] said: 550 no such user", Some(550)),
            ("smtp;552-mailbox full", Some(552)),
            ("(451) try later", Some(451)),
            ("SMTP error from remote mailer after RCPT TO: 553 unknown", Some(553)),
            ("port 587, 5500 recipients, 250 ok", None),
        ] {
            assert_eq!(reply(text), code, "{text}");
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn the_most_exact_code_wins() {
        for (given, diagnostic, notice, delayed, code) in [
            (Some("5.1.1"), Some("552 5.2.2 mailbox full"), "", false, Some("5.1.1")),
            (Some("5.1.1 (bad destination mailbox address)"), None, "", false, Some("5.1.1")),
            (Some("5.0.0"), Some("552 5.2.2 full"), "", false, Some("5.2.2")),
            (Some("5.0.0"), Some("552 mailbox full"), "", false, Some("5.0.0")),
            (Some("nonsense"), Some("552 mailbox full"), "", false, Some("5.2.2")),
            (None, Some("452 mailbox full"), "", false, Some("4.2.2")),
            (None, Some("mailbox full"), "", true, Some("4.2.2")),
            (None, Some("550 5.0.0 user unknown"), "", false, Some("5.1.1")),
            (None, None, "the reason: 5.1.2 bad host", false, Some("5.1.2")),
            (None, None, "said: 550 go away and never return", false, Some("5.1.1")),
            (None, None, "it did not work", false, None),
        ] {
            assert_eq!(
                derive(given, diagnostic, notice, delayed).as_deref(),
                code,
                "{given:?} {diagnostic:?} {notice}"
            );
        }
    }
}
