//! Making responses: pages, JSON, redirects, downloads, and the headers each must carry.

use super::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use serde::Serialize;
use std::io::Write;

pub type Response = hyper::Response<Body>;

/// The policy of our own pages: nothing but our own files, framed by nobody.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Below this many bytes compressing costs more than it saves.
const WORTH_ZIPPING: usize = 1_024;

/// Adding headers to a response.
pub trait With: Sized {
    /// Sets `name`. A value that no header may carry (control characters) is left out and logged.
    fn with(self, name: HeaderName, value: &str) -> Self;
    /// Adds one `Set-Cookie` line beside those already there.
    fn with_cookie(self, cookie: &str) -> Self;
}

impl With for Response {
    fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Some(value) = header_value(&name, value) {
            self.headers_mut().insert(name, value);
        }
        self
    }

    fn with_cookie(mut self, cookie: &str) -> Self {
        if let Some(value) = header_value(&SET_COOKIE, cookie) {
            self.headers_mut().append(SET_COOKIE, value);
        }
        self
    }
}

fn header_value(name: &HeaderName, value: &str) -> Option<HeaderValue> {
    let parsed = HeaderValue::from_bytes(value.as_bytes()).ok();
    if parsed.is_none() {
        tracing::warn!(%name, "a header value with control characters was left out");
    }
    parsed
}

/// Bytes of a type, cached by nobody.
pub fn bytes(status: StatusCode, kind: &str, bytes: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::Full(bytes.into()));
    *response.status_mut() = status;
    response
        .with(CONTENT_TYPE, kind)
        .with(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with(CACHE_CONTROL, "no-store")
}

/// One of our pages, under [`PAGE_POLICY`].
pub fn html(status: StatusCode, page: String) -> Response {
    framed_html(status, page, PAGE_POLICY)
}

/// HTML under a policy of its own: the mail frame, the widget.
pub fn framed_html(status: StatusCode, page: String, policy: &str) -> Response {
    // `same-origin`, since under `no-referrer` browsers send `Origin: null` with our own forms.
    bytes(status, "text/html; charset=utf-8", page)
        .with(CONTENT_SECURITY_POLICY, policy)
        .with(REFERRER_POLICY, "same-origin")
        .with(HeaderName::from_static("permissions-policy"), PERMISSIONS)
        // Looking up a link's host would tell its owner that the page was opened.
        .with(HeaderName::from_static("x-dns-prefetch-control"), "off")
}

const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => bytes(status, "application/json", text),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            bytes(StatusCode::INTERNAL_SERVER_ERROR, "application/json", "{}")
        }
    }
}

pub fn text(status: StatusCode, text: impl Into<String>) -> Response {
    bytes(status, "text/plain; charset=utf-8", text.into())
}

/// 204: done, nothing to say.
pub fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.with(CACHE_CONTROL, "no-store")
}

/// 303: look there now. `to` is one of our own paths.
pub fn redirect(to: &str) -> Response {
    moved(StatusCode::SEE_OTHER, to)
}

pub(super) fn moved(status: StatusCode, to: &str) -> Response {
    text(status, "").with(LOCATION, to)
}

/// `next` if it is a path of this site, else `instead`: what follows a login must not lead away.
pub fn local_path<'a>(next: &'a str, instead: &'a str) -> &'a str {
    let local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control());
    if local { next } else { instead }
}

/// A stranger's bytes to be saved, never shown: the name in both forms of RFC 6266.
pub fn download(name: &str, kind: &str, content: impl Into<Bytes>) -> Response {
    bytes(StatusCode::OK, kind, content)
        .with(CONTENT_DISPOSITION, &disposition("attachment", name))
        .with(CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")
        .with(REFERRER_POLICY, "no-referrer")
        .with(CACHE_CONTROL, "private, no-cache")
}

/// A picture to be shown in our pages; the caller sniffed `kind` as png, jpeg, gif or webp.
pub fn picture(name: &str, kind: &str, content: impl Into<Bytes>) -> Response {
    download(name, kind, content).with(CONTENT_DISPOSITION, &disposition("inline", name))
}

fn disposition(how: &str, name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '/' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    format!(
        "{how}; filename=\"{plain}\"; filename*=UTF-8''{}",
        encoded(name)
    )
}

/// Percent-encoding by the `attr-char` rule of RFC 8187.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(char::from(byte)),
            b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// A file of ours, whose address carries a hash of its content: cached for ever. `etag` is that
/// hash; a request that already has it gets 304.
pub fn asset(asked: &HeaderMap, kind: &str, content: Bytes, etag: &str) -> Response {
    let etag = format!("\"{etag}\"");
    let known = asked
        .get_all(hyper::header::IF_NONE_MATCH)
        .iter()
        .any(|v| v.to_str().is_ok_and(|v| v.contains(&etag)));
    let response = if known {
        bytes(StatusCode::NOT_MODIFIED, kind, Bytes::new())
    } else {
        bytes(StatusCode::OK, kind, content)
    };
    response
        .with(ETAG, &etag)
        .with(CACHE_CONTROL, "public, max-age=31536000, immutable")
}

/// A `Set-Cookie` value: HttpOnly, for the whole site, `SameSite=Lax`, and Secure under https.
/// `max_age` in seconds; 0 removes the cookie, `None` keeps it until the browser closes.
pub fn cookie(name: &str, value: &str, max_age: Option<i64>, https: bool) -> String {
    let age = max_age.map_or(String::new(), |s| format!("; Max-Age={s}"));
    let secure = if https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")
}

/// What every response gets on its way out: gzip where it pays, no body for HEAD.
pub(super) fn finish(mut response: Response, asked: &HeaderMap, head: bool) -> Response {
    if let Body::Full(content) = response.body() {
        if zips(&response, content, asked) {
            response = zipped(response);
        }
        if head && let Body::Full(content) = response.body() {
            let length = content.len().to_string();
            response = response.with(CONTENT_LENGTH, &length);
        }
    }
    if head {
        *response.body_mut() = Body::empty();
    }
    response
}

fn zips(response: &Response, content: &Bytes, asked: &HeaderMap) -> bool {
    let header = |map: &HeaderMap, name| {
        map.get(name)
            .and_then(|v| v.to_str().ok().map(str::to_owned))
            .unwrap_or_default()
    };
    let kind = header(response.headers(), CONTENT_TYPE);
    let is_text = kind.starts_with("text/")
        || kind.contains("json")
        || kind.contains("javascript")
        || kind.contains("svg");
    content.len() >= WORTH_ZIPPING
        && is_text
        && !response.headers().contains_key(CONTENT_ENCODING)
        && takes_gzip(&header(asked, ACCEPT_ENCODING))
}

/// Whether an Accept-Encoding lists gzip with a quality above 0 (RFC 9110 section 12.5.3).
fn takes_gzip(accept: &str) -> bool {
    accept.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let coding = words.next().unwrap_or_default();
        let refused = words.any(|w| w.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        coding.eq_ignore_ascii_case("gzip") && !refused
    })
}

fn zipped(mut response: Response) -> Response {
    if let Body::Full(content) = response.body() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
        if let Ok(small) = encoder.write_all(content).and_then(|()| encoder.finish()) {
            *response.body_mut() = Body::Full(small.into());
            return response
                .with(CONTENT_ENCODING, "gzip")
                .with(VARY, "Accept-Encoding");
        }
    }
    response
}
