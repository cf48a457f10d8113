//! A visitor's live stream: what stands after the last line they have, then whatever comes.

use super::desk::Desk;
use super::history::{self, Line, Viewer};
use super::hub::{Ear, Ring};
use crate::http::sse::{Event, Gone, Outlet};
use crate::inbox::Inbox;
use crate::inbox::live::Brief;
use crate::inbox::presence::Stay;
use crate::inbox::visitor;
use casella_index::model::*;
use casella_index::{Actor, Rows, StoreError};
use serde_json::json;

/// Lines read from the store at a time.
const STEP: usize = 100;

/// Feeds `outlet` until the visitor leaves. `stay` is their being online.
pub async fn run(
    desk: Desk,
    id: VisitorId,
    after: Option<u32>,
    outlet: Outlet,
    mut ear: Ear,
    stay: Stay,
) {
    let mut feed = Feed {
        desk,
        visitor: id,
        read: false,
        last: after,
        told: Ring::default(),
        outlet: outlet.clone(),
    };
    let mut ring = *ear.bell.borrow_and_update();
    loop {
        if feed.news(ring).await.is_err() {
            break;
        }
        tokio::select! {
            changed = ear.bell.changed() => match changed {
                Ok(()) => ring = *ear.bell.borrow_and_update(),
                Err(_) => break,
            },
            () = outlet.closed() => break,
        }
    }
    drop(stay);
}

struct Feed {
    desk: Desk,
    visitor: VisitorId,
    /// Whether the visitor was told that their lines were read.
    read: bool,
    /// The last line sent, or `None` before the first look: then the stream begins at the end.
    last: Option<u32>,
    told: Ring,
    outlet: Outlet,
}

impl Feed {
    async fn news(&mut self, ring: Ring) -> Result<(), Gone> {
        self.lines().await?;
        self.receipt().await?;
        if (ring.typing, ring.typed) != (self.told.typing, self.told.typed) {
            let event = Event::json(None, Some("typing"), &json!({"typing": ring.typing}));
            self.outlet.feed(event).await?;
        }
        if ring.agent_online != self.told.agent_online || self.told.changes == 0 {
            let event = Event::json(
                None,
                Some("presence"),
                &json!({"agent_online": ring.agent_online}),
            );
            self.outlet.feed(event).await?;
        }
        self.told = Ring {
            changes: ring.changes.max(1),
            ..ring
        };
        Ok(())
    }

    /// That an agent has read what the visitor wrote.
    async fn receipt(&mut self) -> Result<(), Gone> {
        let inbox = &self.desk.inbox;
        let visitor = match inbox.read().and_then(|rows| admitted(&rows, self.visitor)) {
            Ok(visitor) => visitor,
            Err(error) => {
                tracing::warn!(%error, "a visitor's stream could not read its visitor");
                None
            }
        };
        // Shut out meanwhile: the next connection is told so.
        if visitor.is_none() {
            return Err(Gone);
        }
        let read = visitor.is_some_and(|visitor| is_read(inbox, &visitor));
        if read != self.read {
            self.read = read;
            let event = Event::json(None, Some("read"), &json!({"read": read}));
            self.outlet.feed(event).await?;
        }
        Ok(())
    }

    async fn lines(&mut self) -> Result<(), Gone> {
        loop {
            let (batch, more) = match self.read() {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "a visitor's stream could not read its thread");
                    return Err(Gone);
                }
            };
            for (message, line) in batch {
                let event = Event::json(Some(u64::from(line.id)), Some("message"), &line);
                self.outlet.feed(event).await?;
                self.reached(&message);
            }
            if !more {
                return Ok(());
            }
        }
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
    fn reached(&self, message: &Message) {
        let waits = message.delivery.state < DeliveryState::Delivered;
        if message.direction == Direction::Out && message.channels.contains(&Channel::Chat) && waits
        {
            let id = message.id;
            let stamp = self.desk.inbox.stamp(Actor::Visitor(self.visitor));
            // Nobody waits for this answer: the mark is a courtesy, the next stream makes it again.
            drop(
                self.desk
                    .inbox
                    .store
                    .write(stamp, move |tx| visitor::reached(tx, id)),
            );
        }
    }
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
