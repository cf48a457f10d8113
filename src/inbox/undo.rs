//! Taking back what an agent did, by its place in the journal. Nothing is erased: the undoing is an
//! event of its own.

use super::move_message::{MOVED, carry};
use super::{Done, Refused, assign, change_author, complete, line, merge_contacts, reopen, tag};
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
        Event::MessageChanged(message) => change_author::swap_back(tx, message.id),
        Event::ContactsMerged { from, into } => unmerge(tx, &from, &into),
        _ => Err(Refused::conflict(
            "not_undoable",
            "this cannot be undone",
            "do the contrary by hand",
        )),
    }
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
    carry(tx, &message, &target, MOVED)?;
    line::tell(
        tx,
        target.id,
        "moved_back",
        &[
            ("message", id.to_string()),
            ("conversation", to.to_string()),
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

fn unmerge(tx: &mut Tx<'_>, from: &Contact, into: &Contact) -> Done {
    let addresses: Vec<String> = from
        .addresses
        .iter()
        .map(|address| address.address.clone())
        .collect();
    merge_contacts::split_contact(tx, into.id, &addresses)?;
    Ok(())
}
