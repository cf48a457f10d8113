//! Files of a message that could not be fetched are to be tried once more: from now on they are being
//! fetched again.

use super::{Done, Refused, line};
use casella_index::model::{AttachmentSource, MessageId};
use casella_index::{Event, Tx};

/// Forgets why they failed.
///
/// # Errors
/// `Invalid` where nothing failed.
pub fn fetch_again(tx: &mut Tx<'_>, id: MessageId) -> Done {
    let mut message = line::message(tx, id)?;
    let mut failed = false;
    for file in &mut message.attachments {
        if let AttachmentSource::Remote { error, .. } = &mut file.source {
            failed |= error.take().is_some();
        }
    }
    if !failed {
        return Err(Refused::invalid("message", "none of its files failed"));
    }
    tx.record(Event::MessageChanged(Box::new(message)))?;
    Ok(())
}
