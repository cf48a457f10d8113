//! A visitor's live stream: what stands after the last line they have, then whatever comes.

use super::desk::Desk;
use super::history::{self, Line, Viewer};
use super::hub::{Ear, Ring};
use crate::http::sse::Event;
use crate::inbox::Inbox;
use crate::inbox::live::Brief;
use crate::inbox::presence::Stay;
use crate::inbox::visitor;
use casella_index::model::*;
use casella_index::{Actor, Rows, StoreError};
use futures_util::{Stream, stream};
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};

/// Lines read from the store at a time.
const STEP: usize = 100;
/// How often a visitor behind a proxy is asked whether they are there.
const BEAT: Duration = Duration::from_secs(12);
/// Whoever answered beats and then left one unanswered is gone.
const SILENT: Duration = Duration::from_secs(20);

/// What a visitor's stream says, from after the line they have until they are shut out. `stay` is their
/// being online: it ends with the stream. Of a connection that is `relayed` by a proxy only the proxy
/// is sure to be there, so beats ask for the visitor (`POST /chat/v1/here`).
pub fn events(
    desk: Desk,
    visitor: VisitorId,
    after: Option<u32>,
    relayed: bool,
    ear: Ear,
    stay: Stay,
) -> impl Stream<Item = Event> + Send + 'static {
    let feed = Feed {
        desk,
        visitor,
        read: false,
        last: after,
        told: None,
        ready: VecDeque::new(),
        beat: relayed.then(|| interval_at(Instant::now() + BEAT, BEAT)),
        ear,
        _stay: stay,
    };
    stream::unfold(feed, |mut feed| async {
        let event = feed.next().await?;
        Some((event, feed))
    })
}

struct Feed {
    desk: Desk,
    visitor: VisitorId,
    /// Whether the visitor was told that their lines were read.
    read: bool,
    /// The last line sent, or `None` before the first look: then the stream begins at the end.
    last: Option<u32>,
    /// The ring whose news were all told.
    told: Option<Ring>,
    /// What is said next, each with the answer of ours that it brings.
    ready: VecDeque<(Event, Option<MessageId>)>,
    beat: Option<Interval>,
    ear: Ear,
    _stay: Stay,
}

/// The visitor left or is shut out, which the next connection is told.
struct Gone;

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, answer)) = self.ready.pop_front() {
                answer.into_iter().for_each(|id| self.reached(id));
                return Some(event);
            }
            // Ten thousand silent streams keep no room for what they said.
            self.ready = VecDeque::new();
            if self.told.is_none() || self.rung().await.ok()? {
                self.look().ok()?;
            }
        }
    }

    /// Waits for the bell; false if it was a beat that ended the wait.
    async fn rung(&mut self) -> Result<bool, Gone> {
        let changed = self.ear.bell.changed();
        let Some(beat) = &mut self.beat else {
            return changed.await.map(|()| true).map_err(|_| Gone);
        };
        tokio::select! {
            changed = changed => return changed.map(|()| true).map_err(|_| Gone),
            _ = beat.tick() => {}
        }
        match self.desk.inbox.presence.silent_for(self.visitor) {
            Some(silent) if silent > SILENT => Err(Gone),
            _ => {
                self.say("beat", &json!({}));
                Ok(false)
            }
        }
    }

    /// Gathers what is new since the last look.
    fn look(&mut self) -> Result<(), Gone> {
        let ring = *self.ear.bell.borrow_and_update();
        let more = self.lines()?;
        if more {
            self.ear.bell.mark_changed();
            return Ok(());
        }
        self.receipt()?;
        let told = self.told.unwrap_or_default();
        if (ring.typing, ring.typed) != (told.typing, told.typed) {
            self.say("typing", &json!({"typing": ring.typing}));
        }
        if self.told.is_none() || ring.agent_online != told.agent_online {
            self.say("presence", &json!({"agent_online": ring.agent_online}));
        }
        self.told = Some(ring);
        Ok(())
    }

    fn say(&mut self, name: &str, value: &serde_json::Value) {
        let event = Event::json(None, Some(name), value);
        self.ready.push_back((event, None));
    }

    /// That an agent has read what the visitor wrote.
    fn receipt(&mut self) -> Result<(), Gone> {
        let inbox = &self.desk.inbox;
        let visitor = match inbox.read().and_then(|rows| admitted(&rows, self.visitor)) {
            Ok(visitor) => visitor,
            Err(error) => {
                tracing::warn!(%error, "a visitor's stream could not read its visitor");
                None
            }
        };
        let read = is_read(inbox, &visitor.ok_or(Gone)?);
        if read != self.read {
            self.read = read;
            self.say("read", &json!({"read": read}));
        }
        Ok(())
    }

    /// Gathers the next lines; gives whether there may be more.
    fn lines(&mut self) -> Result<bool, Gone> {
        let (batch, more) = self.read().map_err(|error| {
            tracing::warn!(%error, "a visitor's stream could not read its thread");
            Gone
        })?;
        for (message, line) in batch {
            let event = Event::json(Some(u64::from(line.id)), Some("message"), &line);
            self.ready
                .push_back((event, waits(&message).then_some(message.id)));
        }
        Ok(more)
    }

    /// The next lines to send, and whether there may be more.
    fn read(&mut self) -> Result<(Vec<(Message, Line)>, bool), StoreError> {
        let rows = self.desk.inbox.read()?;
        let Some(visitor) = rows.visitor(self.visitor)? else {
            return Ok((Vec::new(), false));
        };
        let Some(conversation) = visitor.conversation else {
            self.last.get_or_insert(0);
            return Ok((Vec::new(), false));
        };
        let Some(last) = self.last else {
            let next = rows.conversation(conversation)?.map_or(1, |c| c.next_seq);
            self.last = Some(next.saturating_sub(1));
            return Ok((Vec::new(), false));
        };
        let messages = rows.thread(conversation, last, STEP)?;
        drop(rows);
        let more = messages.len() == STEP;
        self.last = Some(messages.last().map_or(last, |m| m.seq));
        let viewer = viewer(&visitor);
        let shown = messages
            .into_iter()
            .filter_map(|m| Some((self.desk.line(&m, viewer)?, m)));
        Ok((shown.map(|(line, message)| (message, line)).collect(), more))
    }

    /// Notes that an answer is on its way to the visitor's screen.
    fn reached(&self, answer: MessageId) {
        let stamp = self.desk.inbox.stamp(Actor::Visitor(self.visitor));
        let store = &self.desk.inbox.store;
        // Nobody waits for this answer: the mark is a courtesy, the next stream makes it again.
        drop(store.write(stamp, move |tx| visitor::reached(tx, answer)));
    }
}

/// Whether a message is an answer of ours that has reached no screen yet.
fn waits(message: &Message) -> bool {
    message.direction == Direction::Out
        && message.channels.contains(&Channel::Chat)
        && message.delivery.state < DeliveryState::Delivered
}

/// The visitor, unless there is none or they are shut out.
fn admitted(rows: &impl Rows, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
    match rows.visitor(id)? {
        Some(visitor) if !visitor::is_barred(rows, &visitor)? => Ok(Some(visitor)),
        _ => Ok(None),
    }
}

/// Whether an agent has read all that the visitor wrote.
pub fn is_read(inbox: &Inbox, visitor: &Visitor) -> bool {
    let facet = visitor
        .conversation
        .and_then(|id| inbox.store.board().facet(id));
    facet.is_some_and(|facet| facet.read)
}

/// How a visitor looks at their thread.
pub fn viewer(visitor: &Visitor) -> Viewer {
    Viewer {
        visitor: visitor.id,
        vouched: visitor.vouched.is_some(),
        seen: visitor.seen,
    }
}

impl Desk {
    /// A message as this visitor may see it.
    pub fn line(&self, message: &Message, viewer: Viewer) -> Option<Line> {
        if history::shown(message, viewer) == history::Shown::No {
            return None;
        }
        let text = self
            .inbox
            .store
            .body(message)
            .map(|body| body.text)
            .unwrap_or_else(|error| {
                tracing::error!(%error, message = %message.id, "a chat line could not be read");
                String::new()
            });
        history::line(message, text, &self.by_email, viewer)
    }

    /// Comes online for as long as the returned stay lives; agents see the dot at once.
    pub fn arrive(&self, id: VisitorId) -> Option<Stay> {
        let desk = self.clone();
        let left = move || desk.show_presence(id);
        let (stay, came) = self
            .inbox
            .presence
            .visitor(id, super::desk::MOST_STREAMS, left)?;
        if came {
            self.show_presence(id);
        }
        Some(stay)
    }

    /// Has agents' pages look again at who is online.
    pub fn show_presence(&self, id: VisitorId) {
        let conversation = self
            .inbox
            .read()
            .ok()
            .and_then(|rows| rows.visitor(id).ok().flatten());
        if let Some(conversation) = conversation.and_then(|visitor| visitor.conversation) {
            self.inbox.live.say(Brief::Presence(conversation));
        }
    }
}
