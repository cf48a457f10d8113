//! The visitor's key: 256 random bits in a cookie of the widget's own frame, or as a bearer token. It
//! never stands in a URL; only its hash is stored.

use crate::error::Failure;
use crate::http::{Refusal, Request};
use crate::inbox::{Inbox, keys, visitor};
use casella_index::model::Visitor;
use data_encoding::BASE64URL_NOPAD;
use ring::digest;

/// The longest life browsers grant a cookie, in seconds (RFC 6265bis, 400 days). Renewed at each visit.
const LIFE: u64 = 400 * 24 * 3600;

/// A fresh key.
pub fn fresh() -> Result<String, Failure> {
    Ok(BASE64URL_NOPAD.encode(&keys::random::<32>()?))
}

/// What is stored of a key.
pub fn hash(key: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    hash
}

/// The key a request brings: as a bearer token, else in the cookie.
pub fn of(request: &Request) -> Option<&str> {
    request.bearer().or_else(|| request.cookie(name(request)))
}

fn name(request: &Request) -> &'static str {
    if request.https {
        "__Host-casella-visitor"
    } else {
        "casella-visitor"
    }
}

/// The cookie that keeps the key. Chromium takes a Secure cookie from a loopback address over plain
/// http too; where a browser does not, the frame falls back to its own storage.
pub fn cookie(request: &Request, key: &str) -> String {
    let name = name(request);
    format!("{name}={key}; Path=/; Max-Age={LIFE}; HttpOnly; Secure; SameSite=None; Partitioned")
}

/// The visitor who asks. 401 without a key we know.
pub fn visitor(inbox: &Inbox, request: &Request) -> Result<Visitor, Refusal> {
    let unknown = || {
        Refusal::unauthorized("no visitor with this key")
            .remedy("POST /chat/v1/visitors for a new one")
    };
    let key = of(request).ok_or_else(unknown)?;
    let rows = inbox.read().map_err(Refusal::internal)?;
    visitor::by_key(&rows, hash(key)).map_err(|_| unknown())
}
