//! Server-sent events (WHATWG HTML section 9.2).
//!
//! [`respond`] turns any stream of [`Event`]s into an answer that lasts. Events are pulled only as
//! fast as the receiver reads, so nothing piles up: a stream that follows the journal simply waits.
//! Whoever would rather push uses [`channel`], which hangs up on a receiver that falls behind.

use super::body::Body;
use super::handover::Lasting;
use super::request::Request;
use super::respond::{self, Response, With};
use bytes::Bytes;
use futures_util::Stream;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderName};
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

/// How often a silent stream says that it lives.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// What may wait for a slow receiver before it is hung up on.
const PATIENCE: usize = 64;

/// One event, encoded once however many receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event(Bytes);

impl Event {
    /// `id` is what comes back as `Last-Event-ID`; `name` the event's type, "message" if unnamed.
    pub fn new(id: Option<u64>, name: Option<&str>, data: &str) -> Self {
        let mut text = String::with_capacity(data.len() + 48);
        if let Some(id) = id {
            let _ = writeln!(text, "id: {id}");
        }
        if let Some(name) = name {
            let _ = writeln!(text, "event: {name}");
        }
        for line in data.split('\n') {
            let _ = writeln!(
                text,
                "data: {}",
                line.trim_end_matches('\r').replace('\r', " ")
            );
        }
        text.push('\n');
        Self(text.into())
    }

    pub fn json<T: serde::Serialize>(id: Option<u64>, name: Option<&str>, value: &T) -> Self {
        Self::new(id, name, &serde_json::to_string(value).unwrap_or_default())
    }
}

/// Where the receiver left off: `Last-Event-ID`, else the query's `since`, else `None`.
pub fn resume(request: &Request) -> Option<u64> {
    let header = request.header("last-event-id").map(str::to_owned);
    header
        .or_else(|| request.query().given("since").map(str::to_owned))
        .and_then(|v| v.trim().parse().ok())
}

/// Answers with `events` until they end, the receiver leaves, or the server closes.
pub fn respond<E>(request: &Request, events: E) -> Response
where
    E: Stream<Item = Event> + Send + 'static,
{
    let mut closing = request.closing.clone();
    let stream = Wire {
        events: Box::pin(events),
        beat: Box::pin(tokio::time::sleep(HEARTBEAT)),
        closing: Box::pin(async move {
            // An error means that the server is gone altogether.
            let _ = closing.wait_for(|closing| *closing).await;
        }),
        opened: false,
    };
    let mut response = respond::bytes(StatusCode::OK, "text/event-stream", Bytes::new())
        .with(CACHE_CONTROL, "no-cache, no-transform")
        // nginx would otherwise hold events back until its buffer is full.
        .with(HeaderName::from_static("x-accel-buffering"), "no");
    *response.body_mut() = Body::Stream(Box::pin(stream));
    response.extensions_mut().insert(Lasting);
    response
}

/// The events on their way out, with a greeting before and heartbeats between.
struct Wire {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
    beat: Pin<Box<Sleep>>,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
    opened: bool,
}

impl Stream for Wire {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if !self.opened {
            self.opened = true;
            return Poll::Ready(Some(Bytes::from_static(b"retry: 2000\n\n")));
        }
        if self.closing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(event) = self.events.as_mut().poll_next(cx) {
            self.beat.as_mut().reset(Instant::now() + HEARTBEAT);
            return Poll::Ready(event.map(|Event(bytes)| bytes));
        }
        if self.beat.as_mut().poll(cx).is_ready() {
            self.beat.as_mut().reset(Instant::now() + HEARTBEAT);
            return Poll::Ready(Some(Bytes::from_static(b":\n\n")));
        }
        Poll::Pending
    }
}

/// The pushing end of a [`channel`].
#[derive(Debug, Clone)]
pub struct Outlet(mpsc::Sender<Event>);

/// The receiver left, or fell so far behind that it was hung up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl Outlet {
    /// Hands an event over without waiting.
    pub fn push(&self, event: Event) -> Result<(), Gone> {
        self.0.try_send(event).map_err(|_| Gone)
    }

    /// Hands an event over when there is room.
    pub async fn feed(&self, event: Event) -> Result<(), Gone> {
        self.0.send(event).await.map_err(|_| Gone)
    }

    /// Waits until the receiver has left.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// An outlet and the stream it feeds. Dropping every outlet ends the stream.
pub fn channel() -> (Outlet, impl Stream<Item = Event> + Send + 'static) {
    let (sender, mut receiver) = mpsc::channel(PATIENCE);
    let stream = futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx));
    (Outlet(sender), stream)
}
