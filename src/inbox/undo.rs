//! Taking back what an agent did, by its place in the journal. Nothing is erased: the undoing is an
//! event of its own.

use super::move_message::{MOVED, carry};
use super::{Done, Refused, assign, change_author, complete, line, reopen, tag, unmerge};
use casella_index::model::*;
use casella_index::tables::JOURNAL;
use casella_index::{Event, Rows, Tx};

/// Undoes the act of that journal sequence: a move or split, a completion or reopening, an assignment,
/// a spam mark, a change of author, a merge of contacts.
pub fn undo(tx: &mut Tx<'_>, seq: u64) -> Done {
    let entry = tx
        .get(&JOURNAL, &seq)?
        .ok_or_else(|| Refused::unknown("event", seq))?;
    match entry.event {
        Event::MessageMoved {
            message, from, to, ..
        } => move_back(tx, message, from, to),
        Event::ConversationCompleted { conversation, .. } => reopen(tx, conversation),
        Event::ConversationReopened { conversation } => complete(tx, conversation),
        Event::ConversationAssigned { conversation, to } => unassign(tx, conversation, to),
        Event::ConversationChanged(row) => tag::spam(tx, row.id, !row.spam),
        Event::MessageChanged(message) => give_back(tx, &message),
        Event::ContactsMerged { from, .. } => unmerge(tx, from.id).map(drop),
        _ => Err(Refused::conflict(
            "not_undoable",
            "this cannot be undone",
            "do the contrary by hand",
        )),
    }
}

/// Whether that act stands as it was done, so that undoing it makes sense.
pub fn still_undoes(rows: &impl Rows, seq: u64) -> Done<bool> {
    let Some(entry) = rows.get(&JOURNAL, &seq)? else {
        return Ok(false);
    };
    Ok(match entry.event {
        Event::MessageMoved { message, to, .. } => rows
            .message(message)?
            .is_some_and(|now| now.conversation == to),
        Event::MessageChanged(then) => rows
            .message(then.id)?
            .is_some_and(|now| now.author == then.author && former(&then).is_some()),
        Event::ContactsMerged { from, into } => rows
            .contact(from.id)?
            .is_some_and(|now| now.merged_into == Some(into.id)),
        Event::ConversationCompleted { .. }
        | Event::ConversationReopened { .. }
        | Event::ConversationAssigned { .. }
        | Event::ConversationChanged(_) => true,
        _ => false,
    })
}

fn former(message: &Message) -> Option<&MailAddress> {
    message.email.as_ref()?.swapped_from.as_ref()
}

/// To whom it belonged before that change, whatever was changed since.
fn give_back(tx: &mut Tx<'_>, then: &Message) -> Done {
    let former = former(then).cloned().unwrap_or_default();
    change_author(tx, then.id, &former.address, &former.name)
}

fn move_back(tx: &mut Tx<'_>, id: MessageId, from: ConversationId, to: ConversationId) -> Done {
    let message = line::message(tx, id)?;
    if message.conversation != to {
        return Err(Refused::conflict(
            "moved_since",
            "the message was moved again since",
            "move it from where it is now",
        ));
    }
    let target = line::conversation(tx, from)?;
    let act = carry(tx, &message, &target, MOVED)?;
    if target.newest.is_none() {
        reopen(tx, target.id)?;
    }
    line::tell(
        tx,
        target.id,
        "moved_back",
        &[
            ("message", id.to_string()),
            ("conversation", to.to_string()),
            (line::UNDO, act.to_string()),
        ],
    )?;
    if line::conversation(tx, to)?.newest.is_none() {
        complete(tx, to)?;
    }
    Ok(())
}

fn unassign(tx: &mut Tx<'_>, id: ConversationId, to: Option<AgentId>) -> Done {
    let now = line::conversation(tx, id)?.assignee;
    if now != to || to.is_none() {
        return Err(Refused::conflict(
            "assigned_since",
            "it was assigned anew since",
            "assign it by hand",
        ));
    }
    assign(tx, id, None)
}
