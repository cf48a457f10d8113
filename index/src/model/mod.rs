//! Plain types and ids. They hold no behaviour beyond naming themselves.

mod agent;
mod contact;
mod conversation;
mod ids;
mod job;
mod message;
mod trace;
mod visitor;

pub use agent::*;
pub use contact::*;
pub use conversation::*;
pub use ids::*;
pub use job::*;
pub use message::*;
pub use trace::*;
pub use visitor::*;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;
