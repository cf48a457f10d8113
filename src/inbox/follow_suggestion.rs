//! "May belong to number 7": an agent agrees with one click, or says that it stays where it is.

use super::move_message::{movable, move_message};
use super::{Done, Refused, line, tag};
use casella_index::model::{ConversationId, MessageId};
use casella_index::{Rows, Tx};

/// Mails moved at most: a suggestion is made when a conversation begins.
const MOST: usize = 200;

/// Moves the mails of a conversation to the one it may belong to. Gives where they are now, the first
/// of them, and the sequence to [`undo`](super::undo) where it was but one.
pub fn follow_suggestion(
    tx: &mut Tx<'_>,
    id: ConversationId,
) -> Done<(ConversationId, MessageId, Option<u64>)> {
    let conversation = line::conversation(tx, id)?;
    let missing = || Refused::unknown("suggestion for conversation", id);
    let to = line::conversation(tx, conversation.suggestion.ok_or_else(missing)?)?;
    let thread = tx.thread(conversation.id, 0, MOST)?;
    let mails: Vec<MessageId> = thread
        .iter()
        .filter(|message| movable(tx, message.id).is_ok())
        .map(|message| message.id)
        .collect();
    let mut moved = Vec::new();
    for mail in &mails {
        moved.push(move_message(tx, *mail, to.id)?);
    }
    leave_here(tx, id)?;
    let first = mails.first().copied().ok_or_else(missing)?;
    Ok((to.id, first, moved.pop().filter(|_| moved.is_empty())))
}

/// It belongs where it is: the suggestion is not made again.
pub fn leave_here(tx: &mut Tx<'_>, id: ConversationId) -> Done {
    tag::change(tx, id, |conversation| conversation.suggestion = None)
}
