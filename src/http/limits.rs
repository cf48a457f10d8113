//! Token buckets: so many at once, so many a minute, per address or per whatever names a sender.

use super::refusal::Refusal;
use crate::clock::{MINUTE, Millis};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Above this many senders the buckets that have filled up again are forgotten.
const CROWD: usize = 10_000;

/// A limit on how often each `K` may do something.
#[derive(Debug)]
pub struct Limit<K> {
    per_minute: u32,
    burst: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Millis,
}

impl<K: Eq + Hash> Limit<K> {
    /// `per_minute` in the long run, up to `burst` at once. 0 a minute is no limit at all.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        Self {
            per_minute,
            burst: burst.max(1),
            buckets: Mutex::default(),
        }
    }

    /// Takes one token, or says how long to wait for it.
    pub fn take(&self, key: K, now: Millis) -> Result<(), Duration> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > CROWD {
            buckets.retain(|_, b| self.filled(b, now) < f64::from(self.burst));
        }
        let fresh = Bucket {
            tokens: f64::from(self.burst),
            at: now,
        };
        let bucket = buckets.entry(key).or_insert(fresh);
        bucket.tokens = self.filled(bucket, now);
        bucket.at = now.max(bucket.at);
        if bucket.tokens < 1.0 {
            return Err(self.wait(1.0 - bucket.tokens));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Like [`take`](Self::take), refusing with 429.
    pub fn check(&self, key: K, now: Millis) -> Result<(), Refusal> {
        self.take(key, now).map_err(Refusal::too_many)
    }

    fn filled(&self, bucket: &Bucket, now: Millis) -> f64 {
        let gained = (now - bucket.at).max(0) as f64 * f64::from(self.per_minute) / MINUTE as f64;
        (bucket.tokens + gained).min(f64::from(self.burst))
    }

    fn wait(&self, missing: f64) -> Duration {
        Duration::from_secs_f64(missing * 60.0 / f64::from(self.per_minute))
    }
}
