//! One webhook, one write: every event of it into the thread it belongs to.
//!
//! A person's messages go to their open conversation; after Complete the next opens a new one. No
//! contact is made. Doing it twice changes nothing: a `mid` is kept once.

mod echo;
mod line;

use super::parse::{Happening, What};
use crate::inbox::{Done, line as lines};
use casella_index::model::*;
use casella_index::segment::{Packed, hash16};
use casella_index::tables::{MESSENGER_THREADS, MIDS};
use casella_index::{Event, Rows, Tx};
use data_encoding::HEXLOWER;

/// Events kept raw in one body at most name it once.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Oldest first.
    pub events: Vec<Happening>,
    /// The whole body, packed, kept where an event could not be read.
    pub raw: Packed,
    /// The body was no JSON we could read.
    pub unreadable: bool,
}

impl Webhook {
    /// Reads a signed body; whatever it is, it can be kept.
    pub fn read(body: &[u8]) -> Webhook {
        let read = super::parse::read(body);
        let unreadable = read.is_err();
        let mut events = read.unwrap_or_default();
        events.sort_by_key(|event| event.timestamp);
        Webhook {
            events,
            raw: Packed::new(body),
            unreadable,
        }
    }
}

/// Records all of it. `pages` are those we speak for; events of others are kept raw only.
pub fn take(tx: &mut Tx<'_>, webhook: &Webhook, pages: &[String]) -> Done {
    let foreign = webhook
        .events
        .iter()
        .any(|event| !pages.contains(&event.page));
    let odd = webhook
        .events
        .iter()
        .any(|event| matches!(event.what, What::Unknown(_)));
    let raw = if foreign || odd || webhook.unreadable {
        Some(keep_raw(tx, webhook, foreign)?)
    } else {
        None
    };
    for event in webhook
        .events
        .iter()
        .filter(|event| pages.contains(&event.page))
    {
        one(tx, event, raw)?;
    }
    Ok(())
}

/// Keeps a body nobody could read in full, and tells the admins where it is.
fn keep_raw(tx: &mut Tx<'_>, webhook: &Webhook, foreign: bool) -> Done<BlobId> {
    let blob = tx.keep(&webhook.raw)?;
    let what = if foreign {
        "messenger_foreign_page"
    } else {
        "messenger_unreadable"
    };
    crate::inbox::audit(tx, "messenger", what, &format!("blob {blob}"), "")?;
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
    match &event.what {
        What::Message(said) => line::said(tx, &person, event, said),
        What::Unsupported { mid } => line::unsupported(tx, &person, event, mid, raw),
        What::Unknown(_) => {
            let mid = format!("unknown:{}", synthetic(event));
            line::unsupported(tx, &person, event, &mid, raw)
        }
        What::Postback {
            mid,
            title,
            payload,
        } => {
            let mid = mid
                .clone()
                .unwrap_or_else(|| format!("postback:{}", synthetic(event)));
            line::postback(tx, &person, event, &mid, title, payload)
        }
        What::Echo { said, metadata, .. } => {
            echo::take(tx, &person, event, said, metadata.as_deref())
        }
        What::Edited { mid, text, count } => line::edited(tx, &person, mid, text, *count),
        What::Unsent { mid } => line::unsent(tx, &person, mid),
        What::Reacted { mid, emoji } => line::reacted(tx, &person, mid, emoji.as_deref()),
        What::Delivered { watermark, mids } => {
            echo::reported(tx, &person, *watermark, mids, DeliveryState::Delivered)
        }
        What::Read { watermark } => {
            echo::reported(tx, &person, *watermark, &[], DeliveryState::Seen)
        }
        What::Ownership { kind, .. } => ownership(tx, &person, kind),
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

    /// The message of that mid.
    fn message(&self, tx: &Tx<'_>, mid: &str) -> Done<Option<Message>> {
        match tx.get(&MIDS, &format!("{}/{mid}", self.page))? {
            Some(id) => Ok(tx.message(id)?),
            None => Ok(None),
        }
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
                name: known.name,
                picture: known.picture,
                ..MessengerPerson::default()
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

/// Stands in for a mid Meta did not give: the same event again is the same line.
fn synthetic(event: &Happening) -> String {
    let told = format!("{:?}/{}/{:?}", event.psid, event.timestamp, event.what);
    HEXLOWER.encode(&hash16(told.as_bytes()))
}

fn ownership(tx: &mut Tx<'_>, person: &Person, kind: &str) -> Done {
    let Some(mut conversation) = person.newest(tx)? else {
        return Ok(());
    };
    let elsewhere = match kind {
        "take_thread_control" => true,
        "pass_thread_control" => false,
        _ => return Ok(()),
    };
    let id = conversation.id;
    if let Some(known) = &mut conversation.messenger
        && known.owned_elsewhere != elsewhere
    {
        known.owned_elsewhere = elsewhere;
        tx.record(Event::ConversationChanged(Box::new(conversation)))?;
        let key = if elsewhere {
            "messenger_taken"
        } else {
            "messenger_passed"
        };
        lines::tell(tx, id, key, &[])?;
    }
    Ok(())
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
