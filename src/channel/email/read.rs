//! From bytes to a [`Reading`]: the mail parsed, then judged by the rules.
//!
//! Strangers write these bytes, so [`guarded`] gives them a thread apart and only so much
//! time; whoever must not fail (the SMTP receiver, `casella inspect`) uses that.

use super::{parse, sanitise};
use crate::rules::mail::{ForwardKind, Mail, Reading, Team};
use crate::rules::{bounce, contacts, forwarding, kind, quoting};
use std::time::Duration;

#[cfg(test)]
mod bounces;
mod readers;

pub use readers::Readers;

/// Reading takes milliseconds; a mail that needs longer was made to.
pub const LIMIT: Duration = Duration::from_secs(10);
/// How much of a mail that cannot be read is shown as it stands.
const SHOWN: usize = 256 * 1024;

/// Why a mail could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A fault of ours; the mail is kept for when it is mended.
    Fault,
    TooSlow,
}

/// Reads a mail and judges it. `mail_from` is the envelope's sender where known, empty for the null
/// path.
pub fn reading(raw: &[u8], mail_from: Option<&str>, team: &Team) -> Reading {
    let mail = parse::mail(raw);
    let forwarded = forwarding::find(&mail, team);
    let kind = kind::of(&mail, mail_from);
    let sanitised = |mail: &Mail| mail.html.as_deref().map(sanitise::html);
    let passed_on = mail
        .passed_on()
        .filter(|_| forwarded.kind == ForwardKind::Attached);
    Reading {
        parted: quoting::part(&mail),
        bounce: bounce::read(&mail, &kind),
        author: contacts::author(&mail, &forwarded, team),
        html: sanitised(&mail),
        forwarded_html: passed_on.and_then(sanitised),
        forwarded,
        kind,
        mail,
    }
}

/// [`reading`] under a time cap, its faults caught, on a thread of its own.
pub fn guarded<B>(raw: B, mail_from: Option<&str>, team: &Team) -> Result<Reading, Unreadable>
where
    B: AsRef<[u8]> + Send + 'static,
{
    readers::within(LIMIT, job(raw, mail_from, team))
}

/// As [`guarded`], on one of the threads kept for it.
pub async fn guarded_by<B>(
    readers: &Readers,
    raw: B,
    mail_from: Option<&str>,
    team: &Team,
) -> Result<Reading, Unreadable>
where
    B: AsRef<[u8]> + Send + 'static,
{
    readers.within(LIMIT, job(raw, mail_from, team)).await
}

fn job<B>(
    raw: B,
    mail_from: Option<&str>,
    team: &Team,
) -> impl FnOnce() -> Reading + Send + 'static + use<B>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let team = team.clone();
    let mail_from = mail_from.map(str::to_owned);
    move || reading(raw.as_ref(), mail_from.as_deref(), &team)
}

/// What is shown of a mail that could not be read: its bytes as text, and why.
pub fn unread(raw: &[u8], why: Unreadable) -> Reading {
    let reason = match why {
        Unreadable::Fault => "This mail could not be read; it is shown as it came.",
        Unreadable::TooSlow => "Reading this mail took too long; it is shown as it came.",
    };
    let text = String::from_utf8_lossy(&raw[..raw.len().min(SHOWN)]).into_owned();
    let mut reading = Reading {
        mail: Mail {
            text: text.clone(),
            ..Mail::default()
        },
        ..Reading::default()
    };
    reading.mail.warnings.push(reason.into());
    reading.parted.reply_text = text;
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_shown_as_it_came() {
        let reading = unread(b"caf\xe9", Unreadable::Fault);
        assert_eq!(reading.parted.reply_text, "caf\u{fffd}");
        assert_eq!(reading.mail.warnings.len(), 1);
    }
}
