//! One connection: which HTTP it speaks, until it ends, the server closes, or an event stream takes
//! it over.

use super::handover::{self, Handover, Watched};
use super::server::{Peer, Place, Server};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What is written and not acknowledged for this long means that nobody is there.
const LOST_MS: u32 = 25_000;

/// Serves what comes by `stream`. Which HTTP is spoken TLS agrees on; in the clear no browser speaks
/// another than HTTP/1.
pub(super) async fn serve<S: Clone + Send + Sync + 'static>(
    server: Arc<Server<S>>,
    place: Place,
    stream: TcpStream,
    address: IpAddr,
) {
    prepare(&stream);
    let Some(certificate) = &server.terms.certificate else {
        let peer = Peer {
            address,
            tls: false,
        };
        return one(server, place, stream, peer).await;
    };
    let handshake = certificate.acceptor().accept(stream);
    if let Ok(Ok(stream)) = tokio::time::timeout(server.terms.head, handshake).await {
        let peer = Peer { address, tls: true };
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => two(server, place, stream, peer).await,
            _ => one(server, place, stream, peer).await,
        }
    }
}

/// A lost client is noticed by what it no longer acknowledges: heartbeats see to it that there is
/// always something.
fn prepare(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, LOST_MS);
}

/// HTTP/1.
async fn one<S, I>(server: Arc<Server<S>>, place: Place, stream: I, peer: Peer)
where
    S: Clone + Send + Sync + 'static,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handover = Handover::default();
    let service = service_fn({
        let (server, handover) = (server.clone(), handover.clone());
        move |request: hyper::Request<Incoming>| {
            let (server, handover) = (server.clone(), handover.clone());
            Box::pin(async move {
                let response = server.answer(peer, request).await;
                Ok::<_, Infallible>(handover.consider(response).await)
            })
        }
    });
    let io = TokioIo::new(Watched::new(stream, &handover));
    let mut conversation = http1_builder(server.terms.head).serve_connection(io, service);
    let mut closing = server.closing.clone();
    let mut closing = pin!(closing.wait_for(|closing| *closing));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut conversation => return,
            response = handover.taken() => {
                let stream = conversation.into_parts().io.into_inner().into_inner();
                // In a task of its own, which holds no more than a stream needs.
                tokio::spawn(handover::stream(place, stream, response));
                return;
            }
            _ = &mut closing, if !told => {
                told = true;
                std::pin::Pin::new(&mut conversation).graceful_shutdown();
            }
        }
    }
}

fn http1_builder(head: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(64 * 1024);
    builder
}

/// HTTP/2.
async fn two<S, I>(server: Arc<Server<S>>, place: Place, stream: I, peer: Peer)
where
    S: Clone + Send + Sync + 'static,
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let heard = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let (server, heard) = (server.clone(), heard.clone());
        move |request| {
            heard.store(true, Ordering::Relaxed);
            let server = server.clone();
            // In a box that goes once it has answered: an event stream then holds only what it needs.
            Box::pin(async move { Ok::<_, Infallible>(server.answer(peer, request).await) })
        }
    });
    let mut conversation = pin!(http2_builder().serve_connection(TokioIo::new(stream), service));
    let mut closing = server.closing.clone();
    let mut closing = pin!(closing.wait_for(|closing| *closing));
    let mut early = pin!(tokio::time::sleep(server.terms.head));
    let (mut told, mut late) = (false, false);
    loop {
        tokio::select! {
            _ = &mut conversation => break,
            _ = &mut closing, if !told => {
                told = true;
                conversation.as_mut().graceful_shutdown();
            }
            () = &mut early, if !late => match heard.load(Ordering::Relaxed) {
                true => late = true,
                false => break,
            },
        }
    }
    drop(place);
}

fn http2_builder() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(super::sse::HEARTBEAT)
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
