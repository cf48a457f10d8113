//! Followers of the journal.

pub mod follow_up;
pub mod indexer;
pub mod outbox;
