//! Followers of the journal.

pub mod indexer;
