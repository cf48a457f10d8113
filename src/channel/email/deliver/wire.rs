//! Lines out, answers in, under a time limit and a size limit each.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::reply::Reply;

/// RFC 5321 section 4.5.3.1.5 says 512 octets; real servers write more.
const MAX_LINE: u64 = 4096;

/// More lines than any honest answer has.
const MAX_LINES: usize = 200;

/// What a session runs over: a plain socket, or TLS on one.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One side of an SMTP conversation.
pub struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

impl Wire {
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Gives the stream back for a TLS handshake. Anything the server said before it is an
    /// attack or a broken server (CVE-2011-0411) and is refused.
    pub fn into_stream(self) -> io::Result<Box<dyn Stream>> {
        match self.stream.buffer() {
            [] => Ok(self.stream.into_inner()),
            _ => Err(invalid("it spoke before the TLS handshake")),
        }
    }

    /// Sends one command (or several at once), and reads one answer.
    pub async fn ask(&mut self, command: &str, limit: Duration) -> io::Result<Reply> {
        self.send(command.as_bytes(), limit).await?;
        self.reply(limit).await
    }

    pub async fn send(&mut self, bytes: &[u8], limit: Duration) -> io::Result<()> {
        within(limit, async {
            self.stream.get_mut().write_all(bytes).await?;
            self.stream.get_mut().flush().await
        })
        .await
    }

    /// Reads one answer; every line of it must bear the same code.
    pub async fn reply(&mut self, limit: Duration) -> io::Result<Reply> {
        within(limit, self.read_reply()).await
    }

    async fn read_reply(&mut self) -> io::Result<Reply> {
        let (code, mut more, text) = self.read_line().await?;
        let mut lines = vec![text];
        while more {
            let (next, again, text) = self.read_line().await?;
            if next != code || lines.len() == MAX_LINES {
                return Err(invalid("its answer makes no sense"));
            }
            more = again;
            lines.push(text);
        }
        Ok(Reply { code, lines })
    }

    async fn read_line(&mut self) -> io::Result<(u16, bool, String)> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stream).take(MAX_LINE);
        limited.read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.strip_suffix(b"\n").ok_or_else(cut)?;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Reply::line(text).ok_or_else(|| invalid("its answer is not SMTP"))
    }
}

/// As `tokio::time::timeout`, the time-out being an I/O error like any other.
pub async fn within<T>(
    limit: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// An I/O error in words that fit after "because": "it did not answer in time".
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => "it did not answer in time".into(),
        io::ErrorKind::ConnectionRefused => "nothing listens there".into(),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => "it closed the connection".into(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "it cannot be reached".into()
        }
        _ => error.to_string(),
    }
}
