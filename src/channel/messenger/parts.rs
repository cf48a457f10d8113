//! An answer in parts: Meta takes text and files one by one, and each comes back as an echo of its own.
//!
//! A part is sent only once those before it are known to be, so the mids kept with the message tell
//! which part is next, however its last try ended.

use casella_index::model::*;
use casella_index::{Event, Rows, StoreError, Tx};

/// What our metadata begins with.
const MARK: &str = "casella:";

/// One part of a message of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub message: MessageId,
    /// Counts from 0.
    pub no: usize,
    /// How many parts the message has.
    pub of: usize,
}

impl Part {
    /// What goes with the part and returns in its echo.
    pub fn metadata(self) -> String {
        format!("{MARK}{}:{}/{}", self.message, self.no, self.of)
    }

    /// The part that this metadata names; none if it is not ours.
    pub fn read(metadata: &str) -> Option<Part> {
        let (message, place) = metadata.strip_prefix(MARK)?.split_once(':')?;
        let (no, of) = place.split_once('/')?;
        Some(Part {
            message: message.parse().ok()?,
            no: no.parse().ok()?,
            of: of.parse().ok()?,
        })
    }

    /// With it, the whole message is sent.
    pub fn is_last(self) -> bool {
        self.no + 1 == self.of
    }
}

/// Keeps that a part is sent. Its echo and the answer to its call both say so; the first counts.
///
/// # Errors
/// The store's.
pub fn sent(tx: &mut Tx<'_>, part: Part, mid: &str) -> Result<(), StoreError> {
    let Some(mut message) = tx.message(part.message)? else {
        return Ok(());
    };
    if let Some(facts) = &mut message.messenger
        && facts.mids.len() == part.no
    {
        facts.mids.push(mid.to_owned());
        facts.mid = facts.mids.first().cloned();
        tx.record(Event::MessageChanged(Box::new(message)))?;
    }
    Ok(())
}
