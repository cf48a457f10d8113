//! Random secrets, of which only the hash is kept.

use crate::error::Failure;
use crate::inbox::keys::random;
use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};

/// A fresh secret of 256 bits, in characters that need no quoting anywhere.
pub fn fresh() -> Result<String, Failure> {
    Ok(BASE64URL_NOPAD.encode(&random::<32>()?))
}

/// What is stored in its place: a secret this random needs no salt and no slow hash.
pub fn hashed(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}
