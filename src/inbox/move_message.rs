//! A message that landed in the wrong thread: moved to another, or into one of its own.

use super::{Done, Refused, complete, line};
use casella_index::model::*;
use casella_index::{Event, Rows, Tx};

/// The word that says an agent put it there.
pub(super) const MOVED: &str = "moved";

/// Moves a message to another conversation. Both threads tell of it, and it can be moved back: the
/// sequence given is the one to [`undo`](super::undo). A thread left empty is complete.
pub fn move_message(tx: &mut Tx<'_>, id: MessageId, to: ConversationId) -> Done<u64> {
    let message = movable(tx, id)?;
    let target = line::conversation(tx, to)?;
    if target.id == message.conversation {
        return Err(Refused::conflict(
            "there_already",
            "the message is there already",
            "name another conversation",
        ));
    }
    if target.messenger.is_some() {
        return Err(Refused::invalid(
            "to",
            "a Messenger thread takes no other messages",
        ));
    }
    let seq = carry(tx, &message, &target, MOVED)?;
    tell_both(tx, &message, target.id, seq)?;
    if line::conversation(tx, message.conversation)?
        .newest
        .is_none()
    {
        complete(tx, message.conversation)?;
    }
    Ok(seq)
}

/// Splits a message off into a conversation of its own, with its author as contact.
pub fn split(tx: &mut Tx<'_>, id: MessageId) -> Done<ConversationId> {
    let message = movable(tx, id)?;
    let from = line::conversation(tx, message.conversation)?;
    if from.messages_count <= 1 {
        return Err(Refused::conflict(
            "only_message",
            "it is the only message of its conversation",
            "leave it there",
        ));
    }
    let fresh = Conversation {
        id: tx.new_conversation()?,
        channel: Channel::Email,
        subject: message.subject.clone(),
        read: true,
        contact: author(tx, &message)?.or(from.contact),
        verified: true,
        next_seq: 1,
        created_at: message.at,
        updated_at: message.at,
        ..Conversation::default()
    };
    tx.record(Event::ConversationOpened(fresh.clone()))?;
    let seq = carry(tx, &message, &fresh, MOVED)?;
    tell_both(tx, &message, fresh.id, seq)?;
    Ok(fresh.id)
}

/// Only mail moves: chat and Messenger lines belong to the browser or person they were said to.
pub(super) fn movable(rows: &impl Rows, id: MessageId) -> Done<Message> {
    let message = line::message(rows, id)?;
    if message.email.is_none() || !matches!(message.direction, Direction::In | Direction::Out) {
        return Err(Refused::conflict(
            "not_movable",
            "only a mail can be moved",
            "leave it there",
        ));
    }
    Ok(message)
}

/// Moves it to the end of a thread, without a word about it.
pub(super) fn carry(
    tx: &mut Tx<'_>,
    message: &Message,
    target: &Conversation,
    matched_by: &str,
) -> Done<u64> {
    Ok(tx.record(Event::MessageMoved {
        message: message.id,
        from: message.conversation,
        to: target.id,
        seq: target.next_seq.max(1),
        matched_by: matched_by.to_owned(),
    })?)
}

fn tell_both(tx: &mut Tx<'_>, message: &Message, to: ConversationId, seq: u64) -> Done {
    let words = |other: ConversationId| {
        [
            ("message", message.id.to_string()),
            ("conversation", other.to_string()),
            (line::UNDO, seq.to_string()),
        ]
    };
    line::tell(tx, message.conversation, "moved_away", &words(to))?;
    line::tell(tx, to, "moved_here", &words(message.conversation))?;
    Ok(())
}

fn author(rows: &impl Rows, message: &Message) -> Done<Option<ContactId>> {
    let address = message
        .author
        .address
        .as_deref()
        .filter(|_| message.author.kind == AuthorKind::Contact);
    match address.and_then(crate::rules::contacts::key) {
        Some(key) => Ok(rows.contact_of(&key)?.map(|contact| contact.id)),
        None => Ok(None),
    }
}
