//! What was not sent, or perhaps not, goes once more, because an agent says so.

use super::{House, job, reachable};
use crate::inbox::{Done, Refused, line};
use casella_index::model::*;
use casella_index::{Event, Tx};

/// Queues a failed Messenger answer anew; the parts that are known to have arrived are not sent again.
///
/// # Errors
/// `Conflict` where it did not fail, or Messenger does not lead to the person any more.
pub fn send_again(tx: &mut Tx<'_>, house: &House, id: MessageId) -> Done {
    let message = line::message(tx, id)?;
    let by_messenger = message.channels.contains(&Channel::Messenger);
    if message.delivery.state != DeliveryState::Failed || !by_messenger {
        return Err(Refused::conflict(
            "not_failed",
            "only a Messenger answer that was not sent can be sent again",
            "look at the message: it may have arrived meanwhile",
        ));
    }
    let conversation = line::conversation(tx, message.conversation)?;
    let facts = reachable::facts(tx, house, &conversation, false, tx.now())?;
    reachable::demand(&facts, Channel::Messenger)?;
    let recipient = message.messenger.clone().unwrap_or_default().psid;
    let job = job(tx, &message, Channel::Messenger, recipient, 0)?;
    tx.record(Event::DeliveryQueued {
        conversation: message.conversation,
        message: id,
        jobs: vec![job],
    })?;
    Ok(())
}
