//! From the SMTP session, or an archive, to the inbox: who may receive, what came, and the write.
//!
//! [`Reception`] is the receiver's [`Gate`]. A mail is read and its origin judged side by side, it is
//! packed on a thread of its own, and [`inbox::receive`](crate::inbox::receive) records it; the `250`
//! follows the commit. A mail that defeats our reading is kept all the same, raw and with its envelope.
//! Every refused recipient and every accepted mail leaves a row in the mail trace.

mod history;
mod prepare;
mod recipients;
#[cfg(test)]
mod tests;
mod trace;

pub use prepare::{Way, prepare, team};
pub use recipients::{Recipient, judge, tokens};

use super::authentication::{Authenticator, Origin};
use super::read::{self, Readers, Unreadable};
use super::smtp::{Envelope, Gate, Peer, Refusal, Spooled, trace_headers};
use crate::inbox::receive::{Incoming, Received, receive};
use crate::inbox::{Inbox, Refused};
use crate::rules::mail::Reading;
use bytes::Bytes;
use casella_index::model::MailPath;
use casella_index::{Actor, StoreError, Tx};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// What stands between SMTP sessions and the inbox.
pub struct Reception {
    inbox: Inbox,
    authenticator: Authenticator,
    readers: Readers,
    notes: trace::Throttle,
}

impl Reception {
    pub fn new(inbox: Inbox, authenticator: Authenticator) -> Self {
        Reception {
            inbox,
            authenticator,
            readers: Readers::default(),
            notes: trace::Throttle::default(),
        }
    }

    async fn take(&self, envelope: Envelope, data: Spooled) -> Result<Received, StoreError> {
        let raw = whole(data).await?;
        let origin = Origin {
            ip: envelope.peer.ip,
            helo: envelope.peer.helo.clone(),
            mail_from: envelope.mail_from.clone(),
        };
        let team = team(&self.inbox)?;
        let path = Some(&*envelope.mail_from);
        let (judged, reading) = tokio::join!(
            self.authenticator.check(origin, raw.clone()),
            read::guarded_by(&self.readers, raw.clone(), path, &team),
        );
        let way = Way {
            authentication: Some(judged),
            path: self.path(&envelope),
            team,
            imported: false,
        };
        self.keep(&Arc::new(Taken {
            raw,
            reading,
            way,
            envelope,
        }))
        .await
    }

    /// Writes a mail. A fault of ours while deciding costs its being understood, never the mail: the
    /// second time it is kept unread. (The first may have been undone for another's fault.)
    async fn keep(&self, mail: &Arc<Taken>) -> Result<Received, StoreError> {
        for plain in [false, false, true] {
            let incoming = match self.prepared(mail.clone(), plain).await {
                Some(incoming) => incoming,
                None if plain => break,
                None => continue,
            };
            match self.write(mail, incoming).await {
                Err(StoreError::Aborted { why }) => {
                    tracing::warn!(why, "a mail's write was undone")
                }
                decided => return decided,
            }
        }
        Err(failed("this mail defeats us".into()))
    }

    async fn prepared(&self, mail: Arc<Taken>, plain: bool) -> Option<Incoming> {
        let inbox = self.inbox.clone();
        let work = move || catch_unwind(AssertUnwindSafe(|| mail.incoming(&inbox, plain)));
        blocking(work).await.ok()?.ok()
    }

    async fn write(&self, mail: &Taken, incoming: Incoming) -> Result<Received, StoreError> {
        let mut row = trace::accepted(&mail.envelope, mail.raw.len(), &mail.reading);
        let verb = move |tx: &mut Tx<'_>| {
            let received = receive(tx, incoming)?;
            row.at = tx.now();
            row.decision = received.sentence();
            row.outcome = received.outcome.as_str().to_owned();
            row.marks = received.marks.iter().map(|m| (*m).to_owned()).collect();
            row.message = Some(received.message);
            tx.put_trace(row, trace::KEPT)?;
            Ok::<_, Refused>(received)
        };
        let decided = self
            .inbox
            .store
            .write(self.inbox.stamp(Actor::Stranger), verb)
            .await;
        decided.map_err(|refused| match refused {
            Refused::Store(error) => error,
            other => failed(other.to_string()),
        })
    }

    fn path(&self, envelope: &Envelope) -> MailPath {
        let now = self.inbox.clock.now();
        let peer = &envelope.peer;
        MailPath {
            at: now,
            via: "smtp".into(),
            mail_from: Some(envelope.mail_from.clone()),
            recipients: envelope.recipients.clone(),
            ip: peer.ip.to_string(),
            helo: peer.helo.clone(),
            tls: peer.tls.clone(),
            trace_headers: trace_headers(envelope, &self.inbox.config.smtp.hostname, now),
        }
    }

    /// Says no before the disk is full, and while the store is stopped.
    fn room(&self, declared: u64) -> Result<(), Refusal> {
        if self.inbox.store.stopped().is_some() {
            return Err(refusal(&StoreError::Stopped { why: String::new() }));
        }
        let needed = self
            .inbox
            .config
            .store
            .min_free
            .bytes()
            .saturating_add(declared);
        match self.inbox.free_bytes() {
            Some(free) if free < needed => Err(refusal(&StoreError::Full { why: String::new() })),
            _ => Ok(()),
        }
    }
}

impl Gate for Reception {
    fn mail_from(&self, _: &Peer, _: &str, declared_size: Option<u64>) -> Result<(), Refusal> {
        self.room(declared_size.unwrap_or(0))
    }

    fn recipient(&self, _: &Peer, _: &str, recipient: &str) -> Result<(), Refusal> {
        match judge(&self.inbox, recipient) {
            Recipient::Unknown => {
                let refusal = Refusal {
                    code: 550,
                    enhanced: "5.1.1",
                    text: "no such mailbox here".into(),
                };
                Err(refusal)
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, peer: &Peer, mail_from: &str, recipients: &[String], refusal: &Refusal) {
        self.notes
            .refused(&self.inbox, peer, mail_from, recipients, refusal);
    }

    async fn accept(&self, envelope: Envelope, data: Spooled) -> Result<String, Refusal> {
        match self.take(envelope, data).await {
            Ok(received) => Ok(format!("message {}", received.message)),
            Err(error) => {
                tracing::error!(%error, "a mail could not be kept; its sender was asked to try again");
                Err(refusal(&error))
            }
        }
    }
}

/// What a failure of the store tells the sender: always to come again.
fn refusal(error: &StoreError) -> Refusal {
    let (code, enhanced, text) = match error {
        StoreError::Full { .. } => (452, "4.3.1", "not enough room here, try again later"),
        StoreError::Stopped { .. } => (421, "4.3.0", "closing for repair, try again later"),
        _ => (451, "4.3.0", "could not keep this mail, try again later"),
    };
    Refusal {
        code,
        enhanced,
        text: text.into(),
    }
}

fn failed(why: String) -> StoreError {
    StoreError::Aborted { why }
}

/// A message in memory, as most are already.
async fn whole(data: Spooled) -> Result<Bytes, StoreError> {
    let bytes = match data {
        Spooled::Memory(bytes) => Ok(bytes),
        file => blocking(move || file.into_bytes()).await?,
    };
    let bytes = bytes.map_err(|e| failed(format!("reading the spool: {e}")))?;
    Ok(bytes.into())
}

/// Runs work that blocks or panics on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work)
        .await
        .map_err(|e| failed(e.to_string()))
}

/// A mail that arrived whole.
struct Taken {
    raw: Bytes,
    reading: Result<Reading, Unreadable>,
    way: Way,
    envelope: Envelope,
}

impl Taken {
    /// `plain`: kept unread, as nothing else is left.
    fn incoming(&self, inbox: &Inbox, plain: bool) -> Incoming {
        let reading = if plain {
            Err(Unreadable::Fault)
        } else {
            self.reading.clone()
        };
        prepare(inbox, &self.raw, reading, self.way.clone())
    }
}
