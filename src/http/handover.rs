//! An event stream takes its HTTP/1 connection over.
//!
//! hyper keeps a buffer for reading and one for writing, 8 KB each, for as long as a connection lives.
//! Of ten thousand connected visitors nearly all are silent: their streams are written past it, to the
//! bare connection, which then ends with the stream (RFC 9112 section 6.3, rule 8).

use super::body::Body;
use super::respond::Response;
use super::server::Place;
use futures_util::StreamExt;
use std::fmt::Write;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Marks a response whose connection it may take over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasting;

/// Where a connection's requests put the response that takes it over. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Handover(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    response: Option<Response>,
    waker: Option<Waker>,
    /// Something written before still waits for room: the stream has to wait behind it.
    full: bool,
}

impl Handover {
    /// Gives a response back to be sent as any, or takes the connection over and never returns.
    pub async fn consider(&self, response: Response) -> Response {
        if response.extensions().get::<Lasting>().is_none() {
            return response;
        }
        self.change(|state| state.response = Some(response));
        pending().await
    }

    /// The response that takes over, once all before it is written.
    pub async fn taken(&self) -> Response {
        poll_fn(|cx| {
            let mut state = self.state();
            state.waker = Some(cx.waker().clone());
            match state.full {
                true => Poll::Pending,
                false => state.response.take().map_or(Poll::Pending, Poll::Ready),
            }
        })
        .await
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that tells its [`Handover`] when it takes no more for now.
pub(super) struct Watched<I> {
    io: I,
    full: bool,
    handover: Handover,
}

impl<I> Watched<I> {
    pub fn new(io: I, handover: &Handover) -> Self {
        Self {
            io,
            full: false,
            handover: handover.clone(),
        }
    }

    pub fn into_inner(self) -> I {
        self.io
    }

    fn note(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if self.full != written.is_pending() {
            self.full = written.is_pending();
            self.handover
                .change(|state| state.full = written.is_pending());
        }
        written
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, room)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Writes an event stream until it ends or its receiver leaves. `place` is held that long.
pub(super) async fn stream<I>(place: Place, io: I, response: Response)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let (reading, writing) = tokio::io::split(io);
    tokio::select! {
        () = left(reading) => {}
        _ = pump(writing, response) => {}
    }
    drop(place);
}

/// Waits until the other side closes. What it says meanwhile, it says to nobody.
async fn left(mut reading: impl AsyncRead + Unpin) {
    let mut room = [0; 64];
    while let Ok(1..) = reading.read(&mut room).await {}
}

async fn pump(mut writing: impl AsyncWrite + Unpin, response: Response) -> io::Result<()> {
    let (head, body) = taken_apart(response);
    writing.write_all(head.as_bytes()).await?;
    drop(head);
    if let Body::Stream(mut pieces) = body {
        while let Some(piece) = pieces.next().await {
            writing.write_all(&piece).await?;
            writing.flush().await?;
        }
    }
    writing.shutdown().await
}

/// The head as HTTP/1.1 writes it, and the body.
fn taken_apart(response: Response) -> (String, Body) {
    let (parts, body) = response.into_parts();
    let date = httpdate::fmt_http_date(SystemTime::now());
    let mut head = format!(
        "HTTP/1.1 {}\r\ndate: {date}\r\nconnection: close\r\n",
        parts.status
    );
    for (name, value) in &parts.headers {
        // Every value of ours is text: see `respond::With`.
        let _ = write!(
            head,
            "{name}: {}\r\n",
            String::from_utf8_lossy(value.as_bytes())
        );
    }
    head.push_str("\r\n");
    (head, body)
}
