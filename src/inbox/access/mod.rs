//! Who may come in: agents by password, second factor and session; programs by token.
//!
//! [`Access`] stands on an [`Inbox`] and adds what is asked at the door: the queue before the
//! hashing, the delays after wrong passwords, the set-up link. Roles are
//! compared by [`may`], and nowhere else.

mod account;
mod login;
mod password;
mod secret;
mod session;
mod setup;
mod throttle;
mod token;
pub mod totp;

#[cfg(test)]
mod tests;

pub use login::{Came, Denied};
pub use password::Passwords;
pub use session::{Seen, SessionEntry};
pub use setup::FirstAdmin;
pub use token::mint_token;

use super::{Inbox, Refused};
use crate::error::Failure;
use casella_index::StoreError;
use casella_index::model::Role;
use std::net::IpAddr;
use std::sync::Arc;

/// Logins, sessions, tokens. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    inbox: Inbox,
    passwords: Arc<Passwords>,
    throttle: Arc<throttle::Throttle>,
    half: Arc<login::Half>,
    setup: Arc<setup::Setup>,
}

impl Access {
    pub fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            passwords: Arc::default(),
            throttle: Arc::default(),
            half: Arc::default(),
            setup: Arc::default(),
        }
    }
}

/// Where a login comes from, for the session list and the audit.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub ip: IpAddr,
    pub user_agent: String,
}

/// Whether `role` allows what takes at least `needed`.
pub fn may(role: Role, needed: Role) -> bool {
    role >= needed
}

/// Why access could not be judged, or a change at the door not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessError {
    /// A verb's refusal, the store's failures included.
    Refused(Refused),
    /// The operating system gives no random bytes.
    NoRandom(Failure),
}

impl std::fmt::Display for AccessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::NoRandom(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for AccessError {}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Refused> for AccessError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Failure> for AccessError {
    fn from(failure: Failure) -> Self {
        Self::NoRandom(failure)
    }
}
