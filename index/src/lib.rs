//! What the inbox remembers and finds.
//!
//! An event is recorded in one redb transaction; everything else follows the journal.
//!
//! - [`model`]: plain types and ids.
//! - [`event`]: everything that can happen, in the past tense.
//! - [`tables`]: every table, key and value: the on-disk format on one screen.
//! - [`store`]: open, read (snapshot), write (one transaction, group commit).
//! - [`journal`]: what happened since a sequence number.
//! - [`segment`]: raw bytes, append-only, apart from the tables.
//! - [`board`]: the facts of every conversation that change often, in memory, for lists and filters.
//! - [`search`]: full text, an index that follows the journal.
//! - `apply`: event to rows; the only writer of tables.
//!
//! This crate opens no socket, asks no clock, renders no template and knows no tokio.

mod apply;
pub mod backup;
pub mod board;
pub mod error;
pub mod event;
pub mod journal;
mod kv;
pub mod model;
pub mod rows;
pub mod search;
pub mod segment;
pub mod store;
pub mod tables;
mod writer;

#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use event::{Actor, Entry, Event};
pub use rows::Rows;
pub use store::{Options, Pending, Snapshot, Stamp, Store, Tx};
