//! What the page sent, and what became of it: echoes, deliveries, reads.
//!
//! An echo may overtake the answer to our own send; it is told by our `metadata` then, and the mid it
//! brings is kept at once, so that the answer changes nothing any more. What was sent elsewhere joins the
//! thread as "sent outside".

use super::line::{AHEAD, attachments, believable, dress, note_down, words};
use super::{Person, mid_of};
use crate::channel::messenger::parse::{Happening, Said};
use crate::channel::messenger::parts::{self, Part};
use crate::inbox::{Done, delivery, line};
use casella_index::model::*;
use casella_index::tables::JOBS;
use casella_index::{Event, Rows, Tx};

/// Lines a watermark is looked for in, newest first: what is older was reported long ago.
const REACH: usize = 100;

pub fn take(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    said: &Said,
    metadata: Option<&str>,
) -> Done {
    let mid = mid_of(event, Some(&said.mid), "echo");
    if person.message(tx, &mid)?.is_some() {
        return Ok(());
    }
    match ours(tx, person, metadata)? {
        Some((message, part)) => arrived(tx, &message, part, &mid),
        None => outside(tx, person, event, said, mid),
    }
}

/// The message of ours that this metadata names a part of, if it truly went to this person.
fn ours(tx: &Tx<'_>, person: &Person, metadata: Option<&str>) -> Done<Option<(Message, Part)>> {
    let Some(part) = metadata.and_then(Part::read) else {
        return Ok(None);
    };
    let same = |facts: &MessengerFacts| facts.page == person.page && facts.psid == person.psid;
    Ok(tx
        .message(part.message)?
        .filter(|message| message.messenger.as_ref().is_some_and(same))
        .map(|message| (message, part)))
}

/// The echo proves that the part was sent, whether or not the answer to our call ever came. The last
/// one ends the job, or tells that what failed arrived after all; one before lets the next part go.
fn arrived(tx: &mut Tx<'_>, message: &Message, part: Part, mid: &str) -> Done {
    let facts = message.messenger.clone().unwrap_or_default();
    if facts.mids.len() != part.no {
        return Ok(());
    }
    let job = match facts.job {
        Some(id) => tx.get(&JOBS, &id)?,
        None => None,
    };
    match job {
        Some(job) if part.is_last() => ended(tx, job, facts.mids, mid),
        Some(job) => {
            parts::sent(tx, part, mid)?;
            wake(tx, &job)
        }
        None => {
            parts::sent(tx, part, mid)?;
            let failed = message.delivery.state == DeliveryState::Failed;
            match failed && part.is_last() {
                true => report(tx, message, DeliveryState::Sent),
                false => Ok(()),
            }
        }
    }
}

fn ended(tx: &mut Tx<'_>, job: Job, mut ids: Vec<String>, mid: &str) -> Done {
    ids.push(mid.to_owned());
    let detail = String::new();
    tx.record(Event::DeliveryTried {
        conversation: job.conversation,
        message: job.message,
        job: job.id,
        outcome: Outcome::Sent { detail, ids },
    })?;
    Ok(())
}

/// It waited for this very echo; one that is held, or on its way, is left alone.
fn wake(tx: &mut Tx<'_>, job: &Job) -> Done {
    let waits = job.held.is_none() && (job.next_at > tx.now() || job.ambiguous > 0);
    match waits {
        true => delivery::release(tx, job.id),
        false => Ok(()),
    }
}

fn report(tx: &mut Tx<'_>, message: &Message, state: DeliveryState) -> Done {
    tx.record(Event::DeliveryReported {
        conversation: message.conversation,
        message: message.id,
        recipient: None,
        state,
        detail: String::new(),
    })?;
    Ok(())
}

fn outside(tx: &mut Tx<'_>, person: &Person, event: &Happening, said: &Said, mid: String) -> Done {
    let conversation = match person.newest(tx)? {
        Some(newest) => newest,
        None => person.open(tx, None)?,
    };
    let mut message = line::next(tx, &conversation)?;
    message.at = believable(event.timestamp, tx.now());
    message.direction = Direction::Out;
    message.author = Author {
        kind: AuthorKind::Agent,
        name: "Facebook".into(),
        ..Author::default()
    };
    let watermarks = conversation.messenger.unwrap_or_default();
    message.delivery.state = match message.at {
        at if at <= watermarks.read_until => DeliveryState::Seen,
        at if at <= watermarks.delivered_until => DeliveryState::Delivered,
        _ => DeliveryState::Sent,
    };
    let facts = MessengerFacts {
        mid: Some(mid),
        kind: "echo".into(),
        outside: true,
        ..MessengerFacts::default()
    };
    dress(
        tx,
        &mut message,
        person,
        event,
        facts,
        &words(said),
        attachments(&said.files),
    )?;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: false,
        unread: false,
    })?;
    Ok(())
}

/// Everything sent up to the watermark (and what is named besides) got this far.
pub fn reported(
    tx: &mut Tx<'_>,
    person: &Person,
    watermark: Millis,
    mids: &[String],
    state: DeliveryState,
) -> Done {
    let Some(conversation) = person.newest(tx)? else {
        return Ok(());
    };
    let id = conversation.id;
    // A watermark out of the future would mark all that is still to come.
    let watermark = watermark.min(tx.now() + AHEAD);
    remember(tx, conversation, watermark, state)?;
    let mut reached: Vec<Message> = tx.thread_back(id, u32::MAX, REACH)?;
    reached.retain(|m| {
        m.at <= watermark
            && m.messenger
                .as_ref()
                .is_some_and(|facts| facts.mid.is_some())
    });
    for mid in mids {
        match person.message(tx, mid)? {
            Some(message) => reached.push(message),
            // Its echo finds the watermark.
            None if watermark > 0 => {}
            None => delivered_early(tx, person, mid)?,
        }
    }
    reached.sort_by_key(|message| message.id);
    reached.dedup_by_key(|message| message.id);
    for message in reached
        .iter()
        .filter(|m| m.direction == Direction::Out && whole(m) && m.delivery.state < state)
    {
        report(tx, message, state)?;
    }
    Ok(())
}

/// Echoes may come after the watermark that says they were read.
fn remember(
    tx: &mut Tx<'_>,
    mut conversation: Conversation,
    watermark: Millis,
    state: DeliveryState,
) -> Done {
    let Some(person) = &mut conversation.messenger else {
        return Ok(());
    };
    let known = match state {
        DeliveryState::Seen => &mut person.read_until,
        _ => &mut person.delivered_until,
    };
    if watermark > *known {
        *known = watermark;
        tx.record(Event::ConversationChanged(Box::new(conversation)))?;
    }
    Ok(())
}

fn delivered_early(tx: &mut Tx<'_>, person: &Person, mid: &str) -> Done {
    let note = MidNote {
        delivered: true,
        ..MidNote::default()
    };
    note_down(tx, person, mid, note)
}

/// Not while a part of it still has to go.
fn whole(message: &Message) -> bool {
    message.delivery.state >= DeliveryState::Sent
}
