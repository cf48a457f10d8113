//! A client that says what it is told and reads whole replies.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// How long a reply may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client<S> {
    stream: BufReader<S>,
    patience: Duration,
}

impl Client<TcpStream> {
    pub async fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).await.expect("a listener"))
    }

    /// Connects and reads the greeting.
    pub async fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        assert_eq!(client.reply().await, "220 mx.test.example ESMTP Casella");
        client
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
            patience: PATIENCE,
        }
    }

    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub fn into_stream(self) -> S {
        self.stream.into_inner()
    }

    /// Sends bytes as they are. A server that hung up is noticed by what it no longer says.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Sends a line and reads the reply.
    pub async fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n")).await;
        self.reply().await
    }

    /// A whole reply, its lines joined by `|`; `closed` or `nothing` where there is none.
    pub async fn reply(&mut self) -> String {
        timeout(self.patience, self.lines())
            .await
            .unwrap_or("nothing".into())
    }

    async fn lines(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = Vec::new();
            match self.stream.read_until(b'\n', &mut line).await {
                Ok(1..) => (),
                _ => return "closed".into(),
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.strip_suffix("\r\n").unwrap_or("a reply without CRLF");
            reply.push_str(line);
            if line.get(3..4) != Some("-") {
                return reply;
            }
            reply.push('|');
        }
    }

    /// Whether nothing more comes and the connection is closed.
    pub async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        let read = timeout(self.patience, self.stream.read(&mut byte)).await;
        matches!(read, Ok(Ok(0) | Err(_)))
    }

    /// EHLO, MAIL, RCPT and DATA; the reply to the last.
    pub async fn open_message(&mut self, recipient: &str) -> String {
        self.ask("EHLO client.example").await;
        self.ask("MAIL FROM:<ann@client.example>").await;
        self.ask(&format!("RCPT TO:<{recipient}>")).await;
        self.ask("DATA").await
    }
}
