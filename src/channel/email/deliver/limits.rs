//! How fast one destination may be written to.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);

/// At most so many starts in any 60 seconds.
pub struct Rate {
    per_minute: usize,
    /// The newest starts, those still to come included.
    starts: Mutex<VecDeque<Instant>>,
}

impl Rate {
    /// 0 means no limit.
    pub fn new(per_minute: usize) -> Self {
        Self {
            per_minute,
            starts: Mutex::default(),
        }
    }

    /// Waits until it is this caller's turn. Callers are served in the order they came.
    pub async fn turn(&self) {
        let wait = self.book(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Books the next free start, and says how long it is until then.
    fn book(&self, now: Instant) -> Duration {
        if self.per_minute == 0 {
            return Duration::ZERO;
        }
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = starts.len() == self.per_minute;
        let freed = starts.pop_front_if(|_| full).map(|oldest| oldest + WINDOW);
        let start = freed.map_or(now, |freed| freed.max(now));
        starts.push_back(start);
        start.duration_since(now)
    }

    /// Whether nothing was started within the window, so that forgetting it changes nothing.
    pub fn is_idle(&self) -> bool {
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.back().is_none_or(|last| last.elapsed() > WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let start = Instant::now();
        let rate = Rate::new(2);
        // When somebody comes, and how long they wait.
        for (comes, waits) in [(0, 0), (10, 0), (20, 40), (20, 50), (65, 55), (500, 0)] {
            let now = start + Duration::from_secs(comes);
            assert_eq!(rate.book(now).as_secs(), waits, "at {comes}");
        }
        assert!(!rate.is_idle());
    }

    #[test]
    fn zero_is_no_limit() {
        let (rate, now) = (Rate::new(0), Instant::now());
        assert!((0..100).all(|_| rate.book(now).is_zero()));
        assert!(rate.is_idle());
    }
}
