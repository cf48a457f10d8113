//! The part of a session between 354 and the reply to the message.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Duration, Instant},
};

use super::{
    Gate, Limits, Spooled,
    clerk::too_big,
    data::Decoder,
    reply::Reply,
    session::Conversation,
    spool::Spool,
    wire::{Farewell, Heard},
};

/// Bytes read at a time while a message arrives.
const CHUNK: usize = 64 * 1_024;

/// A message as it arrives: kept, or, once it must be refused, only counted to its end.
struct Intake<'a> {
    kept: Result<Spool<'a>, Reply>,
    max: u64,
}

impl Intake<'_> {
    async fn push(&mut self, bytes: &[u8]) {
        let refused = match &mut self.kept {
            Err(_) => return,
            Ok(spool) if spool.len() + bytes.len() as u64 > self.max => Some(too_big()),
            Ok(spool) => spool.push(bytes).await.err().map(no_room),
        };
        if let Some(reply) = refused {
            self.kept = Err(reply);
        }
    }

    async fn finish(self) -> Result<Spooled, Reply> {
        self.kept?.finish().await.map_err(no_room)
    }
}

fn no_room(error: io::Error) -> Reply {
    tracing::warn!(%error, "cannot spool a message");
    Reply::new(452, "4.3.1", "Insufficient system storage")
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, G: Gate> Conversation<S, G> {
    /// Reads a message to its end and lets the gate decide. The core is back at its greeting state
    /// afterwards, whatever the outcome.
    pub async fn take_message(&mut self) -> Result<Reply, Farewell> {
        let house = self.house.clone();
        let mut intake = Intake {
            kept: Ok(Spool::new(&house.config.spool_dir)),
            max: house.config.max_message,
        };
        if let Err(farewell) = self.read_message(&mut intake).await {
            self.log(&Reply::new(451, "4.4.2", "the message broke off"));
            return Err(farewell);
        }
        let reply = match intake.finish().await {
            Ok(data) => self.hand_over(data).await,
            Err(refused) => {
                self.log(&refused);
                refused
            }
        };
        self.notes.lock().take_envelope();
        // To the core every message went well: it would stay in DATA otherwise, and swallow what
        // follows.
        self.process(".\r\n");
        Ok(reply)
    }

    /// Leaves a trace of a message that was not taken.
    fn log(&self, reply: &Reply) {
        let notes = self.notes.lock();
        let sender = notes.mail_from.as_deref().unwrap_or_default();
        let gate = &self.house.gate;
        gate.refused(&notes.peer, sender, &notes.recipients, &reply.refusal());
    }

    async fn hand_over(&self, data: Spooled) -> Reply {
        let envelope = self.notes.lock().take_envelope();
        let Some(envelope) = envelope else {
            return Reply::of_core(503);
        };
        let (peer, sender) = (envelope.peer.clone(), envelope.mail_from.clone());
        let recipients = envelope.recipients.clone();
        match self.house.gate.accept(envelope, data).await {
            Ok(id) => Reply::new(250, "2.0.0", format!("Queued as {id}")),
            Err(refusal) => {
                let gate = &self.house.gate;
                gate.refused(&peer, &sender, &recipients, &refusal);
                refusal.into()
            }
        }
    }

    async fn read_message(&mut self, intake: &mut Intake<'_>) -> Result<(), Farewell> {
        let (mut decoder, mut decoded) = (Decoder::default(), Vec::new());
        let mut pace = Pace::new();
        loop {
            let fed = decoder.feed(&self.input, &mut decoded);
            self.input.advance(fed.consumed);
            intake.push(&decoded).await;
            decoded.clear();
            if fed.ended {
                // What the client sent ahead goes on as commands, in a buffer of their size.
                self.input = BytesMut::from(&self.input[..]);
                return Ok(());
            }
            self.read_more(&mut pace).await?;
        }
    }

    async fn read_more(&mut self, pace: &mut Pace) -> Result<(), Farewell> {
        loop {
            let deadline = self.bounded(pace.deadline(&self.house.config.limits));
            match self.hear(CHUNK, deadline).await? {
                Heard::Bytes(count) => {
                    pace.heard(count);
                    return Ok(());
                }
                Heard::Late => return Err(Farewell::Last(self.too_late())),
                Heard::MoodChanged => (),
            }
        }
    }
}

/// How fast a message comes.
struct Pace {
    began: Instant,
    last: Instant,
    bytes: u64,
}

impl Pace {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            began: now,
            last: now,
            bytes: 0,
        }
    }

    fn heard(&mut self, count: usize) {
        self.last = Instant::now();
        self.bytes += count as u64;
    }

    /// When the next bytes must be there: neither silent for too long nor, over the whole, slower
    /// than the least rate.
    fn deadline(&self, limits: &Limits) -> Instant {
        let silent = self.last + limits.data_read;
        match self.bytes.checked_div(limits.data_rate) {
            None => silent,
            Some(earned) => silent.min(self.began + limits.line + Duration::from_secs(earned)),
        }
    }
}
