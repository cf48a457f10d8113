//! One webhook, one write: every event of it into the thread it belongs to.
//!
//! A person's messages go to their open conversation; after Complete the next opens a new one. No
//! contact is made. Doing it twice changes nothing: a `mid` is kept once.

mod echo;
mod line;
#[cfg(test)]
mod tests;

use super::parse::{Happening, Reading, What};
use crate::inbox::{Done, line as lines};
use casella_index::model::*;
use casella_index::segment::{Packed, hash16};
use casella_index::tables::{AUDITS, MESSENGER_THREADS, MID_NOTES, MIDS};
use casella_index::{Event, Rows, Tx};
use data_encoding::HEXLOWER;
use std::panic::catch_unwind;

/// Admins hear of bodies nobody could read once in this time.
const TOLD_AGAIN: Millis = 3_600_000;
/// Audit rows looked back at for that.
const LOOKED_BACK: usize = 50;

/// A signed body, read.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Oldest first.
    pub events: Vec<Happening>,
    /// The whole body, packed, kept where something in it could not be read.
    pub raw: Packed,
    /// Something in it was not understood.
    pub odd: bool,
}

impl Webhook {
    /// Reads a signed body; whatever it is, it can be kept.
    pub fn read(body: &[u8]) -> Webhook {
        let read = catch_unwind(|| super::parse::read(body));
        let Reading { mut events, odd } = read.unwrap_or_else(|_| Reading {
            odd: true,
            ..Reading::default()
        });
        events.sort_by_key(|event| event.timestamp);
        Webhook {
            events,
            raw: Packed::new(body),
            odd,
        }
    }
}

/// Records all of it. `pages` are those we speak for; events of others are kept raw only.
pub fn take(tx: &mut Tx<'_>, webhook: &Webhook, pages: &[String]) -> Done {
    let ours = |event: &&Happening| pages.contains(&event.page);
    let foreign = !webhook.events.iter().all(|event| ours(&event));
    let raw = match foreign || webhook.odd {
        true => Some(keep_raw(tx, webhook, foreign)?),
        false => None,
    };
    for event in webhook.events.iter().filter(ours) {
        one(tx, event, raw)?;
    }
    Ok(())
}

/// Keeps a body whose events met a fault of ours.
///
/// # Errors
/// The store's.
pub fn keep_unread(tx: &mut Tx<'_>, webhook: &Webhook) -> Done {
    keep_raw(tx, webhook, false).map(drop)
}

/// Keeps a body nobody could read in full, and tells the admins where it is.
fn keep_raw(tx: &mut Tx<'_>, webhook: &Webhook, foreign: bool) -> Done<BlobId> {
    let blob = tx.keep(&webhook.raw)?;
    let what = match foreign {
        true => "messenger_foreign_page",
        false => "messenger_unreadable",
    };
    let recent = tx.range_back(&AUDITS, .., LOOKED_BACK)?;
    let since = tx.now() - TOLD_AGAIN;
    if !recent
        .iter()
        .any(|(_, audit)| audit.what == what && audit.at > since)
    {
        crate::inbox::audit(tx, "messenger", what, &format!("blob {blob}"), "")?;
    }
    Ok(blob)
}

fn one(tx: &mut Tx<'_>, event: &Happening, raw: Option<BlobId>) -> Done {
    let Some(psid) = event.psid.clone() else {
        return administrative(tx, event);
    };
    let person = Person {
        page: event.page.clone(),
        psid,
    };
    standing(tx, &person, event)?;
    match &event.what {
        What::Message(said) => line::said(tx, &person, event, said),
        What::Unsupported { mid } => line::unsupported(tx, &person, event, mid, raw),
        What::Unknown(_) => line::unknown(tx, &person, event, raw),
        What::Postback {
            mid,
            title,
            payload,
        } => line::postback(tx, &person, event, mid.as_deref(), title, payload),
        What::Echo { said, metadata, .. } => {
            echo::take(tx, &person, event, said, metadata.as_deref())
        }
        What::Edited { mid, text, count } => line::edited(tx, &person, event, mid, text, *count),
        What::Unsent { mid } => line::unsent(tx, &person, mid),
        What::Reacted { mid, emoji } => line::reacted(tx, &person, event, mid, emoji.as_deref()),
        What::Delivered { watermark, mids } => {
            echo::reported(tx, &person, *watermark, mids, DeliveryState::Delivered)
        }
        What::Read { watermark } => {
            echo::reported(tx, &person, *watermark, &[], DeliveryState::Seen)
        }
        What::Ownership { kind, .. } => ownership(tx, &person, event, kind),
        What::Policy { .. } => administrative(tx, event),
        What::Referral { .. } | What::OptIn | What::Ignored => Ok(()),
    }
}

/// One person, as one page sees them.
#[derive(Debug, Clone)]
struct Person {
    page: String,
    psid: String,
}

impl Person {
    /// Their newest conversation.
    fn newest(&self, tx: &Tx<'_>) -> Done<Option<Conversation>> {
        let key = format!("{}/{}", self.page, self.psid);
        match tx.get(&MESSENGER_THREADS, &key)? {
            Some(id) => Ok(tx.living(id)?),
            None => Ok(None),
        }
    }

    /// What rows about a mid are found by.
    fn key(&self, mid: &str) -> String {
        format!("{}/{mid}", self.page)
    }

    /// The message of that mid.
    fn message(&self, tx: &Tx<'_>, mid: &str) -> Done<Option<Message>> {
        match tx.get(&MIDS, &self.key(mid))? {
            Some(id) => Ok(tx.message(id)?),
            None => Ok(None),
        }
    }

    /// What Meta told of a message that has not come yet.
    fn foretold(&self, tx: &Tx<'_>, mid: &str) -> Done<MidNote> {
        Ok(tx.get(&MID_NOTES, &self.key(mid))?.unwrap_or_default())
    }

    /// A conversation for a new approach; name and picture go along.
    fn open(&self, tx: &mut Tx<'_>, before: Option<&Conversation>) -> Done<Conversation> {
        let known = before.and_then(|c| c.messenger.clone()).unwrap_or_default();
        let conversation = Conversation {
            id: tx.new_conversation()?,
            channel: Channel::Messenger,
            read: true,
            messenger: Some(MessengerPerson {
                page: self.page.clone(),
                psid: self.psid.clone(),
                last_inbound: 0,
                locked: None,
                ..known
            }),
            next_seq: 1,
            created_at: tx.now(),
            updated_at: 0,
            ..Conversation::default()
        };
        tx.record(Event::ConversationOpened(conversation.clone()))?;
        Ok(conversation)
    }
}

/// The mid Meta gave, or one that stands in for it: the same event again is the same line.
fn mid_of(event: &Happening, mid: Option<&str>, kind: &str) -> String {
    match mid.filter(|mid| !mid.is_empty()) {
        Some(mid) => mid.to_owned(),
        None => format!("{kind}:{}", synthetic(event)),
    }
}

fn synthetic(event: &Happening) -> String {
    let told = format!("{:?}/{}/{:?}", event.psid, event.timestamp, event.what);
    HEXLOWER.encode(&hash16(told.as_bytes()))
}

/// Who holds the thread, by the way an event came: an app that only listens gets it in `standby`.
fn standing(tx: &mut Tx<'_>, person: &Person, event: &Happening) -> Done {
    let said = matches!(event.what, What::Message(_) | What::Postback { .. });
    match event.standby || said {
        true => hold(tx, person, event, event.standby).map(drop),
        false => Ok(()),
    }
}

fn ownership(tx: &mut Tx<'_>, person: &Person, event: &Happening, kind: &str) -> Done {
    let (elsewhere, key) = match kind {
        "take_thread_control" => (true, "messenger_taken"),
        "pass_thread_control" => (false, "messenger_passed"),
        _ => return Ok(()),
    };
    match hold(tx, person, event, elsewhere)? {
        Some(id) => lines::tell(tx, id, key, &[]).map(drop),
        None => Ok(()),
    }
}

/// Keeps who holds the thread; the newest word counts, in whatever order they come, and a message that
/// came straight to us is such a word. Gives the conversation where that changed.
fn hold(
    tx: &mut Tx<'_>,
    person: &Person,
    event: &Happening,
    elsewhere: bool,
) -> Done<Option<ConversationId>> {
    let Some(mut conversation) = person.newest(tx)? else {
        return Ok(None);
    };
    let id = conversation.id;
    let at = line::believable(event.timestamp, tx.now());
    let Some(known) = &mut conversation.messenger else {
        return Ok(None);
    };
    let changes = known.owned_elsewhere != elsewhere;
    // The usual case costs no row: the message itself keeps its time.
    let usual = !changes && matches!(event.what, What::Message(_)) && !event.standby;
    if at < known.owned_at.max(known.last_inbound) || usual {
        return Ok(None);
    }
    (known.owned_elsewhere, known.owned_at) = (elsewhere, at);
    tx.record(Event::ConversationChanged(Box::new(conversation)))?;
    Ok(changes.then_some(id))
}

/// What concerns the page and no person: for the admins.
fn administrative(tx: &mut Tx<'_>, event: &Happening) -> Done {
    if let What::Policy { action, reason } = &event.what {
        let target = format!(
            "{} {action}: {}",
            event.page,
            reason.chars().take(200).collect::<String>()
        );
        crate::inbox::audit(tx, "messenger", "messenger_policy", &target, "")?;
    }
    Ok(())
}
