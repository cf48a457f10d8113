//! What our automations sent lately, so that `rules::loops` can tell when they fall silent.

use super::{House, mail, recipients};
use crate::inbox::Done;
use crate::rules::contacts::same;
use crate::rules::loops::{LOOKED_BACK, Sent};
use casella_index::Rows;
use casella_index::model::*;

/// Conversations of one contact looked at: the newest; more in a day is nobody's doing.
const MOST_CONVERSATIONS: usize = 20;
/// Messages of each looked at.
const MOST_MESSAGES: usize = 200;

/// The mails our automations wrote in the last day, into this conversation or to its person's address.
///
/// # Errors
/// The store's.
pub(super) fn sent(
    rows: &impl Rows,
    house: &House,
    conversation: &Conversation,
    now: Millis,
) -> Done<Vec<Sent>> {
    let found = recipients::suggested(rows, house, conversation)?;
    let address = found.to.first().map(|to| to.address.as_str());
    let mut places = match conversation.contact {
        Some(contact) => rows.conversations_of(contact)?,
        None => Vec::new(),
    };
    places.retain(|id| *id != conversation.id);
    let newest = places.into_iter().rev().take(MOST_CONVERSATIONS);
    let mut sent = Vec::new();
    for id in newest.chain([conversation.id]) {
        let here = id == conversation.id;
        for message in rows.thread_back(id, u32::MAX, MOST_MESSAGES)? {
            let recent = now.saturating_sub(message.at) < LOOKED_BACK;
            if recent && is_automatic(&message) && (here || went_to(&message, address)) {
                sent.push(Sent {
                    at: message.at,
                    same_conversation: here,
                    // Each carries its own lines of the chat.
                    same_text: false,
                });
            }
        }
    }
    Ok(sent)
}

fn is_automatic(message: &Message) -> bool {
    let key = message.event.as_ref().map(|event| event.key.as_str());
    message.direction == Direction::Out && key == Some(mail::Record::Unseen.key())
}

fn went_to(message: &Message, address: Option<&str>) -> bool {
    let copies = &message.delivery.recipients;
    address.is_some_and(|address| copies.iter().any(|copy| same(&copy.address, address)))
}
