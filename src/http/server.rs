//! Accepting connections and serving requests on them.
//!
//! One task per connection. A panic in a handler costs that request only: it is answered 500 with
//! an id. When told to close, the server stops accepting, ends event streams, lets running requests
//! finish for [`DRAIN`], and then drops what is left.

use super::refusal::Refusal;
use super::request::{self, Request};
use super::respond::{self, Response, With};
use super::router::{self, Asked, Found, Router};
use super::{Answer, connection, origin};
use crate::clock::Clock;
use crate::config::Network;
use crate::tls::Certificate;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::STRICT_TRANSPORT_SECURITY;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// How long running requests may take to finish once the server closes.
pub const DRAIN: Duration = Duration::from_secs(10);
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
    pub(super) terms: Terms,
    counters: Arc<Counters>,
    pub(super) closing: watch::Receiver<bool>,
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
        // Nothing is ever said here: it ends once the last connection has let go.
        let (alive, mut ended) = mpsc::channel::<Infallible>(1);
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
                    admit(&server, &places, alive.clone(), stream, peer);
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "cannot accept HTTP connections for now");
                    }
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        drop((listener, alive));
        if tokio::time::timeout(DRAIN, ended.recv()).await.is_err() {
            tracing::warn!("HTTP requests still running after 10 s were dropped");
        }
    }

    /// Answers one request.
    pub(super) async fn answer(&self, from: Peer, request: hyper::Request<Incoming>) -> Response {
        let (parts, body) = request.into_parts();
        let trusted = &self.terms.trusted_proxies;
        let request = Request {
            client: request::client(from.address, &parts.headers, trusted),
            relayed: trusted.iter().any(|n| n.contains(from.address)),
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
pub(super) struct Peer {
    pub address: IpAddr,
    pub tls: bool,
}

/// A connection's place among the open ones, for as long as it lives.
pub(super) struct Place {
    counters: Arc<Counters>,
    _permit: OwnedSemaphorePermit,
    _alive: mpsc::Sender<Infallible>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.counters.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn admit<S: Clone + Send + Sync + 'static>(
    server: &Arc<Server<S>>,
    places: &Arc<Semaphore>,
    alive: mpsc::Sender<Infallible>,
    stream: TcpStream,
    peer: SocketAddr,
) {
    let Ok(permit) = places.clone().try_acquire_owned() else {
        // Said without waiting; who does not read it learns from the closed connection.
        let _ = stream.try_write(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        return;
    };
    server.counters.open.fetch_add(1, Ordering::Relaxed);
    let place = Place {
        counters: server.counters.clone(),
        _permit: permit,
        _alive: alive,
    };
    tokio::spawn(connection::serve(server.clone(), place, stream, peer.ip()));
}
