//! What Meta last did at our door: an admin who connects a page sees which step is done, and what went
//! wrong with the one that is not. Memory only: it is of use while somebody tries.

use casella_index::model::Millis;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Anybody may knock wrongly: open pages are told of it this seldom.
const SELDOM: Millis = 10_000;

/// The newest time of each, since Casella started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// A handshake with our verify token, and one with another.
    pub shaken: Option<Millis>,
    pub refused: Option<Millis>,
    /// A webhook signed with the app's secret, and one that was not.
    pub signed: Option<Millis>,
    pub unsigned: Option<Millis>,
    /// What open pages were told of webhooks, and when they were told of something wrong.
    told: Option<bool>,
    warned: Option<Millis>,
}

impl Seen {
    /// Whether a wrong knock is told to open pages.
    fn warns(&mut self, now: Millis) -> bool {
        let told = self.warned.is_none_or(|last| now - last >= SELDOM);
        if told {
            self.warned = Some(now);
        }
        told
    }
}

/// Remembers it; shared by the webhook and the settings. What open pages should be told is true.
#[derive(Debug, Default)]
pub struct Door(Mutex<Seen>);

impl Door {
    pub fn seen(&self) -> Seen {
        *self.locked()
    }

    /// A handshake came.
    pub fn shook(&self, now: Millis, right: bool) -> bool {
        let mut seen = self.locked();
        if right {
            seen.shaken = Some(now);
            return true;
        }
        seen.refused = Some(now);
        seen.warns(now)
    }

    /// A webhook came: the first right one after wrong ones, or after none, is news.
    pub fn heard(&self, now: Millis, signed: bool) -> bool {
        let mut seen = self.locked();
        if signed {
            seen.signed = Some(now);
            return seen.told.replace(true) != Some(true);
        }
        seen.unsigned = Some(now);
        let warns = seen.warns(now);
        if warns {
            seen.told = Some(false);
        }
        warns
    }

    fn locked(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Door, SELDOM};

    #[test]
    fn open_pages_are_told_what_turns_and_seldom_what_strangers_do() {
        let door = Door::default();
        for (now, signed, told) in [
            (1, false, true),
            (2, false, false),
            (3, true, true),
            (4, true, false),
            (5, false, false),
            (6, true, false),
            (SELDOM + 1, false, true),
            (SELDOM + 2, true, true),
        ] {
            assert_eq!(door.heard(now, signed), told, "at {now}");
        }
        assert!(!door.shook(SELDOM + 3, false), "a stranger again");
        assert!(door.shook(SELDOM + 4, true));
    }
}
