//! Opened is read, for all agents.

use super::{Done, line};
use casella_index::model::ConversationId;
use casella_index::{Event, Tx};

/// Marks it read or unread; no change if it is.
pub fn read(tx: &mut Tx<'_>, id: ConversationId, read: bool) -> Done {
    let conversation = line::conversation(tx, id)?;
    if conversation.read != read {
        let conversation = conversation.id;
        tx.record(if read {
            Event::ConversationRead { conversation }
        } else {
            Event::ConversationUnread { conversation }
        })?;
    }
    Ok(())
}
