//! The machine-readable part of a report.

use crate::rules::addresses::{addresses_in, parts};
use crate::rules::mail::{DeliveryStatus, Mail, Report};

/// What one recipient's fields say.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub recipient: Option<String>,
    pub action: Option<String>,
    pub status: Option<String>,
    pub diagnostic: Option<String>,
}

/// Whether a delivery-status part tells of a failure or a delay; `None` without such a part.
pub(super) fn tells_of_trouble(mail: &Mail) -> Option<bool> {
    let report = mail.report.as_ref()?;
    if report.kind == "disposition-notification" {
        return is_rejection(mail, report).then_some(true);
    }
    (report.kind == "delivery-status").then(|| {
        let good = |r: &DeliveryStatus| {
            matches!(
                r.action.as_deref(),
                Some("delivered" | "relayed" | "expanded")
            )
        };
        report.recipients.is_empty() || !report.recipients.iter().all(good)
    })
}

/// Sieve's `reject` (RFC 5429 section 2.1.1) and Dovecot's quota refusals come dressed as read receipts.
fn is_rejection(mail: &Mail, report: &Report) -> bool {
    let deleted = field(report, "Disposition").is_some_and(|d| {
        let d = d.to_lowercase();
        d.contains("automatic-action") && d.contains("deleted")
    });
    let text = mail.text.to_lowercase();
    deleted
        && ["reject", "refus", "quota"]
            .iter()
            .any(|word| text.contains(word))
}

/// The fields of the recipient in trouble: the first that failed, else the first delayed, else the first.
pub(super) fn trouble(mail: &Mail) -> Told {
    let Some(report) = &mail.report else {
        return Told::default();
    };
    let with = |action: &str| {
        report
            .recipients
            .iter()
            .find(|r| r.action.as_deref() == Some(action))
    };
    match with("failed")
        .or_else(|| with("delayed"))
        .or_else(|| report.recipients.first())
    {
        Some(found) => completed(told(found), report),
        None => Told {
            recipient: field(report, "Final-Recipient").and_then(typed_address),
            ..Told::default()
        },
    }
}

/// Some systems put the action above the blank line and the address below it: what one group leaves
/// out, the one that names somebody adds.
fn completed(found: Told, report: &Report) -> Told {
    let named = |told: &Told| told.recipient.is_some();
    let rest = match named(&found) {
        true => None,
        false => report.recipients.iter().map(told).find(named),
    };
    let rest = rest.unwrap_or_default();
    Told {
        recipient: found.recipient.or(rest.recipient),
        action: found.action.or(rest.action),
        status: found.status.or(rest.status),
        diagnostic: found.diagnostic.or(rest.diagnostic),
    }
}

fn told(fields: &DeliveryStatus) -> Told {
    // An alias's end may be a mailbox that nobody outside knows or can name: whom we wrote to counts.
    let public = |address: &String| parts(address).is_some_and(|(_, domain)| domain.contains('.'));
    let named = |field: &Option<String>| field.as_deref().and_then(typed_address);
    let first = named(&fields.original_recipient).filter(public);
    let recipient = first.or_else(|| named(&fields.final_recipient));
    Told {
        recipient: recipient.or_else(|| {
            fields
                .final_recipient
                .as_deref()
                .map(untyped)
                .filter(|name| !name.is_empty())
        }),
        action: fields.action.as_deref().and_then(first_word),
        status: fields.status.clone(),
        diagnostic: fields
            .diagnostic
            .as_deref()
            .map(untyped)
            .filter(|text| !text.is_empty()),
    }
}

/// The address in `rfc822; <user@host>`, whatever the type and its brackets.
fn typed_address(field: &str) -> Option<String> {
    let plain = untyped(field);
    addresses_in(&plain)
        .find(|address| parts(address).is_some())
        .map(|address| address.trim_matches(['\'', '"', '.', ':']).to_owned())
}

/// A field's value without its leading type (`smtp;`, `rfc822;`, `X-Postfix;`) and brackets.
fn untyped(field: &str) -> String {
    let value = match field.split_once(';') {
        Some((kind, value)) if !kind.contains([' ', '@', ':']) => value,
        _ => field,
    };
    value
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim()
        .to_owned()
}

fn first_word(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .find(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn field<'a>(report: &'a Report, name: &str) -> Option<&'a str> {
    report
        .fields
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case(name))
        .map(|h| h.value.as_str())
}
