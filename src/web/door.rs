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

    /// A handshake came.
    pub fn shook(&self, now: Millis, right: bool) {
        let mut seen = self.locked();
        match right {
            true => seen.shaken = Some(now),
            false => seen.refused = Some(now),
        }
    }

    /// A webhook came. True if it says something new to who waits for it: the first one, or that things
    /// have turned.
    pub fn heard(&self, now: Millis, signed: bool) -> bool {
        let mut seen = self.locked();
        let before = *seen;
        match signed {
            true => seen.signed = Some(now),
            false => seen.unsigned = Some(now),
        }
        let was_signed = before.signed > before.unsigned;
        before.signed.max(before.unsigned).is_none() || was_signed != signed
    }

    fn locked(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Door;

    #[test]
    fn only_what_turns_is_told() {
        let door = Door::default();
        for (now, signed, told) in [
            (1, false, true),
            (2, false, false),
            (3, true, true),
            (4, true, false),
            (5, false, true),
            (6, true, true),
        ] {
            assert_eq!(door.heard(now, signed), told, "at {now}");
        }
    }
}
