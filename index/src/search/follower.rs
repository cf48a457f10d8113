//! Keeps the index up with the journal, a step at a time; and builds a new one from the tables.
//!
//! No thread and no clock live here: the caller drives [`Follower::step`] with the time, and waits
//! as long as it is told. A step reads in a snapshot that is dropped before anything slow is done.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::event::Event;
use crate::journal;
use crate::model::*;
use crate::rows::Rows;
use crate::store::{Snapshot, Store};
use crate::tables::MESSAGES;

use super::document::Source;
use super::index::{Index, Opened, Unusable, Writer, create, promote, side};

/// Journal entries, or messages, taken in one step.
const AT_ONCE: usize = 256;
/// A commit makes a segment, so there is one at most every so many milliseconds.
const BETWEEN_COMMITS: Millis = 500;
/// The same while catching up with a great deal.
const BETWEEN_BULK_COMMITS: Millis = 5_000;
/// Documents taken in without a commit at most.
const MOST_UNCOMMITTED: usize = 50_000;
/// Entries that change nothing in the index are passed over so many times before a commit says so.
const MOST_PASSED_OVER: u64 = 10_000;
/// Conversations of a contact whose newest message is taken in anew when the contact changes.
const CONVERSATIONS_RENAMED: usize = 50;

/// Why following failed.
#[derive(Debug, PartialEq, Eq)]
pub enum FollowError {
    /// The store could not be read: try again later.
    Store(StoreError),
    /// The index could not be written: build a new one.
    Index(Unusable),
}

impl fmt::Display for FollowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FollowError::Store(error) => write!(f, "{error}"),
            FollowError::Index(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for FollowError {}

impl From<StoreError> for FollowError {
    fn from(error: StoreError) -> Self {
        FollowError::Store(error)
    }
}

impl From<Unusable> for FollowError {
    fn from(error: Unusable) -> Self {
        FollowError::Index(error)
    }
}

/// What to do after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There is more to do at once.
    Again,
    /// All is taken in, but waits to be committed until then, unless the journal grows before.
    At(Millis),
    /// Nothing to do until the journal grows.
    Idle,
}

/// Takes what the journal tells into an index.
pub struct Follower {
    store: Store,
    writer: Writer,
    /// The last sequence taken in.
    seen: u64,
    /// The last sequence committed.
    committed: u64,
    uncommitted: usize,
    last_commit: Millis,
}

impl Follower {
    /// Goes on where an index stands; its reading half is handed back.
    ///
    /// # Errors
    /// [`FollowError::Index`] if the journal does not go on where the index ends: it knows more, and
    /// belongs to another store, or so much less that the journal was cut since.
    pub fn new(store: Store, opened: Opened) -> Result<(Follower, Index), FollowError> {
        if opened.seq > store.last_seq() {
            return Err(Unusable::Damaged("it is ahead of the journal".to_owned()).into());
        }
        if journal::first(&store.read()?)? > opened.seq + 1 {
            return Err(
                Unusable::Damaged("the journal no longer reaches back to it".to_owned()).into(),
            );
        }
        let follower = Follower {
            store,
            writer: opened.writer,
            seen: opened.seq,
            committed: opened.seq,
            uncommitted: 0,
            last_commit: Millis::MIN / 2,
        };
        Ok((follower, opened.index))
    }

    /// The last journal sequence all of whose words can be found.
    pub fn reached(&self) -> u64 {
        if self.uncommitted == 0 {
            self.seen
        } else {
            self.committed
        }
    }

    /// Takes in the next entries, and commits if it is time.
    ///
    /// # Errors
    /// See [`FollowError`]. After an error of the store the same step can be tried again.
    pub fn step(&mut self, now: Millis) -> Result<Next, FollowError> {
        let taken = self.take_in()?;
        let behind = taken == AT_ONCE;
        let gap = if behind {
            BETWEEN_BULK_COMMITS
        } else {
            BETWEEN_COMMITS
        };
        let due = self.last_commit + gap;
        let passed_over = self.uncommitted == 0 && self.seen - self.committed < MOST_PASSED_OVER;
        if !passed_over && (now >= due || self.uncommitted >= MOST_UNCOMMITTED) {
            self.commit(now)?;
        }
        Ok(match (behind, self.uncommitted) {
            (true, _) => Next::Again,
            (false, 0) => Next::Idle,
            (false, _) => Next::At(due),
        })
    }

    /// Takes everything in and commits, at once.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn catch_up(&mut self, now: Millis) -> Result<(), FollowError> {
        while self.take_in()? == AT_ONCE {}
        if self.seen > self.committed {
            self.commit(now)?;
        }
        Ok(())
    }

    fn commit(&mut self, now: Millis) -> Result<(), Unusable> {
        self.writer.commit(self.seen)?;
        self.committed = self.seen;
        self.uncommitted = 0;
        self.last_commit = now;
        Ok(())
    }

    /// How many entries there were.
    fn take_in(&mut self) -> Result<usize, FollowError> {
        if self.store.last_seq() <= self.seen {
            return Ok(0);
        }
        let snapshot = self.store.read()?;
        let entries = journal::since(&snapshot, self.seen, AT_ONCE)?;
        let (taken, last) = (entries.len(), entries.last().map(|(seq, _)| *seq));
        let mut messages = BTreeSet::new();
        for (_, entry) in entries {
            affected(&snapshot, &entry.event, &mut messages)?;
        }
        let sources = read(&snapshot, messages)?;
        drop(snapshot);
        self.put(sources)?;
        self.seen = last.unwrap_or(self.seen);
        Ok(taken)
    }

    fn put(&mut self, sources: Vec<(MessageId, Option<Source>)>) -> Result<(), Unusable> {
        for (id, source) in sources {
            match source {
                Some(source) => self.writer.put(&source.document(&self.store))?,
                None => self.writer.remove(id.0),
            }
            self.uncommitted += 1;
        }
        Ok(())
    }
}

type Sources = Vec<(MessageId, Option<Source>)>;

fn read(
    snapshot: &Snapshot,
    messages: impl IntoIterator<Item = MessageId>,
) -> Result<Sources, StoreError> {
    messages
        .into_iter()
        .map(|id| Ok((id, Source::read(snapshot, id)?)))
        .collect()
}

/// The messages an event makes be found otherwise.
///
/// A changed conversation or contact changes its newest message alone: older ones are found by
/// the words of both together ([`super::Fit::Conversation`]), and a long thread costs no more.
fn affected(
    rows: &impl Rows,
    event: &Event,
    into: &mut BTreeSet<MessageId>,
) -> Result<(), StoreError> {
    match event {
        Event::MessageAdded { message, .. } => {
            into.insert(message.id);
        }
        Event::ReplyQueued {
            message, carried, ..
        } => {
            into.insert(message.id);
            into.extend(carried);
        }
        Event::MessageChanged(message) => {
            into.insert(message.id);
        }
        Event::MessageMoved { message, .. } => {
            into.insert(*message);
        }
        Event::ConversationChanged(conversation) => newest(rows, conversation.id, into)?,
        Event::ContactChanged(contact) | Event::ContactsMerged { into: contact, .. } => {
            let conversations = rows.conversations_of(contact.id)?;
            for id in conversations.into_iter().rev().take(CONVERSATIONS_RENAMED) {
                newest(rows, id, into)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn newest(
    rows: &impl Rows,
    id: ConversationId,
    into: &mut BTreeSet<MessageId>,
) -> Result<(), StoreError> {
    into.extend(rows.conversation(id)?.and_then(|c| c.newest));
    Ok(())
}

/// Builds a new index from the tables, beside the one that serves.
pub struct Builder {
    store: Store,
    folder: PathBuf,
    writer: Writer,
    /// Where the journal stood at the beginning: following goes on from here.
    from: u64,
    /// The last message taken in.
    done: MessageId,
    total: u64,
}

impl Builder {
    /// Begins an empty index in `folder`'s [`side`].
    ///
    /// # Errors
    /// See [`FollowError`].
    pub fn new(store: Store, folder: &Path) -> Result<Builder, FollowError> {
        let (_, writer) = create(&side(folder))?;
        let snapshot = store.read()?;
        let from = journal::last(&snapshot)?;
        let total = snapshot.last(&MESSAGES)?.map_or(0, |(id, _)| id.0);
        drop(snapshot);
        Ok(Builder {
            store,
            folder: folder.to_owned(),
            writer,
            from,
            done: MessageId(0),
            total,
        })
    }

    /// How many messages were looked at, and how many there are, about.
    pub fn progress(&self) -> (u64, u64) {
        (self.done.0.min(self.total), self.total)
    }

    /// Takes in the next messages; true when that were all.
    ///
    /// # Errors
    /// See [`FollowError`]. After an error of the store the same step can be tried again.
    pub fn step(&mut self) -> Result<bool, FollowError> {
        let snapshot = self.store.read()?;
        let rows = snapshot.range(&MESSAGES, MessageId(self.done.0 + 1).., AT_ONCE)?;
        let (taken, last) = (rows.len(), rows.last().map(|(id, _)| *id));
        let sources: Result<Vec<_>, StoreError> = rows
            .into_iter()
            .map(|(_, message)| Source::of(&snapshot, message))
            .collect();
        drop(snapshot);
        for source in sources?.into_iter().flatten() {
            self.writer.add(&source.document(&self.store))?;
        }
        self.done = last.unwrap_or(self.done);
        Ok(taken < AT_ONCE)
    }

    /// Puts the new index in its place. The [`Follower`] of the old one must be gone.
    ///
    /// # Errors
    /// [`Unusable::Damaged`] with the reason if the folder cannot be written.
    pub fn finish(mut self) -> Result<Opened, Unusable> {
        self.writer.commit(self.from)?;
        promote(self.writer, &self.folder)
    }
}

#[cfg(test)]
#[path = "follower_tests.rs"]
mod tests;
