//! A note: for agents only, never sent anywhere.

use super::line::{self, Texts, snippet};
use super::{Done, Refused};
use casella_index::model::{Attachment, Author, ConversationId, Direction, Message, MessageId};
use casella_index::{Event, Tx};

/// Adds a note by whoever writes. It lifts the conversation, and neither reopens it nor makes it unread.
pub fn note(
    tx: &mut Tx<'_>,
    id: ConversationId,
    text: &str,
    attachments: Vec<Attachment>,
) -> Done<MessageId> {
    let author = line::author_of(tx)?;
    note_by(tx, id, author, text, attachments)
}

/// The same in somebody else's name: the words above a mail they forwarded.
pub fn note_by(
    tx: &mut Tx<'_>,
    id: ConversationId,
    author: Author,
    text: &str,
    attachments: Vec<Attachment>,
) -> Done<MessageId> {
    if text.trim().is_empty() && attachments.is_empty() {
        return Err(Refused::invalid("text", "a note needs some words"));
    }
    let conversation = line::conversation(tx, id)?;
    let message = Message {
        direction: Direction::Note,
        author,
        body: Texts::plain(text).keep(tx)?,
        snippet: snippet(text),
        attachments,
        ..line::next(tx, &conversation)?
    };
    let id = message.id;
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: false,
        unread: false,
    })?;
    Ok(id)
}
