//! Followers of the journal.
