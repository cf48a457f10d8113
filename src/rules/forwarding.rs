//! Whose mail a forwarded mail really is.
//!
//! Finds what was passed on and by whom: by a person in the body ([`manual`]), by a person as an
//! attachment, by a mail system's rule ([`automatic`]). It reports whatever is there, whoever did it;
//! whether a forward counts is [`contacts::author`](super::contacts::author)'s to decide. The
//! providers' own mails that ask to confirm a forwarding are in [`confirmation`].

mod automatic;
pub mod confirmation;
pub mod dates;
pub mod mailbox;
mod manual;
mod months;
#[cfg(test)]
mod tests;

use super::html_text;
use super::mail::{ForwardKind, Forwarded, Mail, Team};
use super::subject;

/// What was forwarded in this mail, if anything. A block in the body comes first, for an attached
/// mail beside one came with the original; then the attached mail; then the traces of a rule.
pub fn find(mail: &Mail, team: &Team) -> Forwarded {
    manual::find(mail, &mail.text)
        .or_else(|| in_html(mail))
        .or_else(|| attached(mail))
        .or_else(|| automatic::find(mail, team))
        .unwrap_or_default()
}

/// A block that the plain part left out.
fn in_html(mail: &Mail) -> Option<Forwarded> {
    let html = mail.html.as_deref().filter(|_| mail.has_plain)?;
    manual::find(mail, &html_text::to_text(html))
}

/// A whole mail passed on as an attachment. Reports, digests and answers carry mails for other
/// reasons.
fn attached(mail: &Mail) -> Option<Forwarded> {
    let inner = mail.passed_on()?;
    let carried = mail.report.is_some() || mail.content_type == "multipart/digest";
    let answers = !mail.in_reply_to.is_empty()
        && subject::is_answer(&mail.subject)
        && !subject::is_forward(&mail.subject);
    if carried || answers || (inner.from.address.is_empty() && inner.from.name.is_empty()) {
        return None;
    }
    Some(Forwarded {
        kind: ForwardKind::Attached,
        by: Some(mail.from.clone()),
        author: Some(inner.from.clone()),
        reply_to: inner.reply_to.first().cloned(),
        subject: some(&inner.subject),
        date: inner.date,
        text: some(&inner.text),
        note: some(&mail.text),
    })
}

/// The text without blank ends, if anything is left.
fn some(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c == '\n' || c == '\r');
    (!text.trim().is_empty()).then(|| text.trim_end().to_owned())
}
