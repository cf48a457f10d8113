//! One connection, from greeting to goodbye.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::{BufMut, BytesMut};
use mailin::{Session, SessionBuilder};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Gate, Peer,
    canonical::{self, Command},
    clerk::{Clerk, SharedNotes},
    frame::{Frame, Framer, MAX_LINE},
    listen::{House, Mood},
    reply::Reply,
};

/// Bytes of replies gathered before they are sent although more commands wait.
const REPLIES: usize = 4_096;
/// How long a client we cut off may take to read why.
const LINGER: Duration = Duration::from_secs(1);

/// Serves one client until it or we have had enough.
pub async fn run<G: Gate>(stream: TcpStream, ip: IpAddr, house: Arc<House<G>>) {
    // Replies are small and awaited; without this each could wait for the acknowledgement of the one before.
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

/// Goes on under TLS. Whatever was read in the clear is dropped with the conversation it belonged to (CVE-2011-0411).
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

/// Why no more can be read.
pub enum Farewell {
    /// The client left, or cannot be written to.
    Gone,
    /// We end it, with these last words.
    Last(Reply),
}

/// What came of waiting.
pub enum Heard {
    Bytes(usize),
    Late,
    /// The house's mood changed, and with it perhaps the deadline.
    MoodChanged,
}

/// What to do after a command.
enum Next {
    Listen,
    Close,
    StartTls,
}

/// A stretch of a session over one kind of stream.
pub struct Conversation<S, G: Gate> {
    stream: S,
    pub house: Arc<House<G>>,
    mood: watch::Receiver<Mood>,
    core: Session<Clerk<G>>,
    pub notes: SharedNotes,
    framer: Framer,
    pub input: BytesMut,
    out: Vec<u8>,
    errors: u32,
    ends: Instant,
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
            Frame::Line(line) => match canonical::read(&line) {
                Command::Answer(reply) => reply,
                Command::StartTls => match self.may_start_tls() {
                    Ok(ready) => {
                        self.say(&ready);
                        self.flush().await?;
                        return Ok(Next::StartTls);
                    }
                    Err(reply) => reply,
                },
                command => self.ask_core(command),
            },
        };
        match reply.code {
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

    fn may_start_tls(&self) -> Result<Reply, Reply> {
        if self.notes.lock().peer.tls.is_some() {
            return Err(Reply::new(503, "5.5.1", "TLS is active already"));
        }
        match self.house.config.tls {
            Some(_) => Ok(Reply::new(220, "2.0.0", "Ready to start TLS")),
            None => Err(Reply::new(502, "5.5.1", "TLS is not available")),
        }
    }

    fn ask_core(&mut self, command: Command) -> Reply {
        match command {
            Command::Hello { line, extended } => self.hello(&line, extended),
            Command::Mail { line, parameters } => self.mail(&line, parameters),
            Command::Reset => {
                self.notes.lock().take_envelope();
                self.process("RSET\r\n")
            }
            Command::Core(line) => self.process(&line),
            Command::StartTls => Reply::of_core(503),
            Command::Answer(reply) => reply,
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

    /// Gives the core its line; the reply is the clerk's if it was asked, else the core's in our words.
    pub fn process(&mut self, line: &str) -> Reply {
        let code = self.core.process(line.as_bytes()).code;
        let said = self.notes.lock().reply.take();
        said.unwrap_or_else(|| Reply::of_core(code))
    }

    async fn next_frame(&mut self) -> Result<Frame, Farewell> {
        let silent_since = Instant::now();
        let mut started = None;
        loop {
            if self.out.len() > REPLIES {
                self.flush().await?;
            }
            if let Some(frame) = self.framer.next(&mut self.input) {
                return Ok(frame);
            }
            if self.framer.started(&self.input) {
                started.get_or_insert_with(Instant::now);
            }
            let deadline = self.command_deadline(silent_since, started)?;
            match self.hear(MAX_LINE, deadline).await? {
                Heard::Late => return Err(Farewell::Last(self.too_late())),
                Heard::Bytes(_) | Heard::MoodChanged => (),
            }
        }
    }

    fn command_deadline(
        &mut self,
        silent_since: Instant,
        started: Option<Instant>,
    ) -> Result<Instant, Farewell> {
        let limits = &self.house.config.limits;
        let mood = *self.mood.borrow_and_update();
        let idle = match mood {
            Mood::Open => limits.idle,
            Mood::Crowded => limits.crowded_idle,
            Mood::Draining(_) if self.notes.lock().mail_from.is_none() => {
                return Err(Farewell::Last(shutting_down()));
            }
            Mood::Draining(_) => limits.idle,
        };
        let patience = started.map_or(silent_since + idle, |started| started + limits.line);
        Ok(self.no_later_than_house(mood, patience))
    }

    /// Bounds a deadline by the session's end and by the house's.
    fn no_later_than_house(&self, mood: Mood, deadline: Instant) -> Instant {
        match mood {
            Mood::Draining(end) => deadline.min(self.ends).min(end),
            Mood::Open | Mood::Crowded => deadline.min(self.ends),
        }
    }

    /// The deadline as things stand now, for a wait inside DATA.
    pub fn bounded(&mut self, deadline: Instant) -> Instant {
        let mood = *self.mood.borrow_and_update();
        self.no_later_than_house(mood, deadline)
    }

    /// What is said to whom the deadline cut off.
    pub fn too_late(&self) -> Reply {
        match *self.mood.borrow() {
            Mood::Draining(_) => shutting_down(),
            Mood::Open | Mood::Crowded => Reply::new(421, "4.4.2", "Timeout, closing connection"),
        }
    }

    /// Waits for bytes, at most `chunk` of them at a time, after sending what is due.
    pub async fn hear(&mut self, chunk: usize, deadline: Instant) -> Result<Heard, Farewell> {
        self.flush().await?;
        self.input.reserve(chunk);
        let mut input = (&mut self.input).limit(chunk);
        tokio::select! {
            biased;
            read = self.stream.read_buf(&mut input) => match read {
                Ok(0) | Err(_) => Err(Farewell::Gone),
                Ok(count) => Ok(Heard::Bytes(count)),
            },
            Ok(()) = self.mood.changed() => Ok(Heard::MoodChanged),
            () = sleep_until(deadline) => Ok(Heard::Late),
        }
    }

    /// Notes a reply for sending.
    fn say(&mut self, reply: &Reply) {
        reply.write_to(&mut self.out);
    }

    /// Sends what was said. A client that does not read is gone.
    async fn flush(&mut self) -> Result<(), Farewell> {
        if self.out.is_empty() {
            return Ok(());
        }
        let sending = async {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await
        };
        let sent = timeout(self.house.config.limits.line, sending).await;
        self.out = Vec::new();
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(Farewell::Gone),
        }
    }

    /// Says the last words and closes; then reads for a moment, because closing with bytes unread would reset the
    /// connection and could take the last words with it.
    async fn part(mut self, farewell: Farewell) {
        if let Farewell::Last(reply) = farewell {
            self.say(&reply);
        }
        if self.flush().await.is_err() {
            return;
        }
        let _ = timeout(LINGER, async {
            let _ = self.stream.shutdown().await;
            let mut rest = [0; 1_024];
            while let Ok(1..) = self.stream.read(&mut rest).await {}
        })
        .await;
    }
}

fn shutting_down() -> Reply {
    Reply::new(421, "4.3.2", "Shutting down, try again later")
}
