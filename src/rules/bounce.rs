//! Delivery reports: whether a mail is one, and what it says of which mail to whom (MAIL.md B1, C).
//!
//! The machine-readable part is read first (RFC 3464, RFC 6522), but a good third of real bounces
//! have none or a poor one; so the prose of the common mail systems is read too, by what their
//! sentences have in common rather than system by system. What a report is bound to is the
//! caller's matter.

mod original;
mod prose;
mod reason;
mod report;
mod status;
mod words;

pub use reason::{Reason, reason};

use super::mail::{Bounce, Kind, Mail};

/// Whether this mail is a delivery report of a failure or a delay. `null_path`: its envelope sender
/// was `<>`.
pub fn is_bounce(mail: &Mail, null_path: bool) -> bool {
    if let Some(told) = report::tells_of_trouble(mail) {
        return told;
    }
    mail.header("X-Failed-Recipients").is_some()
        || mail.header("X-MS-Exchange-Message-Is-Ndr").is_some()
        || prose::is_report(mail, null_path)
}

/// What a delivery report says; `None` for any other mail.
pub fn read(mail: &Mail, kind: &Kind) -> Option<Bounce> {
    kind.bounce.then(|| {
        let own = told(mail);
        // Gateways wrap a report into one of their own that names nobody.
        let wrapped = || {
            mail.attached
                .iter()
                .map(|(_, inner)| inner)
                .find(|inner| is_bounce(inner, false))
                .map(told)
        };
        if own.recipient.is_some() {
            own
        } else {
            wrapped().unwrap_or(own)
        }
    })
}

fn told(mail: &Mail) -> Bounce {
    let told = report::trouble(mail);
    let notice = prose::Notice::of(mail);
    let recipient = told
        .recipient
        .or_else(|| failed_header(mail))
        .or_else(|| notice.recipient());
    let around = recipient
        .as_deref()
        .map(|recipient| notice.around(recipient))
        .unwrap_or_default();
    let diagnostic = told
        .diagnostic
        .or_else(|| (!around.is_empty()).then_some(around));
    let delayed = told
        .action
        .as_deref()
        .map_or_else(|| notice.is_delay(), |action| action == "delayed");
    let status = status::derive(
        told.status.as_deref(),
        diagnostic.as_deref(),
        notice.text(),
        delayed,
    );
    Bounce {
        permanent: Some(
            !delayed
                && status
                    .as_deref()
                    .is_none_or(|status| !status.starts_with('4')),
        ),
        original_message_id: original::message_id(mail),
        recipient,
        status,
        diagnostic,
        delayed,
    }
}

fn failed_header(mail: &Mail) -> Option<String> {
    let value = mail.header("X-Failed-Recipients")?;
    super::addresses::addresses_in(value).next()
}

#[cfg(test)]
mod tests;
