//! Web chat: what a visitor may see of their conversation, and how it reaches their browser.
//!
//! [`history`] is pure: messages in, widget lines out. [`hub`] wakes exactly the streams a commit
//! concerns, so that ten thousand idle visitors cost nothing. [`desk`] is what the HTTP side holds.

pub mod desk;
pub mod history;
pub mod hub;
pub mod stream;

pub use desk::Desk;
