//! The wire side of a conversation: waiting for bytes until a deadline, sending, and parting.

use std::time::Duration;

use bytes::BufMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Gate,
    frame::{Frame, MAX_LINE},
    listen::Mood,
    reply::Reply,
    session::Conversation,
};

/// Bytes of replies gathered before they are sent although more commands wait.
const REPLIES: usize = 4_096;
/// How long a client we cut off may take to read why.
const LINGER: Duration = Duration::from_secs(1);

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

impl<S: AsyncRead + AsyncWrite + Unpin + Send, G: Gate> Conversation<S, G> {
    /// The next command line, however long the house lets us wait for it.
    pub async fn next_frame(&mut self) -> Result<Frame, Farewell> {
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
    pub fn say(&mut self, reply: &Reply) {
        reply.write_to(&mut self.out);
    }

    /// Sends what was said. A client that does not read is gone.
    pub async fn flush(&mut self) -> Result<(), Farewell> {
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

    /// Says the last words and closes; then reads for a moment, because closing with bytes unread
    /// would reset the connection and could take the last words with it.
    pub async fn part(mut self, farewell: Farewell) {
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

/// What is said to whom the house's end cuts off.
pub fn shutting_down() -> Reply {
    Reply::new(421, "4.3.2", "Shutting down, try again later")
}
