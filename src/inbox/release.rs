//! A waiting delivery is tried now.

use super::{Done, Refused};
use casella_index::model::JobId;
use casella_index::tables::JOBS;
use casella_index::{Event, Rows, Tx};

/// Lets a held or late delivery go at once.
pub fn release(tx: &mut Tx<'_>, id: JobId) -> Done {
    tx.get(&JOBS, &id)?
        .ok_or_else(|| Refused::unknown("waiting delivery", id))?;
    tx.record(Event::JobReleased {
        job: id,
        next_at: tx.now(),
    })?;
    Ok(())
}
