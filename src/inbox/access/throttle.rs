//! Growing delays after wrong passwords, per account and per address. Never a lock: a wait ends.

use crate::clock::{HOUR, Millis, SECOND};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Wrong guesses that cost nothing: people mistype.
const FREE: u32 = 3;
/// The longest wait on an account; longer ones would let a stranger keep its owner out.
const ACCOUNT_CAP: Millis = 30 * SECOND;
/// The longest wait on an address.
const ADDRESS_CAP: Millis = 900 * SECOND;
/// Guesses this old are forgotten.
const FORGOTTEN: Millis = HOUR;
/// Above this many names the old ones are swept out.
const CROWD: usize = 10_000;

/// Who guesses, or is guessed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    Account(String),
    Address(std::net::IpAddr),
}

impl Name {
    fn cap(&self) -> Millis {
        match self {
            Self::Account(_) => ACCOUNT_CAP,
            Self::Address(_) => ADDRESS_CAP,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Guesses {
    wrong: u32,
    last: Millis,
}

/// The wrong guesses of the last hour. Memory only.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<Name, Guesses>>);

impl Throttle {
    /// How long this name still has to wait.
    pub fn wait(&self, name: &Name, now: Millis) -> Option<Duration> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guesses = names.get(name)?;
        let left = guesses.last + delay(guesses.wrong, name.cap()) - now;
        (left > 0).then(|| Duration::from_millis(left.unsigned_abs()))
    }

    /// Counts an attempt before it is judged, so that many at once cannot all slip through.
    pub fn begin(&self, name: Name, now: Millis) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() > CROWD {
            names.retain(|_, g| now - g.last < FORGOTTEN);
        }
        let guesses = names.entry(name).or_insert(Guesses {
            wrong: 0,
            last: now,
        });
        if now - guesses.last > FORGOTTEN {
            guesses.wrong = 0;
        }
        guesses.wrong = guesses.wrong.saturating_add(1);
        guesses.last = now;
    }

    /// The attempt was right: all is forgiven.
    pub fn forgive(&self, name: &Name) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }
}

fn delay(wrong: u32, cap: Millis) -> Millis {
    match wrong.checked_sub(FREE) {
        None => 0,
        Some(over) => (SECOND << over.min(20)).min(cap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_cap_and_end() {
        let throttle = Throttle::default();
        let name = Name::Account("a@b".into());
        let mut waits = Vec::new();
        for _ in 0..10 {
            throttle.begin(name.clone(), 0);
            waits.push(throttle.wait(&name, 0).map_or(0, |d| d.as_secs()));
        }
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(throttle.wait(&name, ACCOUNT_CAP), None);
        throttle.forgive(&name);
        assert_eq!(throttle.wait(&name, 0), None);
    }

    #[test]
    fn old_guesses_do_not_count() {
        let throttle = Throttle::default();
        let name = Name::Account("a@b".into());
        for _ in 0..9 {
            throttle.begin(name.clone(), 0);
        }
        throttle.begin(name.clone(), 2 * HOUR);
        assert_eq!(throttle.wait(&name, 2 * HOUR), None);
    }
}
