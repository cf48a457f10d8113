//! Followers of the journal.

pub mod indexer;
pub mod outbox;
