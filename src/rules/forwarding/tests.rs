mod automatic;
mod confirmations;
mod dates;
mod limits;
mod manual;
mod matrix;
mod programs;

use super::*;
use crate::rules::mail::{Address, Header};

fn address(text: &str) -> Address {
    mailbox::first(text).unwrap_or_default()
}

/// A mail as an agent would forward it to the inbox.
fn mail(subject: &str, text: &str) -> Mail {
    Mail {
        from: address("Anna <anna@shop.example>"),
        to: vec![address("inbox@shop.example")],
        subject: subject.to_owned(),
        text: text.to_owned(),
        has_plain: true,
        ..Mail::default()
    }
}

fn found(subject: &str, text: &str) -> Forwarded {
    find(&mail(subject, text), &Team::default())
}

fn header(line: &str) -> Header {
    let (name, value) = line.split_once(": ").unwrap_or((line, ""));
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
