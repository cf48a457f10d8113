//! An answer that says no: status, reason, remedy.

use super::respond::{self, Response, With};
use crate::error::Failure;
use hyper::StatusCode;
use hyper::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use std::fmt::{self, Display};
use std::time::Duration;

/// Why a request was not done. Serialises as the API's `{error, reason, remedy}`.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    #[serde(skip)]
    pub status: StatusCode,
    /// One word for programs: `not_found`, `too_large` …
    pub error: &'static str,
    /// A sentence for people.
    pub reason: String,
    /// What to do about it; may be empty.
    pub remedy: String,
    /// Finds an unexpected failure in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Reason and remedy are those of every such refusal: pages say them in the reader's language.
    #[serde(skip)]
    pub usual: bool,
    #[serde(skip)]
    headers: Vec<(hyper::header::HeaderName, String)>,
}

impl Refusal {
    pub fn new(status: StatusCode, error: &'static str, reason: impl Display) -> Self {
        Self {
            status,
            error,
            reason: reason.to_string(),
            remedy: String::new(),
            id: None,
            usual: false,
            headers: Vec::new(),
        }
    }

    /// 400: the request itself is wrong.
    pub fn bad_request(reason: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", reason)
            .usually("correct it and send it again")
    }

    /// 401: who are you? The challenge names the bearer scheme (RFC 6750).
    pub fn unauthorized(reason: impl Display) -> Self {
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", reason);
        refusal.headers.push((WWW_AUTHENTICATE, "Bearer".into()));
        refusal
    }

    /// 403: you may not.
    pub fn forbidden(reason: impl Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", reason).usually("ask an admin of this inbox")
    }

    /// 404: `what` is not there.
    pub fn not_found(what: impl Display) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("{what} was not found"),
        )
        .usually("check the address and the id in it")
    }

    /// 405 with the methods that would do.
    pub fn method_not_allowed(allow: &str) -> Self {
        let mut refusal = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this address does not know that method",
        )
        .usually(format!("use one of: {allow}"));
        refusal.headers.push((ALLOW, allow.to_owned()));
        refusal
    }

    /// 409: right request, wrong moment.
    pub fn conflict(error: &'static str, reason: impl Display) -> Self {
        Self::new(StatusCode::CONFLICT, error, reason)
    }

    /// 413: more than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("at most {limit} bytes are taken here"),
        )
        .usually("send less at once")
    }

    /// 429: come back after `wait`, rounded up to whole seconds.
    pub fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1_000).max(1);
        let mut refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many",
            "too many requests in too short a time",
        )
        .usually(format!("try again in {seconds} s"));
        refusal.headers.push((RETRY_AFTER, seconds.to_string()));
        refusal
    }

    /// 507: the disk is nearly full.
    pub fn disk_full() -> Self {
        Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "disk_full",
            "the disk is nearly full",
        )
        .usually("free space on the disk, or lower `store.min_free`")
    }

    /// 500: `cause` stands in the log under the id shown, and only there.
    pub fn internal(cause: impl Display) -> Self {
        let id = id();
        tracing::error!(id, %cause, "a request failed");
        let mut refusal = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("something went wrong here (id {id})"),
        )
        .usually("look for the id in the log");
        refusal.id = Some(id);
        refusal
    }

    pub fn remedy(mut self, remedy: impl Display) -> Self {
        self.remedy = remedy.to_string();
        self.usual = false;
        self
    }

    fn usually(self, remedy: impl Display) -> Self {
        Self {
            usual: true,
            ..self.remedy(remedy)
        }
    }

    /// As JSON, the way programs get it.
    pub fn json(&self) -> Response {
        self.dress(respond::json(self.status, self))
    }

    /// Adds what belongs to this refusal (Allow, Retry-After …) to a response made for it.
    pub fn dress(&self, mut response: Response) -> Response {
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            response = response.with(name.clone(), value);
        }
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::internal(failure)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}",
            self.status.as_u16(),
            self.error,
            self.reason
        )
    }
}

fn id() -> String {
    let mut bytes = [0; 5];
    // Without random bytes the id is merely less unique.
    let _ = SystemRandom::new().fill(&mut bytes);
    data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase()
}
