//! One connection, from greeting to goodbye.

use std::{net::IpAddr, sync::Arc};

use bytes::BytesMut;
use mailin::{Session, SessionBuilder};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    Gate, Peer,
    canonical::{self, Command},
    clerk::{Clerk, SharedNotes},
    frame::{Frame, Framer},
    listen::{House, Mood},
    reply::Reply,
    wire::{Farewell, shutting_down},
};

/// Serves one client until it or we have had enough.
pub async fn run<G: Gate>(stream: TcpStream, ip: IpAddr, house: Arc<House<G>>) {
    // Replies are small and awaited; without this each could wait for the acknowledgement of the
    // one before.
    let _ = stream.set_nodelay(true);
    let ends = Instant::now() + house.config.limits.session;
    let peer = Peer {
        ip,
        helo: String::new(),
        extended: false,
        tls: None,
    };
    let mut plain = Conversation::new(stream, peer.clone(), house.clone(), ends);
    plain.greet();
    if let End::StartTls(stream) = Box::pin(plain.hold()).await {
        secure(stream, peer, house, ends).await;
    }
}

/// Goes on under TLS. Whatever was read in the clear is dropped with the conversation it belonged
/// to (CVE-2011-0411).
async fn secure<G: Gate>(stream: TcpStream, peer: Peer, house: Arc<House<G>>, ends: Instant) {
    let Some(certificate) = &house.config.tls else {
        return;
    };
    let handshake = Box::pin(certificate.acceptor().accept(stream));
    let Ok(Ok(stream)) = timeout(house.config.limits.tls, handshake).await else {
        tracing::debug!(ip = %peer.ip, "TLS handshake failed");
        return;
    };
    let tls = Some(describe(stream.get_ref().1));
    let secured = Conversation::new(stream, Peer { tls, ..peer }, house, ends);
    Box::pin(secured.hold()).await;
}

/// Version and cipher suite of a finished handshake, for trace headers.
fn describe(connection: &rustls::ServerConnection) -> String {
    let version = connection.protocol_version().and_then(|v| v.as_str());
    let suite = connection.negotiated_cipher_suite();
    let suite = suite.and_then(|s| s.suite().as_str());
    let words = [version, suite].into_iter().flatten();
    words
        .collect::<Vec<_>>()
        .join(" ")
        .replace("TLSv1_", "TLSv1.")
}

/// How a conversation ended.
enum End<S> {
    Closed,
    /// 220 was said to STARTTLS; the stream as it stands.
    StartTls(S),
}

/// What to do after a command.
enum Next {
    Listen,
    Close,
    StartTls,
}

/// A stretch of a session over one kind of stream.
pub struct Conversation<S, G: Gate> {
    pub(super) stream: S,
    pub(super) house: Arc<House<G>>,
    pub(super) mood: watch::Receiver<Mood>,
    core: Session<Clerk<G>>,
    pub(super) notes: SharedNotes,
    pub(super) framer: Framer,
    /// Read and not yet understood.
    pub(super) input: BytesMut,
    /// Said and not yet sent.
    pub(super) out: Vec<u8>,
    errors: u32,
    /// When the session ends, whatever it is doing.
    pub(super) ends: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, G: Gate> Conversation<S, G> {
    fn new(stream: S, peer: Peer, house: Arc<House<G>>, ends: Instant) -> Self {
        let ip = peer.ip;
        let notes = SharedNotes::new(peer);
        let clerk = Clerk {
            house: house.clone(),
            notes: notes.clone(),
        };
        Self {
            stream,
            mood: house.mood.subscribe(),
            core: SessionBuilder::new(&*house.config.hostname).build(ip, clerk),
            house,
            notes,
            framer: Framer::default(),
            input: BytesMut::new(),
            out: Vec::new(),
            errors: 0,
            ends,
        }
    }

    fn greet(&mut self) {
        let text = format!("{} ESMTP Casella", self.house.config.hostname);
        self.say(&Reply::new(220, "", text));
    }

    async fn hold(mut self) -> End<S> {
        let farewell = loop {
            match self.turn().await {
                Ok(Next::Listen) => (),
                Ok(Next::Close) => break Farewell::Gone,
                Ok(Next::StartTls) => return End::StartTls(self.stream),
                Err(farewell) => break farewell,
            }
        };
        self.part(farewell).await;
        End::Closed
    }

    /// One command and all that belongs to it.
    async fn turn(&mut self) -> Result<Next, Farewell> {
        let reply = match self.next_frame().await? {
            Frame::TooLong => Reply::new(500, "5.5.2", "Line too long"),
            Frame::Line(line) => self.answer(canonical::read(&line)),
        };
        match reply.code {
            220 => {
                self.say(&reply);
                self.flush().await?;
                Ok(Next::StartTls)
            }
            354 => {
                self.say(&reply);
                // Boxed, because an idle session should not carry the room a message needs.
                let outcome = Box::pin(self.take_message()).await?;
                Ok(self.conclude(outcome))
            }
            _ => Ok(self.conclude(reply)),
        }
    }

    /// Says a reply, counts it if it is an error, and decides whether to go on.
    fn conclude(&mut self, reply: Reply) -> Next {
        self.errors += u32::from(reply.is_permanent_error());
        let most = self.house.config.limits.errors;
        let reply = match most > 0 && self.errors >= most {
            true => Reply::new(421, "4.7.0", "Too many errors"),
            false => reply,
        };
        self.say(&reply);
        match reply.closes() {
            true => Next::Close,
            false => Next::Listen,
        }
    }

    fn answer(&mut self, command: Command) -> Reply {
        match command {
            Command::Answer(reply) => reply,
            Command::StartTls => self.start_tls(),
            Command::Hello { line, extended } => self.hello(&line, extended),
            Command::Mail { line, parameters } => self.mail(&line, parameters),
            Command::Reset => {
                self.notes.lock().take_envelope();
                self.process("RSET\r\n")
            }
            Command::Core(line) => self.process(&line),
        }
    }

    fn start_tls(&self) -> Reply {
        let active = self.notes.lock().peer.tls.is_some();
        match (active, &self.house.config.tls) {
            (true, _) => Reply::new(503, "5.5.1", "TLS is active already"),
            (false, None) => Reply::new(502, "5.5.1", "TLS is not available"),
            (false, Some(_)) => Reply::new(220, "2.0.0", "Ready to start TLS"),
        }
    }

    fn hello(&mut self, line: &str, extended: bool) -> Reply {
        let reply = self.process(line);
        let secured = {
            let peer = &mut self.notes.lock().peer;
            peer.extended = extended;
            peer.tls.is_some()
        };
        let config = &self.house.config;
        match extended && reply.code == 250 {
            true => Reply::extensions(
                &config.hostname,
                config.max_message,
                config.tls.is_some() && !secured,
            ),
            false => reply,
        }
    }

    fn mail(&mut self, line: &str, parameters: canonical::Parameters) -> Reply {
        if let Mood::Draining(_) = *self.mood.borrow() {
            return shutting_down();
        }
        let mut notes = self.notes.lock();
        // A second MAIL is out of order, and must not change what the first one declared.
        if notes.mail_from.is_none() {
            notes.declared = parameters;
        }
        drop(notes);
        self.process(line)
    }

    /// Gives the core its line; the reply is the clerk's if it was asked, else the core's in our
    /// words.
    pub fn process(&mut self, line: &str) -> Reply {
        let code = self.core.process(line.as_bytes()).code;
        let said = self.notes.lock().reply.take();
        said.unwrap_or_else(|| Reply::of_core(code))
    }
}
