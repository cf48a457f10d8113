//! Handing one finished mail to the server that takes it: a smarthost, or the recipient's own (MX).
//!
//! A try ends in a [`Receipt`] or a [`Failure`], and a failure says which of three it is: try
//! later, refused, or not known whether it arrived ([`End`]); the outbox asks nothing else. One
//! letter has one recipient, so that each gets its own answer. [`Courier`] keeps connections and
//! limits per destination. Nothing here knows the store, the schedule or how a mail is composed.
//!
//! The client is ours, on tokio: `mail-send` ends `DATA` with one error for "not sent" and "sent,
//! no answer", sends no DSN parameters of its own accord and reuses no connection, and exactly
//! these decide whether a customer gets a mail twice or never.

mod courier;
mod limits;
mod login;
mod provider;
mod reply;
mod route;
mod session;
mod sts;
mod tls;
mod wire;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use courier::{Courier, Settings};
pub use route::{Answer, Direct, DnsFault, Lookup};
pub use session::{Caller, Timeouts};
pub use sts::{Keeper, Policies};
pub use tls::Trust;

pub use crate::rules::retry::End;

/// One mail for one recipient, ready for the wire.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The envelope sender, without angle brackets; empty for the null path.
    pub from: String,
    /// The envelope recipient, without angle brackets.
    pub to: String,
    /// The whole mail with CRLF line ends, not dot-stuffed.
    pub bytes: Arc<[u8]>,
    /// What the recipient's server should call this mail in its reports (RFC 3461 section 4.4).
    pub envelope_id: Option<String>,
}

/// The other side took the mail and is responsible for it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Who took it, by name.
    pub host: String,
    /// Its answer, on one line.
    pub reply: String,
    /// The Message-ID under which it sends the mail on, where its answer tells.
    pub provider_id: Option<String>,
}

/// Why the mail was not taken, in one plain sentence for the agent, with the remedy if it is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub end: End,
    pub reason: String,
}

impl Failure {
    fn later(reason: impl Into<String>) -> Self {
        Self {
            end: End::TryLater,
            reason: reason.into(),
        }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self {
            end: End::Refused,
            reason: reason.into(),
        }
    }

    fn ambiguous(reason: impl Into<String>) -> Self {
        Self {
            end: End::Ambiguous,
            reason: reason.into(),
        }
    }
}
