//! An agent is done with a conversation.

use super::{Done, line};
use casella_index::model::{ConversationId, Status};
use casella_index::{Actor, Event, Tx};

/// Completes it; no change if it is. Every agent then finds it under Complete, with the tick.
pub fn complete(tx: &mut Tx<'_>, id: ConversationId) -> Done {
    let conversation = line::conversation(tx, id)?;
    if conversation.status == Status::Open {
        let by = match *tx.actor() {
            Actor::Agent(agent) => Some(agent),
            _ => None,
        };
        tx.record(Event::ConversationCompleted {
            conversation: conversation.id,
            by,
        })?;
    }
    Ok(())
}
