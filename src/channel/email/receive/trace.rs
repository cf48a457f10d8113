//! What every transaction leaves behind for the mail trace page.

use super::{Envelope, Inbox, Peer, Reading, Refusal, Unreadable};
use crate::inbox::Refused;
use casella_index::model::Trace;
use casella_index::{Actor, Tx};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// Rows kept; older ones are forgotten.
pub(super) const KEPT: u64 = 100_000;
/// Refusals noted per second: whoever probes for addresses must not fill the disk's time.
const A_SECOND: u32 = 20;

/// The row of an accepted mail; the write adds when, where it landed and why.
pub(super) fn accepted(
    envelope: &Envelope,
    size: usize,
    reading: &Result<Reading, Unreadable>,
) -> Trace {
    let mut row = of_session(&envelope.peer, &envelope.mail_from);
    row.recipients.clone_from(&envelope.recipients);
    row.size = size as u64;
    row.reply = "250 2.0.0".into();
    if let Ok(reading) = reading {
        row.message_id = reading.mail.message_id.clone().unwrap_or_default();
        row.header_from.clone_from(&reading.mail.from.address);
        row.subject.clone_from(&reading.mail.subject);
    }
    row
}

fn of_session(peer: &Peer, mail_from: &str) -> Trace {
    Trace {
        ip: peer.ip.to_string(),
        helo: peer.helo.clone(),
        tls: peer.tls.clone(),
        mail_from: mail_from.to_owned(),
        ..Trace::default()
    }
}

/// Why, in one word below `trace.outcome.`.
fn outcome(refusal: &Refusal) -> &'static str {
    match (refusal.code, refusal.enhanced) {
        (_, "5.1.1") => "unknown_mailbox",
        (_, "5.3.4") => "too_big",
        (_, "4.3.1") => "no_room",
        (_, "4.4.2") => "broke_off",
        (400..500, _) => "deferred",
        _ => "refused",
    }
}

/// Notes what was refused, so many a second.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    second: AtomicI64,
    noted: AtomicU32,
}

impl Throttle {
    /// Leaves a row without making the session wait for the disk.
    pub(super) fn refused(
        &self,
        inbox: &Inbox,
        peer: &Peer,
        mail_from: &str,
        recipients: &[String],
        refusal: &Refusal,
    ) {
        let now = inbox.clock.now();
        if !self.admits(now) {
            return;
        }
        let row = Trace {
            at: now,
            recipients: recipients.to_vec(),
            reply: format!("{} {}", refusal.code, refusal.enhanced),
            decision: format!("refused: {}", refusal.text),
            outcome: outcome(refusal).to_owned(),
            ..of_session(peer, mail_from)
        };
        let note = move |tx: &mut Tx<'_>| -> Result<(), Refused> {
            tx.put_trace(row, KEPT)?;
            Ok(())
        };
        // A log row that fails to be written is no reason to keep anybody waiting.
        drop(inbox.store.write(inbox.stamp(Actor::Stranger), note));
    }

    fn admits(&self, now: i64) -> bool {
        let second = now / 1_000;
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.noted.store(0, Ordering::Relaxed);
        }
        self.noted.fetch_add(1, Ordering::Relaxed) < A_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prober_leaves_twenty_rows_a_second_and_no_more() {
        let throttle = Throttle::default();
        let noted = |now| (0..1_000).filter(|_| throttle.admits(now)).count();
        assert_eq!((noted(5_000), noted(5_999), noted(6_000)), (20, 0, 20));
    }
}
