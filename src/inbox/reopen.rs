//! An agent takes a conversation up again.

use super::{Done, line};
use casella_index::model::{ConversationId, Status};
use casella_index::{Event, Tx};

/// Reopens it; no change if it is open.
pub fn reopen(tx: &mut Tx<'_>, id: ConversationId) -> Done {
    let conversation = line::conversation(tx, id)?;
    if conversation.status == Status::Complete {
        tx.record(Event::ConversationReopened {
            conversation: conversation.id,
        })?;
    }
    Ok(())
}
