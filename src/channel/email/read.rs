//! From bytes to a [`Reading`]: the mail parsed, then judged by the rules.
//!
//! Strangers write these bytes, so [`guarded`] gives them a thread of their own and only so much
//! time; whoever must not fail (the SMTP receiver, `casella inspect`) uses that.

use super::{parse, sanitise};
use crate::rules::mail::{Mail, Reading, Team};
use crate::rules::{bounce, contacts, forwarding, kind, quoting};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Reading takes milliseconds; a mail that needs longer was made to.
pub const LIMIT: Duration = Duration::from_secs(10);
/// Room for everything that recurses with a mail's nesting, all of it capped.
const STACK: usize = 16 * 1024 * 1024;
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
    Reading {
        parted: quoting::part(&mail),
        bounce: bounce::read(&mail, &kind),
        author: contacts::author(&mail, &forwarded, team),
        html: mail.html.as_deref().map(sanitise::html),
        forwarded,
        kind,
        mail,
    }
}

/// [`reading`] under a time cap, its faults caught.
pub fn guarded<B>(raw: B, mail_from: Option<&str>, team: &Team) -> Result<Reading, Unreadable>
where
    B: AsRef<[u8]> + Send + 'static,
{
    let team = team.clone();
    let mail_from = mail_from.map(str::to_owned);
    within(LIMIT, move || {
        reading(raw.as_ref(), mail_from.as_deref(), &team)
    })
}

/// Runs `work` on a thread of its own. One that takes too long is left to end by itself.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unreadable> {
    let (done, result) = sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("reader".into())
        .stack_size(STACK);
    let started = thread.spawn(move || {
        // Nobody is listening any more after the limit.
        let _ = done.send(work());
    });
    started.map_err(|_| Unreadable::Fault)?;
    result.recv_timeout(limit).map_err(|e| match e {
        RecvTimeoutError::Timeout => Unreadable::TooSlow,
        RecvTimeoutError::Disconnected => Unreadable::Fault,
    })
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
    fn a_fault_or_endless_work_is_an_answer_too() {
        let quick = within(Duration::from_secs(60), || 1);
        assert_eq!(quick, Ok(1));
        let endless = || std::thread::sleep(Duration::from_secs(60));
        assert_eq!(
            within(Duration::from_millis(1), endless),
            Err(Unreadable::TooSlow)
        );
        let faulty = || std::panic::panic_any("a fault of the test's own making");
        assert_eq!(
            within::<()>(Duration::from_secs(60), faulty),
            Err(Unreadable::Fault)
        );
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_came() {
        let reading = unread(b"caf\xe9", Unreadable::Fault);
        assert_eq!(reading.parted.reply_text, "caf\u{fffd}");
        assert_eq!(reading.mail.warnings.len(), 1);
    }
}
