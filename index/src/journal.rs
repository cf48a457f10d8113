//! What happened, in order. Followers keep a cursor and catch up after any crash.

use crate::error::StoreError;
use crate::event::Entry;
use crate::rows::Rows;
use crate::tables::{CURSORS, JOURNAL};

/// The newest sequence number, 0 in an empty store.
pub fn last(rows: &impl Rows) -> Result<u64, StoreError> {
    Ok(rows.last(&JOURNAL)?.map_or(0, |(seq, _)| seq))
}

/// The oldest sequence number still kept, 0 in an empty store.
pub fn first(rows: &impl Rows) -> Result<u64, StoreError> {
    Ok(rows.first(&JOURNAL)?.map_or(0, |(seq, _)| seq))
}

/// At most `limit` entries after `seq`, oldest first.
pub fn since(rows: &impl Rows, seq: u64, limit: usize) -> Result<Vec<(u64, Entry)>, StoreError> {
    rows.range(&JOURNAL, seq.saturating_add(1)..=u64::MAX, limit)
}

/// How far a follower came; 0 if it never began.
pub fn cursor(rows: &impl Rows, follower: &str) -> Result<u64, StoreError> {
    Ok(rows.get(&CURSORS, &follower.to_owned())?.unwrap_or(0))
}
