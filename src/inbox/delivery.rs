//! What became of a delivery: recorded, shown on the thread, and followed by the next try or by none.

use super::{Done, line};
use crate::rules::retry::{self, End, Next, Tries};
use casella_index::model::*;
use casella_index::tables::JOBS;
use casella_index::{Event, Rows, Tx};

/// How one try ended, in a plain sentence (`detail`) that names the remedy where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The other side took it; `ids` are those it told us (a provider's Message-ID, Meta's mid).
    Sent { detail: String, ids: Vec<String> },
    /// Trying again may help; not before a time the other side named.
    TryLater {
        detail: String,
        not_before: Option<Millis>,
    },
    /// Trying again would not help.
    Refused { detail: String },
    /// It was handed over and no answer came: it may have arrived. `wait`: the other side tells by
    /// itself until then (Meta's echo), and only after that it makes sense to try again.
    Ambiguous {
        detail: String,
        wait: Option<Millis>,
    },
    /// It was handed over as often as is right, and nobody ever said whether it arrived: a person
    /// must look.
    Unsure { detail: String },
    /// It waits for a person: a setting, a page to be connected again. [`release`] lets it go.
    Held { detail: String },
}

/// What follows a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The next one, then.
    Again(Millis),
    /// Nothing, until it is released.
    Held,
    /// Nothing: it is over.
    Done,
}

/// Records a try of a job; one that is over already is left as it is. `jitter` is a random value
/// from 0 to 1.
pub fn tried(tx: &mut Tx<'_>, job: JobId, attempt: Attempt, jitter: f64) -> Done<After> {
    let Some(job) = tx.get(&JOBS, &job)? else {
        return Ok(After::Done);
    };
    if let Attempt::Held { detail } = &attempt
        && job.held.as_ref() == Some(detail)
    {
        return Ok(After::Held);
    }
    let unsure = matches!(attempt, Attempt::Unsure { .. });
    let outcome = outcome(&job, attempt, tx.now(), jitter);
    tx.record(Event::DeliveryTried {
        conversation: job.conversation,
        message: job.message,
        job: job.id,
        outcome: outcome.clone(),
    })?;
    tell(tx, &job, &outcome, unsure)?;
    Ok(match outcome {
        Outcome::Later { next_at, .. } => After::Again(next_at),
        Outcome::Held { .. } => After::Held,
        Outcome::Sent { .. } | Outcome::Failed { .. } => After::Done,
    })
}

/// Lets a held or late job go now; its tries count anew.
pub fn release(tx: &mut Tx<'_>, job: JobId) -> Done {
    if tx.get(&JOBS, &job)?.is_some() {
        let next_at = tx.now();
        tx.record(Event::JobReleased { job, next_at })?;
    }
    Ok(())
}

/// Lets every held job of a channel go now. Gives how many there were.
pub fn release_held(tx: &mut Tx<'_>, channel: Channel) -> Done<usize> {
    let held = |job: &Job| job.held.is_some() && job.channel == channel;
    let jobs: Vec<_> = tx.jobs()?.into_iter().filter(held).collect();
    for job in &jobs {
        release(tx, job.id)?;
    }
    Ok(jobs.len())
}

fn outcome(job: &Job, attempt: Attempt, now: Millis, jitter: f64) -> Outcome {
    let (end, detail, not_before) = match attempt {
        Attempt::Sent { detail, ids } => return Outcome::Sent { detail, ids },
        Attempt::Held { detail } => return Outcome::Held { detail },
        Attempt::TryLater { detail, not_before } => (End::TryLater, detail, not_before),
        Attempt::Refused { detail } => (End::Refused, detail, None),
        Attempt::Unsure { detail } => return Outcome::Failed { detail },
        Attempt::Ambiguous {
            detail,
            wait: Some(next_at),
        } => {
            return Outcome::Later {
                detail,
                next_at,
                ambiguous: true,
                notice: false,
            };
        }
        Attempt::Ambiguous { detail, wait: None } => (End::Ambiguous, detail, None),
    };
    let ambiguous = end == End::Ambiguous;
    let tries = Tries {
        first_at: job.created_at,
        made: job.attempts + 1,
        ambiguous: job.ambiguous + u32::from(ambiguous),
        noticed: job.noticed,
    };
    match retry::next(end, tries, now, jitter) {
        Next::Again { at, notice } => Outcome::Later {
            detail,
            next_at: at.max(not_before.unwrap_or(at)),
            ambiguous,
            notice,
        },
        Next::Fail => Outcome::Failed { detail },
        Next::Unsure => Outcome::Failed {
            detail: format!("it is not known whether it arrived: {detail}"),
        },
    }
}

/// A late and a failed delivery stand in the thread; a failed one makes it unread, for the person
/// got no answer.
fn tell(tx: &mut Tx<'_>, job: &Job, outcome: &Outcome, unsure: bool) -> Done {
    let (key, detail) = match outcome {
        Outcome::Later {
            notice: true,
            detail,
            ..
        } => ("delivery_late", detail),
        Outcome::Failed { detail } if unsure => ("delivery_unsure", detail),
        Outcome::Failed { detail } => ("delivery_failed", detail),
        _ => return Ok(()),
    };
    let params = [("recipient", shown(tx, job)?), ("detail", detail.clone())];
    line::tell(tx, job.conversation, key, &params)?;
    if matches!(outcome, Outcome::Failed { .. }) {
        let conversation = line::conversation(tx, job.conversation)?.id;
        tx.record(Event::ConversationUnread { conversation })?;
    }
    Ok(())
}

/// The recipient in words: an address, or the name of a Messenger visitor.
fn shown(tx: &Tx<'_>, job: &Job) -> Done<String> {
    if job.channel != Channel::Messenger {
        return Ok(job.recipient.clone());
    }
    let conversation = line::conversation(tx, job.conversation)?;
    let name = conversation.messenger.map(|person| person.name);
    Ok(name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Messenger".into()))
}
