//! The one place that asks the time.
//!
//! A [`Clock`] is cloned and handed to whoever needs `now`; clones agree. It never runs backwards:
//! when the machine's clock is set back, time goes on from where it was at the pace of the
//! monotonic clock, until the machine's clock has caught up. Setting it forward is followed. So it
//! is between two starts: [`Clock::not_before`] is told when the last thing happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// One second, minute, hour and day in [`Millis`].
pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// Tells the time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// `offset` is what must be added to the milliseconds since `start`; it only ever grows.
    Machine { start: Instant, offset: AtomicI64 },
    /// Stands still until told otherwise.
    Manual(AtomicI64),
}

impl Clock {
    /// The machine's clock.
    pub fn machine() -> Self {
        Self(Arc::new(Source::Machine {
            start: Instant::now(),
            offset: AtomicI64::new(i64::MIN),
        }))
    }

    /// A clock that stands at `now` until it is [`set`](Self::set) or [`advance`](Self::advance)d.
    pub fn manual(now: Millis) -> Self {
        Self(Arc::new(Source::Manual(AtomicI64::new(now))))
    }

    /// The time; never less than what was returned before.
    pub fn now(&self) -> Millis {
        match &*self.0 {
            Source::Machine { start, offset } => {
                let passed = millis(start.elapsed());
                ahead(offset, passed, wall())
            }
            Source::Manual(now) => now.load(Ordering::SeqCst),
        }
    }

    /// Goes on from `at`, which was the time when we last ran, if the machine's clock was set back
    /// since. By more than a day it is not: then it was wrong before, and is right now.
    pub fn not_before(&self, at: Millis) {
        let now = self.now();
        if at <= now || at - now > DAY + HOUR {
            return;
        }
        match &*self.0 {
            Source::Machine { start, offset } => {
                offset.fetch_max(at - millis(start.elapsed()), Ordering::SeqCst);
            }
            Source::Manual(now) => {
                now.fetch_max(at, Ordering::SeqCst);
            }
        }
    }

    /// Sets a manual clock, forwards only; the machine's clock is left alone.
    pub fn set(&self, to: Millis) {
        if let Source::Manual(now) = &*self.0 {
            now.fetch_max(to, Ordering::SeqCst);
        }
    }

    /// Lets `by` pass on a manual clock; the machine's clock is left alone.
    pub fn advance(&self, by: Millis) {
        if let Source::Manual(now) = &*self.0 {
            now.fetch_add(by.max(0), Ordering::SeqCst);
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::machine()
    }
}

/// `passed` on the monotonic clock, carried to the wall by the largest offset ever seen.
fn ahead(offset: &AtomicI64, passed: Millis, wall: Millis) -> Millis {
    let seen = wall - passed;
    passed + offset.fetch_max(seen, Ordering::SeqCst).max(seen)
}

fn wall() -> Millis {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}

fn millis(span: std::time::Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_goes_on_at_monotonic_pace() {
        let offset = AtomicI64::new(i64::MIN);
        assert_eq!(ahead(&offset, 0, 10_000), 10_000);
        assert_eq!(ahead(&offset, 500, 10_500), 10_500);
        assert_eq!(ahead(&offset, 600, 10_600 - HOUR), 10_600);
        assert_eq!(ahead(&offset, 700, 10_700 - HOUR), 10_700);
    }

    #[test]
    fn a_clock_set_forward_is_followed_and_stays() {
        let offset = AtomicI64::new(i64::MIN);
        ahead(&offset, 0, 10_000);
        assert_eq!(ahead(&offset, 100, 10_100 + DAY), 10_100 + DAY);
        assert_eq!(ahead(&offset, 200, 10_200), 10_200 + DAY);
    }

    #[test]
    fn clones_of_a_manual_clock_agree_and_never_go_back() {
        let clock = Clock::manual(1_000);
        let other = clock.clone();
        clock.advance(MINUTE);
        other.set(5);
        assert_eq!(other.now(), 1_000 + MINUTE);
    }

    #[test]
    fn a_clock_goes_on_from_where_it_was_when_we_last_ran() {
        let machine = Clock::machine();
        let now = machine.now();
        machine.not_before(now + 7 * DAY);
        assert!(machine.now() < now + DAY, "that clock was wrong");
        machine.not_before(now + DAY);
        assert!(machine.now() >= now + DAY);
        machine.not_before(now);
        assert!(machine.now() >= now + DAY);
    }

    #[test]
    fn the_machine_clock_stands_in_this_century() {
        assert!(Clock::machine().now() > 1_700_000_000_000);
    }
}
