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
//! - [`document`] makes a message of the store a document, [`follower`] keeps the index up with the
//!   journal or builds a new one, [`serving`] is what searchers hold while indexes come and go.
//!
//! What changes while a message stays (status, unread, assignee, tags, which conversation it is in)
//! is never indexed: [`Facts`] answers for it.

mod analysis;
mod compile;
mod date;
mod document;
mod find;
mod follower;
mod index;
mod query;
mod reading;
mod schema;
mod serving;
mod snippet;
mod stem;

pub use find::{Cursor, Facts, Fit, Found, Hit};
pub use follower::{Builder, FollowError, Follower, Next};
pub use index::{Index, Opened, Unusable, Writer, create, open, promote, side};
pub use query::{Atom, Expr, Fact, Note, Place, Query, Words};
pub use schema::Doc;
pub use serving::{Serving, State};
pub use snippet::{Fragment, Snippets};

#[cfg(test)]
mod language_tests;
