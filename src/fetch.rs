//! The one HTTP client: files strangers name, remote pictures, Meta's Graph, outgoing webhooks.
//!
//! An address strangers made us fetch is resolved once, refused unless it is public, and connected to
//! as resolved: a name that answers differently the second time changes nothing. Redirects are judged
//! anew. An address an operator configured may be anywhere. Nothing of a request is ever logged: its
//! URL or body may hold a token.

use crate::config::Network;
use crate::rules::public_address::is_public;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::Url;

/// Redirects followed at most.
const HOPS: usize = 3;
/// What we call ourselves.
const AGENT: &str = concat!("Casella/", env!("CARGO_PKG_VERSION"));

/// Whose word an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// A stranger's: public addresses only, and no other scheme than https (http where `[fetch] allow`
    /// opens the network).
    Stranger,
    /// A stranger's, and old habits count: public addresses only, http as well as https. For pictures in
    /// mails, which nothing but an eye relies on.
    Picture,
    /// The operator's own configuration.
    Operator,
}

/// Bounds of one fetch.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of the answer's body.
    pub most: usize,
    /// In all, redirects included.
    pub time: Duration,
}

impl Bounds {
    /// Remote pictures and files of messages (TRUST.md).
    pub const PICTURE: Bounds = Bounds {
        most: 5 * 1024 * 1024,
        time: Duration::from_secs(10),
    };
    /// Files of Messenger: Meta sends up to 25 MB.
    pub const FILE: Bounds = Bounds {
        most: 26 * 1024 * 1024,
        time: Duration::from_secs(60),
    };
    /// A call of an API.
    pub const CALL: Bounds = Bounds {
        most: 1024 * 1024,
        time: Duration::from_secs(15),
    };
    /// A call that brings a file: Meta alone takes up to 75 s over a video.
    pub const UPLOAD: Bounds = Bounds {
        most: 1024 * 1024,
        time: Duration::from_secs(120),
    };
}

/// What to send.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

impl Call {
    pub fn get(url: Url) -> Call {
        Call {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why nothing came back. Never holds the URL's query, which may hold a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Not https, no host, or an address we do not go to.
    Forbidden(&'static str),
    /// No such name, refused, no connection in time: nothing was asked.
    Unreachable(String),
    /// The connection ended after the request went out; whether the other side acted is unknown.
    BrokenOff(String),
    /// Longer than asked for.
    TooLarge,
    /// It took too long; whether the other side acted is unknown.
    TimedOut,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Forbidden(why) => f.write_str(why),
            Problem::Unreachable(why) => write!(f, "could not be reached: {why}"),
            Problem::BrokenOff(why) => write!(f, "the connection broke off: {why}"),
            Problem::TooLarge => f.write_str("the answer is too large"),
            Problem::TimedOut => f.write_str("no answer in time"),
        }
    }
}

impl std::error::Error for Problem {}

/// The client. Clones share their settings.
#[derive(Clone)]
pub struct Fetcher {
    tls: TlsConnector,
    allow: Arc<[Network]>,
}

impl Fetcher {
    /// `allow`: networks strangers' addresses may lie in although they are not public.
    pub fn new(allow: &[Network]) -> Fetcher {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Fetcher {
            tls: TlsConnector::from(Arc::new(config)),
            allow: allow.into(),
        }
    }

    /// Sends a call; redirects of a GET are followed, each judged anew.
    ///
    /// # Errors
    /// [`Problem`]; a status of 4xx or 5xx is a [`Reply`].
    pub async fn send(
        &self,
        mut call: Call,
        trust: Trust,
        bounds: Bounds,
    ) -> Result<Reply, Problem> {
        let end = Instant::now() + bounds.time;
        for _ in 0..=HOPS {
            let reply = self.once(&call, trust, bounds.most, end).await?;
            let next = reply.headers.get(LOCATION).and_then(|to| to.to_str().ok());
            match next.filter(|_| reply.status.is_redirection() && call.method == Method::GET) {
                Some(to) => {
                    call.url = call
                        .url
                        .join(to)
                        .map_err(|_| Problem::Forbidden("a redirect to no address"))?;
                    // What was meant for the first host is none of the next one's business.
                    call.headers.clear();
                }
                None => return Ok(reply),
            }
        }
        Err(Problem::Forbidden("too many redirects"))
    }

    /// The same, but a redirect is the reply.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_once(
        &self,
        call: Call,
        trust: Trust,
        bounds: Bounds,
    ) -> Result<Reply, Problem> {
        let end = Instant::now() + bounds.time;
        self.once(&call, trust, bounds.most, end).await
    }

    /// Time-outs before and after the request went out are two things: only the former may be tried
    /// again without a thought.
    async fn once(
        &self,
        call: &Call,
        trust: Trust,
        most: usize,
        end: Instant,
    ) -> Result<Reply, Problem> {
        let host = call
            .url
            .host_str()
            .ok_or(Problem::Forbidden("the address has no host"))?;
        let unmet = |_| Problem::Unreachable("no connection in time".into());
        let late = |_| Problem::TimedOut;
        let stream = timeout_at(end, self.connect(&call.url, host, trust)).await;
        let stream = stream.map_err(unmet)??;
        if call.url.scheme() == "https" {
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
            let name = name.map_err(|_| Problem::Forbidden("the host is no name for TLS"))?;
            let stream = timeout_at(end, self.tls.connect(name, stream)).await;
            let stream = stream
                .map_err(unmet)?
                .map_err(|e| Problem::Unreachable(e.to_string()))?;
            timeout_at(end, speak(stream, call, most))
                .await
                .map_err(late)?
        } else {
            timeout_at(end, speak(stream, call, most))
                .await
                .map_err(late)?
        }
    }

    async fn connect(&self, url: &Url, host: &str, trust: Trust) -> Result<TcpStream, Problem> {
        let port = url
            .port_or_known_default()
            .ok_or(Problem::Forbidden("the address has no port"))?;
        let address = self.resolve(url, host, port, trust).await?;
        let stream = TcpStream::connect(address)
            .await
            .map_err(|e| Problem::Unreachable(e.to_string()))?;
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// The one address to connect to, judged.
    async fn resolve(
        &self,
        url: &Url,
        host: &str,
        port: u16,
        trust: Trust,
    ) -> Result<SocketAddr, Problem> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err(Problem::Forbidden("only http and https are fetched"));
        }
        let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await;
        let found: Vec<_> = found
            .map_err(|e| Problem::Unreachable(e.to_string()))?
            .collect();
        if trust == Trust::Operator {
            return found
                .first()
                .copied()
                .ok_or_else(|| Problem::Unreachable("the name has no address".into()));
        }
        // One private answer among public ones is an attack, not an accident.
        if found.is_empty() || !found.iter().all(|address| self.is_open(address.ip())) {
            return Err(Problem::Forbidden(
                "the address is not on the public internet",
            ));
        }
        let opened = self
            .allow
            .iter()
            .any(|network| network.contains(found[0].ip()));
        let plain = trust == Trust::Picture || opened;
        if url.scheme() != "https" && !plain {
            return Err(Problem::Forbidden("only https is fetched"));
        }
        Ok(found[0])
    }

    fn is_open(&self, address: IpAddr) -> bool {
        is_public(address) || self.allow.iter().any(|network| network.contains(address))
    }
}

/// One request over one connection.
async fn speak<S>(stream: S, call: &Call, most: usize) -> Result<Reply, Problem>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |e: hyper::Error| match e.is_canceled() {
        // Closed before the request was written.
        true => Problem::Unreachable(e.to_string()),
        false => Problem::BrokenOff(e.to_string()),
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| Problem::Unreachable(e.to_string()))?;
    let driver = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request(call)?).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let body = gather(body, most).await?;
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            body,
        })
    };
    let reply = answer.await;
    driver.abort();
    reply
}

fn request(call: &Call) -> Result<Request<Full<Bytes>>, Problem> {
    let target = &call.url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &call.url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::builder()
        .method(&call.method)
        .uri(target)
        .header(HOST, host);
    request = request.header(USER_AGENT, AGENT);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let body = Full::new(call.body.clone());
    request
        .body(body)
        .map_err(|_| Problem::Forbidden("the address cannot be asked for"))
}

async fn gather(mut body: hyper::body::Incoming, most: usize) -> Result<Bytes, Problem> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Problem::BrokenOff(e.to_string()))?;
        if let Ok(data) = frame.into_data() {
            if all.len() + data.len() > most {
                return Err(Problem::TooLarge);
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(all.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers every connection with `answer`, on a real socket.
    async fn site(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let mut asked = [0; 4096];
                let _ = peer.read(&mut asked).await;
                let _ = peer.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    fn loopback() -> Fetcher {
        Fetcher::new(&["127.0.0.0/8".parse().unwrap()])
    }

    async fn fetch(fetcher: &Fetcher, url: &str, trust: Trust) -> Result<Reply, Problem> {
        let bounds = Bounds {
            most: 100,
            time: Duration::from_secs(5),
        };
        fetcher
            .send(Call::get(Url::parse(url).unwrap()), trust, bounds)
            .await
    }

    #[tokio::test]
    async fn a_stranger_cannot_make_us_look_inside() {
        let inside = site("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
        let shut = Fetcher::new(&[]);
        for url in [
            format!("http://{inside}/"),
            format!("http://localhost:{}/", inside.port()),
            format!("http://[::ffff:127.0.0.1]:{}/", inside.port()),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "https://10.0.0.1/".to_owned(),
            "ftp://127.0.0.1/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            for trust in [Trust::Stranger, Trust::Picture] {
                let refused = fetch(&shut, &url, trust).await;
                assert!(
                    matches!(refused, Err(Problem::Forbidden(_))),
                    "{url}: {refused:?}"
                );
            }
        }
        let named_by_us = fetch(&shut, &format!("http://{inside}/"), Trust::Operator)
            .await
            .unwrap();
        assert_eq!(&named_by_us.body[..], b"secret");
    }

    #[tokio::test]
    async fn a_redirect_is_judged_like_the_first_address() {
        let sly =
            site("HTTP/1.1 302 Found\r\nlocation: http://10.1.2.3/\r\ncontent-length: 0\r\n\r\n")
                .await;
        let refused = fetch(&loopback(), &format!("http://{sly}/"), Trust::Stranger).await;
        assert_eq!(
            refused.unwrap_err(),
            Problem::Forbidden("the address is not on the public internet")
        );
        let round = site("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n").await;
        let refused = fetch(&loopback(), &format!("http://{round}/"), Trust::Stranger).await;
        assert_eq!(
            refused.unwrap_err(),
            Problem::Forbidden("too many redirects")
        );
    }

    #[tokio::test]
    async fn what_broke_before_it_was_asked_is_told_from_what_broke_after() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gone = listener.local_addr().unwrap();
        drop(listener);
        let nobody = fetch(&loopback(), &format!("http://{gone}/"), Trust::Stranger).await;
        assert!(matches!(nobody, Err(Problem::Unreachable(_))), "{nobody:?}");
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                let (mut peer, _) = listener.accept().await.unwrap();
                let _ = peer.read(&mut [0; 4096]).await;
                let _ = peer.write_all(answer.as_bytes()).await;
            });
            let broken = fetch(&loopback(), &format!("http://{address}/"), Trust::Stranger).await;
            assert!(matches!(broken, Err(Problem::BrokenOff(_))), "{broken:?}");
        }
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut_off() {
        let long = site("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789!").await;
        let refused = fetch(&loopback(), &format!("http://{long}/"), Trust::Stranger).await;
        assert_eq!(refused.unwrap_err(), Problem::TooLarge);
    }
}
