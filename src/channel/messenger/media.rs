//! Follows the journal for files to fetch and people to name: addresses of files expire, so it is done at
//! once, several at a time, so that a slow one holds up no other. A message is kept whether or not its
//! file can be had.
//!
//! The place in the journal is kept up to the oldest work under way: after a crash nothing is forgotten,
//! and what is there already is not fetched again.

mod files;

use super::connection::Connection;
use super::graph::Graph;
use crate::fetch::Fetcher;
use crate::inbox::Inbox;
use crate::rules::picture;
use casella_index::model::*;
use casella_index::store::pack;
use casella_index::{Actor, Event, Rows, StoreError, Tx, journal};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::{self, JoinSet};

/// Its name among the followers.
const FOLLOWER: &str = "messenger-media";
/// Journal entries read at a time.
const STEP: usize = 256;
/// Entries after which the place is kept even if none of them was for us: a store of mail alone is
/// not walked whole at every start.
const KEEP_EVERY: u64 = 8_192;
/// Works under way at once; a file has 26 MB at most.
const AT_ONCE: usize = 8;

/// Fetches files and profiles.
#[derive(Clone)]
pub struct Media {
    inbox: Inbox,
    fetcher: Fetcher,
    graph: Graph,
}

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Files(MessageId),
    Name(ConversationId),
}

/// Where the follower stands.
struct Follower {
    media: Arc<Media>,
    /// Read up to here.
    seen: u64,
    /// Kept in the store.
    kept: u64,
    /// Something was done since.
    worked: bool,
    tasks: JoinSet<()>,
    /// What runs, and the entry that asked for it.
    running: HashMap<task::Id, (u64, Work)>,
}

impl Media {
    pub fn new(inbox: Inbox, fetcher: Fetcher, graph: Graph) -> Media {
        Media {
            inbox,
            fetcher,
            graph,
        }
    }

    /// Follows until the inbox is gone.
    pub async fn follow(self) {
        let mut journal = self.inbox.live.journal();
        let cursor = self.inbox.read();
        let seen = cursor.and_then(|rows| journal::cursor(&rows, FOLLOWER));
        let seen = seen.unwrap_or(0);
        let mut follower = Follower {
            media: Arc::new(self),
            seen,
            kept: seen,
            worked: false,
            tasks: JoinSet::new(),
            running: HashMap::new(),
        };
        loop {
            journal.mark_unchanged();
            if let Err(error) = follower.catch_up().await {
                tracing::warn!(%error, "files of Messenger could not be looked for");
            }
            tokio::select! {
                changed = journal.changed() => if changed.is_err() { return },
                Some(ended) = follower.tasks.join_next_with_id() => follower.end(ended),
            }
        }
    }

    async fn work(&self, work: Work) {
        let done = match work {
            Work::Files(id) => self.fetch(id).await,
            Work::Name(id) => self.name(id).await.map_err(Into::into),
        };
        if let Err(error) = done {
            tracing::warn!(%error, ?work, "Messenger's files or names could not be kept");
        }
    }

    async fn name(&self, id: ConversationId) -> Result<(), StoreError> {
        let connection = Connection::of(&self.inbox)?;
        let Some(conversation) = self.inbox.read()?.conversation(id)? else {
            return Ok(());
        };
        let Some(person) = conversation.messenger else {
            return Ok(());
        };
        let Some(page) = connection.page(&person.page) else {
            return Ok(());
        };
        let Ok(profile) = self.graph.profile(page, &person.psid).await else {
            return Ok(());
        };
        let picture = match &profile.profile_pic {
            Some(url) => self
                .get(url)
                .await
                .ok()
                .filter(|(_, bytes)| picture::kind(bytes).is_some()),
            None => None,
        };
        if profile.name.is_empty() && picture.is_none() {
            return Ok(());
        }
        let packed = picture.map(|(_, bytes)| pack(&bytes));
        let stamp = self.inbox.stamp(Actor::System);
        let written = self
            .inbox
            .store
            .write(stamp, move |tx| -> Result<(), StoreError> {
                let Some(mut conversation) = tx.conversation(id)? else {
                    return Ok(());
                };
                let Some(person) = &mut conversation.messenger else {
                    return Ok(());
                };
                person.name = profile.name.chars().take(200).collect();
                if let Some(packed) = packed {
                    person.picture = Some(tx.keep(&packed)?);
                }
                tx.record(Event::ConversationChanged(Box::new(conversation)))?;
                Ok(())
            });
        written.await
    }
}

impl Follower {
    /// Begins what there is to do, as far as there is room, and keeps its place.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        while self.tasks.len() < AT_ONCE {
            let entries = { journal::since(&self.media.inbox.read()?, self.seen, STEP)? };
            if entries.is_empty() {
                break;
            }
            for (seq, entry) in entries {
                if self.tasks.len() >= AT_ONCE {
                    break;
                }
                self.seen = seq;
                if let Some(work) = work(&entry.event) {
                    self.begin(seq, work);
                }
            }
        }
        self.keep_place().await
    }

    /// The same work is not begun twice: what runs reads what there is to do anew when it ends.
    fn begin(&mut self, seq: u64, work: Work) {
        if self.running.values().any(|(_, running)| *running == work) {
            return;
        }
        let media = self.media.clone();
        let task = self.tasks.spawn(async move { media.work(work).await });
        self.running.insert(task.id(), (seq, work));
    }

    fn end(&mut self, ended: Result<(task::Id, ()), task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a file of Messenger met a fault of ours");
                error.id()
            }
        };
        self.running.remove(&id);
        self.worked = true;
    }

    async fn keep_place(&mut self) -> Result<(), StoreError> {
        let oldest = self.running.values().map(|(seq, _)| seq - 1).min();
        let place = oldest.unwrap_or(self.seen);
        // While nothing was to do, the place need not be exact.
        let exact = oldest.is_some() || place - self.kept >= KEEP_EVERY || self.worked;
        if place <= self.kept || !exact {
            return Ok(());
        }
        let inbox = &self.media.inbox;
        let stamp = inbox.stamp(Actor::System);
        let write = move |tx: &mut Tx<'_>| tx.put_cursor(FOLLOWER, place);
        inbox.store.write(stamp, write).await?;
        (self.kept, self.worked) = (place, false);
        Ok(())
    }
}

/// What an entry asks for.
fn work(event: &Event) -> Option<Work> {
    match event {
        Event::MessageAdded { message, .. } | Event::MessageChanged(message)
            if message.messenger.is_some() && files::waits(message) =>
        {
            Some(Work::Files(message.id))
        }
        Event::ConversationOpened(conversation) if nameless(conversation) => {
            Some(Work::Name(conversation.id))
        }
        _ => None,
    }
}

fn nameless(conversation: &Conversation) -> bool {
    conversation
        .messenger
        .as_ref()
        .is_some_and(|person| person.name.is_empty())
}
