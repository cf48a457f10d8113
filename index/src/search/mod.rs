//! Full-text search over every message: a tantivy index that follows the journal.
//!
//! The index is *derived*: it holds the ways to find a message and nothing else, may lag a moment
//! behind, and can be thrown away and built again from the store at any time.
//!
//! - [`query`] reads what a person typed into a tree; [`date`] its dates.
//! - [`analysis`] makes text into tokens, [`stem`] drops endings, [`reading`] lists the forms one
//!   asked word may take.
//! - [`schema`] says what is kept of a message, [`index`] keeps it on disk.
//! - [`compile`] turns the tree into tantivy's terms; [`find`] walks the matches, newest first,
//!   and gathers them into conversations; [`snippet`] shows why.
//!
//! What changes while a message stays (status, unread, assignee, tags, which conversation it is in)
//! is never indexed: [`Facts`] answers for it.

pub mod analysis;
mod compile;
mod date;
mod find;
mod index;
mod query;
mod reading;
mod schema;
mod snippet;
mod stem;

pub use find::{Cursor, Facts, Fit, Found, Hit};
pub use index::{Index, Opened, Unusable, Writer, create, open, promote, side};
pub use query::{Atom, Expr, Fact, Note, Place, Query, Words};
pub use schema::Doc;
pub use snippet::{Fragment, Snippets};

#[cfg(test)]
mod language_tests;
