//! What Meta last did at our door: an admin who connects a page sees which step is done, and what went
//! wrong with the one that is not. Memory only: it is of use while somebody tries.

use casella_index::model::Millis;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The newest time of each, since Casella started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// A handshake with our verify token, and one with another.
    pub shaken: Option<Millis>,
    pub refused: Option<Millis>,
    /// A webhook signed with the app's secret, and one that was not.
    pub signed: Option<Millis>,
    pub unsigned: Option<Millis>,
}

/// Remembers it; shared by the webhook and the settings.
#[derive(Debug, Default)]
pub struct Door(Mutex<Seen>);

impl Door {
    pub fn seen(&self) -> Seen {
        *self.locked()
    }

    pub fn shook(&self, now: Millis, right: bool) {
        let mut seen = self.locked();
        match right {
            true => seen.shaken = Some(now),
            false => seen.refused = Some(now),
        }
    }

    pub fn heard(&self, now: Millis, signed: bool) {
        let mut seen = self.locked();
        match signed {
            true => seen.signed = Some(now),
            false => seen.unsigned = Some(now),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
