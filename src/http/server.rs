//! Accepting connections and serving requests on them.
//!
//! One task per connection. A panic in a handler costs that request only: it is answered 500 with
//! an id. When told to close, the server stops accepting, ends event streams, lets running requests
//! finish for [`DRAIN`], and then drops what is left.

use super::refusal::Refusal;
use super::request::{self, Request};
use super::respond::{self, Response, With};
use super::router::{self, Asked, Found, Router};
use super::{Answer, origin};
use crate::clock::Clock;
use crate::config::Network;
use crate::tls::Certificate;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::STRICT_TRANSPORT_SECURITY;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// How long running requests may take to finish once the server closes.
pub const DRAIN: Duration = Duration::from_secs(10);
/// What is written and not acknowledged for this long means that nobody is there.
const LOST_MS: u32 = 25_000;
/// Pause after a failed accept, which usually means that descriptors ran out.
const BREATH: Duration = Duration::from_millis(100);

/// How a server serves.
#[derive(Clone)]
pub struct Terms {
    pub trusted_proxies: Vec<Network>,
    /// Scheme and host people reach us by, for the origin check.
    pub public_url: Option<String>,
    pub certificate: Option<Certificate>,
    /// Open connections at most; 0 is no limit.
    pub connections: u32,
    /// A connection whose first request, or a later one's head, takes longer is dropped.
    pub head: Duration,
    pub clock: Clock,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            public_url: None,
            certificate: None,
            connections: 0,
            head: Duration::from_secs(60),
            clock: Clock::default(),
        }
    }
}

/// What the server did so far.
#[derive(Debug, Default)]
pub struct Counters {
    pub requests: AtomicU64,
    /// Answered with 5xx.
    pub failures: AtomicU64,
    /// Connections open now.
    pub open: AtomicU64,
}

/// A router with its state, ready to serve.
pub struct Server<S> {
    router: Router<S>,
    state: S,
    terms: Terms,
    counters: Arc<Counters>,
    closing: watch::Receiver<bool>,
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// `closing` turns true when the server is to stop.
    pub fn new(router: Router<S>, state: S, terms: Terms, closing: watch::Receiver<bool>) -> Self {
        Self {
            router,
            state,
            terms,
            counters: Arc::default(),
            closing,
        }
    }

    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Serves until told to close and drained.
    pub async fn run(self, listener: TcpListener) {
        let server = Arc::new(self);
        let graceful = GracefulShutdown::new();
        let limit = match server.terms.connections {
            0 => Semaphore::MAX_PERMITS,
            some => some as usize,
        };
        let places = Arc::new(Semaphore::new(limit));
        let mut closing = server.closing.clone();
        let mut failing = false;
        loop {
            let accepted = tokio::select! {
                _ = closing.wait_for(|closing| *closing) => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    admit(&server, &places, graceful.watcher(), stream, peer);
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "cannot accept HTTP connections for now");
                    }
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        drop(listener);
        if tokio::time::timeout(DRAIN, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("HTTP requests still running after 10 s were dropped");
        }
    }

    /// Answers one request.
    async fn answer(&self, from: Peer, request: hyper::Request<Incoming>) -> Response {
        let (parts, body) = request.into_parts();
        let trusted = &self.terms.trusted_proxies;
        let request = Request {
            client: request::client(from.address, &parts.headers, trusted),
            https: request::https(from.address, &parts.headers, trusted, from.tls),
            closing: self.closing.clone(),
            at: self.terms.clock.now(),
            params: Vec::new(),
            body: Some(body),
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
        };
        let asked = Asked {
            method: request.method.clone(),
            path: request.path().to_owned(),
            headers: request.headers.clone(),
        };
        let https = request.https;
        let response = match self.route(request).await {
            Ok(response) => response,
            Err(refusal) => self.router.show(&self.state, &asked, &refusal),
        };
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        if response.status().is_server_error() {
            self.counters.failures.fetch_add(1, Ordering::Relaxed);
        }
        let head = asked.method == hyper::Method::HEAD;
        let response = respond::finish(response, &asked.headers, head);
        match https {
            true => response.with(STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
            false => response,
        }
    }

    async fn route(&self, mut request: Request) -> Answer {
        let (pattern, handler, params) = match self.router.find(&request.method, request.path()) {
            Found::Refused(refusal) => return Err(refusal),
            Found::Elsewhere(path) => return Ok(router::elsewhere(&path, request.uri.query())),
            Found::Route {
                pattern,
                handler,
                params,
            } => (pattern, handler, params),
        };
        origin::check(&request, self.terms.public_url.as_deref())?;
        request.params = params;
        let method = request.method.clone();
        let work = AssertUnwindSafe(async { handler(self.state.clone(), request).await });
        let answer = work.catch_unwind().await.unwrap_or_else(|panic| {
            Err(Refusal::internal(format!(
                "{method} {pattern}: {}",
                words(&*panic)
            )))
        });
        // The pattern, never the path: paths may carry one-time links.
        tracing::debug!(%method, pattern, ok = answer.is_ok(), "served");
        answer
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words")
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
struct Peer {
    address: IpAddr,
    tls: bool,
}

fn admit<S: Clone + Send + Sync + 'static>(
    server: &Arc<Server<S>>,
    places: &Arc<Semaphore>,
    watcher: Watcher,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let Ok(place) = places.clone().try_acquire_owned() else {
        // Said without waiting; who does not read it learns from the closed connection.
        let _ = stream.try_write(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        return;
    };
    let server = server.clone();
    server.counters.open.fetch_add(1, Ordering::Relaxed);
    tokio::spawn(async move {
        prepare(&stream);
        connection(&server, watcher, stream, peer.ip()).await;
        server.counters.open.fetch_sub(1, Ordering::Relaxed);
        drop(place);
    });
}

/// A lost client is noticed by what it no longer acknowledges: heartbeats see to it that there is
/// always something.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, LOST_MS);
}

async fn connection<S: Clone + Send + Sync + 'static>(
    server: &Arc<Server<S>>,
    watcher: Watcher,
    stream: TcpStream,
    address: IpAddr,
) {
    let Some(certificate) = &server.terms.certificate else {
        let peer = Peer {
            address,
            tls: false,
        };
        return serve(server.clone(), watcher, stream, peer, Spoken::One).await;
    };
    let handshake = certificate.acceptor().accept(stream);
    if let Ok(Ok(stream)) = tokio::time::timeout(server.terms.head, handshake).await {
        let peer = Peer { address, tls: true };
        let spoken = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Spoken::Two,
            _ => Spoken::One,
        };
        serve(server.clone(), watcher, stream, peer, spoken).await;
    }
}

/// Which HTTP a connection speaks: TLS agreed on it, and in the clear no browser speaks another than
/// HTTP/1. Listening for which it might be would cost every event stream some kilobytes.
#[derive(Debug, Clone, Copy)]
enum Spoken {
    One,
    Two,
}

async fn serve<S, I>(
    server: Arc<Server<S>>,
    watcher: Watcher,
    stream: I,
    peer: Peer,
    spoken: Spoken,
) where
    S: Clone + Send + Sync + 'static,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let head = server.terms.head;
    let heard = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let heard = heard.clone();
        move |request| {
            heard.store(true, Ordering::Relaxed);
            let server = server.clone();
            // In a box that goes once it has answered: an event stream then holds only what it needs.
            Box::pin(async move { Ok::<_, Infallible>(server.answer(peer, request).await) })
        }
    });
    let builder = builder(head, spoken);
    let conversation = watcher.watch(
        builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned(),
    );
    // hyper's own limit on the head starts only once it knows which HTTP is spoken.
    let mut conversation = pin!(conversation);
    let early = tokio::time::timeout(head, conversation.as_mut()).await;
    if early.is_err() && heard.load(Ordering::Relaxed) {
        let _ = conversation.await;
    }
}

fn builder(head: Duration, spoken: Spoken) -> auto::Builder<TokioExecutor> {
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = match spoken {
        Spoken::One => builder.http1_only(),
        Spoken::Two => builder.http2_only(),
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(super::sse::HEARTBEAT)
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
