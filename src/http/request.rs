//! One request as handlers see it: who asks, for what, with which body.

use super::form::Form;
use super::refusal::Refusal;
use crate::clock::Millis;
use crate::config::Network;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderMap};
use hyper::{Method, StatusCode, Uri};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::watch;

/// A body that sends nothing for this long is given up.
const STALLED: Duration = Duration::from_secs(30);
/// However slowly it trickles, a body has to be there by then.
const LONGEST: Duration = Duration::from_secs(600);
/// Of a body that is refused for its size, so much is read all the same, for so long, while it keeps
/// coming.
const MOST_PASSED_OVER: usize = 64 * 1024 * 1024;
const PASSING: Duration = Duration::from_secs(10);
const GAP: Duration = Duration::from_millis(500);

/// A request. Its body can be read once.
#[derive(Debug)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// Who asks: the peer, or behind a trusted proxy the address it names.
    pub client: IpAddr,
    /// Whether a trusted proxy asks for them: then the connection says nothing of theirs.
    pub relayed: bool,
    /// Whether the browser's own connection is encrypted.
    pub https: bool,
    /// True once the server is to stop: long answers end then.
    pub closing: watch::Receiver<bool>,
    /// When it arrived, by the server's clock.
    pub at: Millis,
    pub(super) params: Vec<(String, String)>,
    pub(super) body: Option<Incoming>,
}

impl Request {
    /// The decoded path parameter `name`; a value that is no `T` names nothing, so 404.
    pub fn param<T: FromStr>(&self, name: &str) -> Result<T, Refusal> {
        let value = self.params.iter().find(|(n, _)| n == name);
        value
            .and_then(|(_, v)| v.parse().ok())
            .ok_or_else(|| Refusal::not_found(format!("`{}`", self.path())))
    }

    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query string as a form.
    pub fn query(&self) -> Form {
        Form::urlencoded(self.uri.query().unwrap_or_default().as_bytes())
    }

    /// The first header of that name, if it is text.
    pub fn header(&self, name: impl hyper::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }

    /// The token of `Authorization: Bearer` (RFC 6750).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(AUTHORIZATION)?.trim().split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim())
            .filter(|t| !t.is_empty())
    }

    /// Host and port as asked for.
    pub fn host(&self) -> Option<&str> {
        match self.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => self.header(HOST),
        }
    }

    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// Whether a person looks at the answer now: not HEAD, and no prefetch (RFC 8941 Sec-Purpose).
    pub fn is_view(&self) -> bool {
        let ahead = |name| self.header(name).is_some_and(|v| v.contains("prefetch"));
        self.method == Method::GET
            && !["sec-purpose", "purpose", "x-moz", "x-purpose"]
                .into_iter()
                .any(ahead)
    }

    /// The whole body, at most `limit` bytes, else 413. 408 if it stalls.
    pub async fn bytes(&mut self, limit: usize) -> Result<Bytes, Refusal> {
        let Some(body) = self.body.take() else {
            return Ok(Bytes::new());
        };
        if hyper::body::Body::size_hint(&body).lower() > limit as u64 {
            pass_over(body).await;
            return Err(Refusal::too_large(limit));
        }
        tokio::time::timeout(LONGEST, gather(body, limit))
            .await
            .unwrap_or_else(|_| Err(stalled()))
    }

    /// The body as JSON. A wrong shape names the culprit.
    pub async fn json<T: DeserializeOwned>(&mut self, limit: usize) -> Result<T, Refusal> {
        let content = self.bytes(limit).await?;
        let odd = |why: String| Refusal::bad_request(format!("the JSON is not as expected: {why}"));
        if !content.trim_ascii_start().starts_with(b"{") {
            return Err(odd("it must be an object, `{…}`".into()));
        }
        let from = &mut serde_json::Deserializer::from_slice(&content);
        let read = serde_path_to_error::deserialize(&mut *from).map_err(|e| {
            let place = match e.path().to_string() {
                root if root == "." => String::new(),
                path => format!("`{path}`: "),
            };
            odd(format!("{place}{}", e.inner()))
        })?;
        from.end().map_err(|e| odd(e.to_string()))?;
        Ok(read)
    }

    /// The body as a form, URL-encoded or multipart.
    pub async fn form(&mut self, limit: usize) -> Result<Form, Refusal> {
        let kind = self.header(CONTENT_TYPE).unwrap_or_default().to_owned();
        let content = self.bytes(limit).await?;
        if kind.to_ascii_lowercase().starts_with("multipart/") {
            let boundary = multer::parse_boundary(&kind)
                .map_err(|e| Refusal::bad_request(format!("the form could not be read: {e}")))?;
            return Form::multipart(content, &boundary).await;
        }
        Ok(Form::urlencoded(&content))
    }
}

async fn gather(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let mut content = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(STALLED, body.frame()).await {
            Err(_) => return Err(stalled()),
            Ok(None) => return Ok(content.freeze()),
            Ok(Some(frame)) => frame.map_err(|_| Refusal::bad_request("the body broke off"))?,
        };
        if let Ok(piece) = frame.into_data() {
            if content.len() + piece.len() > limit {
                pass_over(body).await;
                return Err(Refusal::too_large(limit));
            }
            content.extend_from_slice(&piece);
        }
    }
}

/// Reads on without keeping anything, within bounds: many clients send all of a body before they
/// listen, and would never hear why it is refused.
async fn pass_over(mut body: Incoming) {
    let mut passed = 0;
    let reading = async {
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(GAP, body.frame()).await {
            passed += frame.data_ref().map_or(0, Bytes::len);
            if passed > MOST_PASSED_OVER {
                return;
            }
        }
    };
    // Who is slower than that does without the answer.
    let _ = tokio::time::timeout(PASSING, reading).await;
}

fn stalled() -> Refusal {
    let reason = "the body did not arrive in time";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", reason).remedy("send it again")
}

/// Who speaks through `peer`: walks X-Forwarded-For from the right as long as trusted proxies
/// wrote it.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let trusts = |address: IpAddr| trusted.iter().any(|n| n.contains(address));
    let mut client = peer.to_canonical();
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for name in named.iter().rev() {
        if !trusts(client) {
            break;
        }
        match address(name.trim()) {
            Some(next) => client = next.to_canonical(),
            None => break,
        }
    }
    client
}

/// An address, with or without brackets and port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// Whether the browser spoke https: to us, or to the trusted proxy before us.
pub(super) fn https(peer: IpAddr, headers: &HeaderMap, trusted: &[Network], tls: bool) -> bool {
    let forwarded = headers
        .get("x-forwarded-proto")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .map(str::trim);
    match forwarded {
        Some(proto) if trusted.iter().any(|n| n.contains(peer)) => {
            proto.eq_ignore_ascii_case("https")
        }
        _ => tls,
    }
}
