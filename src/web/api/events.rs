//! The journal as server-sent events: every event once, in order, resumable.

use super::caller::Caller;
use super::paging::parsed;
use super::shape::moment;
use super::store;
use crate::http::sse::{self, Event};
use crate::http::{Answer, Request};
use crate::inbox::Inbox;
use crate::web::App;
use casella_index::event::Entry;
use casella_index::{StoreError, journal};
use futures_util::Stream;
use serde_json::json;
use std::collections::VecDeque;
use tokio::sync::watch;

/// Entries read at a time.
const STRIDE: usize = 200;

/// From `Last-Event-ID`, else from `since`, else from now.
pub async fn events(app: App, _: Caller, request: Request) -> Answer {
    app.inbox.read().map_err(store)?;
    let newest = app.inbox.store.last_seq();
    parsed::<u64>(&request.query(), "since")?;
    // Who has seen more than there is speaks of another life of this folder, before a restore.
    let since = sse::resume(&request).map_or(newest, |seen| seen.min(newest));
    Ok(sse::respond(&request, follow(app.inbox.clone(), since)))
}

/// A reader of the journal; holds no snapshot while it waits.
struct Reader {
    inbox: Inbox,
    wake: watch::Receiver<u64>,
    reached: u64,
    read: VecDeque<Event>,
}

fn follow(inbox: Inbox, since: u64) -> impl Stream<Item = Event> + Send {
    let reader = Reader {
        wake: inbox.live.journal(),
        inbox,
        reached: since,
        read: VecDeque::new(),
    };
    futures_util::stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((event, reader))
    })
}

impl Reader {
    /// The next event; `None` once the store has stopped.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Some(event);
            }
            self.wake.borrow_and_update();
            match self.read_on() {
                Ok(()) if self.read.is_empty() => self.wake.changed().await.ok()?,
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(%error, "an event stream ends");
                    return None;
                }
            }
        }
    }

    fn read_on(&mut self) -> Result<(), StoreError> {
        let rows = self.inbox.read()?;
        for (seq, entry) in journal::since(&rows, self.reached, STRIDE)? {
            self.reached = seq;
            self.read.push_back(told(seq, &entry));
        }
        Ok(())
    }
}

/// What happened, by name and ids: the things themselves are a GET away, as they are now.
fn told(seq: u64, entry: &Entry) -> Event {
    let name = entry.event.name();
    let data = json!({
        "seq": seq,
        "at": moment(entry.at),
        "type": name,
        "conversation": entry.event.conversation(),
        "message": entry.event.message(),
    });
    Event::json(Some(seq), Some(name), &data)
}
