//! Passwords: argon2id, two at a time at most, and the same time whether the account exists or not.

use crate::error::Failure;
use crate::inbox::Refused;
use crate::inbox::keys::random;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// OWASP's first choice for argon2id: memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Each hash takes 19 MiB and a core: more at a time would let strangers fill the machine.
const AT_ONCE: usize = 2;
/// Shortest password taken.
const SHORTEST: usize = 8;
/// Longest password taken, in bytes.
const LONGEST: usize = 1_024;

/// The hashing itself, with its queue.
#[derive(Debug)]
pub struct Passwords {
    places: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Semaphore::new(AT_ONCE),
        }
    }
}

impl Passwords {
    /// Whether a new password is good enough.
    pub fn check(password: &str) -> Result<(), Refused> {
        let why = match password {
            long if long.len() > LONGEST => format!("at most {LONGEST} bytes"),
            short if short.chars().count() < SHORTEST => format!("at least {SHORTEST} characters"),
            _ => return Ok(()),
        };
        Err(Refused::invalid("password", why))
    }

    /// The PHC string to store. Takes tens of milliseconds: not on an async thread.
    pub fn hash_blocking(password: &str) -> Result<String, Failure> {
        let salt: [u8; 16] = random()?;
        let hash = hasher().and_then(|h| {
            h.hash_password_with_salt(password.as_bytes(), &salt)
                .ok()
                .map(|hash: PasswordHash| hash.to_string())
        });
        hash.ok_or_else(|| Failure::new("the password could not be hashed"))
    }

    /// The PHC string to store.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        let _place = self.places.acquire().await;
        tokio::task::spawn_blocking(move || Self::hash_blocking(&password))
            .await
            .unwrap_or_else(|e| Err(Failure::new(e)))
    }

    /// Whether `password` is the one behind `stored`. Without `stored` the same work is done, and
    /// the answer is no.
    pub async fn verify(&self, password: String, stored: Option<String>) -> bool {
        let _place = self.places.acquire().await;
        tokio::task::spawn_blocking(move || matches(&password, stored.as_deref()))
            .await
            .unwrap_or(false)
    }
}

fn hasher() -> Option<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn matches(password: &str, stored: Option<&str>) -> bool {
    let known = stored.filter(|s| !s.is_empty());
    let hash = known
        .or(decoy())
        .and_then(|text| PasswordHash::new(text).ok());
    let right = match (hasher(), hash) {
        (Some(hasher), Some(hash)) => hasher.verify_password(password.as_bytes(), &hash).is_ok(),
        _ => false,
    };
    right && known.is_some() && password.len() <= LONGEST
}

/// The hash that stands in for accounts that are not there.
fn decoy() -> Option<&'static str> {
    static DECOY: OnceLock<Option<String>> = OnceLock::new();
    DECOY
        .get_or_init(|| Passwords::hash_blocking("nobody's password").ok())
        .as_deref()
}
