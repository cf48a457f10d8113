//! The one writer: drains its queue into a transaction, commits, answers everyone at once.

use crate::apply;
use crate::board::{Board, Facet};
use crate::error::StoreError;
use crate::event::{Entry, Event};
use crate::kv::{Key, Table};
use crate::model::*;
use crate::rows::{Rows, Visit};
use crate::segment::{Appender, Packed};
use crate::store::{Shared, Stamp, definition, walk};
use crate::tables::*;
use futures_channel::oneshot;
use redb::WriteTransaction;
use serde::{Serialize, de::DeserializeOwned};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Writes of this many callers share one fsync at most.
const BATCH: usize = 256;
/// After this much quiet, the allocator state is saved, so that a crash needs no repair.
const QUIET: Duration = Duration::from_millis(200);

/// Something the writer does within its transaction.
pub(crate) trait Task: Send {
    /// Runs it; false if it left a half-done change behind.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers its caller, after the commit or instead of it.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
    fn is_end(&self) -> bool {
        false
    }
}

/// Ends the writer.
pub(crate) struct End;

impl Task for End {
    fn run(&mut self, _: &mut Tx<'_>) -> bool {
        true
    }
    fn finish(self: Box<Self>, _: Result<(), StoreError>) {}
    fn is_end(&self) -> bool {
        true
    }
}

/// A caller's closure and where its answer goes.
pub(crate) struct Verb<F, T, E> {
    stamp: Stamp,
    verb: Option<F>,
    answer: Option<Result<T, E>>,
    sender: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Verb<F, T, E> {
    pub fn new(stamp: Stamp, verb: F, sender: oneshot::Sender<Result<T, E>>) -> Self {
        Verb {
            stamp,
            verb: Some(verb),
            answer: None,
            sender,
        }
    }
}

impl<F, T, E> Task for Verb<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(verb) = self.verb.take() else {
            return true;
        };
        tx.stamp = self.stamp.clone();
        let before = tx.changes;
        let answer = catch_unwind(AssertUnwindSafe(|| verb(tx))).unwrap_or_else(|_| {
            Err(StoreError::Aborted {
                why: "the write met a fault of ours, see the log".into(),
            }
            .into())
        });
        let whole = answer.is_ok() || tx.changes == before;
        self.answer = Some(answer);
        whole
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.answer) {
            (Ok(()), Some(answer)) => answer,
            // A verb that refused before writing keeps its own reason, whatever became of the others.
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(StoreError::Aborted {
                why: "it was never run".into(),
            }
            .into()),
        };
        let _ = self.sender.send(answer);
    }
}

/// The thread that owns all writing.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    appender: Appender,
    queue: Receiver<Box<dyn Task>>,
    /// Committed since the allocator state was last saved.
    unsettled: bool,
    /// The database must be reopened before the next write.
    broken: bool,
}

impl Writer {
    pub fn new(
        shared: Arc<Shared>,
        appender: Appender,
        queue: mpsc::Receiver<Box<dyn Task>>,
    ) -> Self {
        Writer {
            shared,
            appender,
            queue,
            unsettled: false,
            broken: false,
        }
    }

    pub fn run(mut self) {
        loop {
            match self.queue.recv_timeout(if self.unsettled {
                QUIET
            } else {
                Duration::from_secs(3600)
            }) {
                Ok(task) if task.is_end() => break,
                Ok(task) => {
                    if self.batch(task) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.settle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.settle();
        if let Some(database) = self.shared.database.write().take() {
            let _ = database.close();
        }
    }

    /// Runs a batch and answers it. True when the end was asked for within it.
    fn batch(&mut self, first: Box<dyn Task>) -> bool {
        let mut done: Vec<Box<dyn Task>> = Vec::new();
        let mut ended = false;
        let result = self.transact(first, &mut done, &mut ended);
        if let Err(error) = &result {
            self.note_failure(error);
        }
        let answer = result.map(|_| ()).map_err(|error| self.told(error));
        for task in done {
            task.finish(answer.clone());
        }
        ended
    }

    fn transact(
        &mut self,
        first: Box<dyn Task>,
        done: &mut Vec<Box<dyn Task>>,
        ended: &mut bool,
    ) -> Result<(), StoreError> {
        let txn = match self.begin(false) {
            Ok(txn) => txn,
            Err(error) => {
                done.push(first);
                return Err(error);
            }
        };
        // Not before: beginning may have reopened the store, and moved the end.
        let mark = self.appender.mark();
        let result = self.run_all(txn, first, done, ended);
        if result.is_err() {
            self.appender.rewind(mark);
        }
        result
    }

    /// Runs all that waits, at most [`BATCH`] of it, and commits.
    fn run_all(
        &mut self,
        txn: WriteTransaction,
        first: Box<dyn Task>,
        done: &mut Vec<Box<dyn Task>>,
        ended: &mut bool,
    ) -> Result<(), StoreError> {
        let last = self.shared.last.load(Ordering::Acquire);
        let mut tx = Tx::new(&txn, &mut self.appender, last);
        let mut next = Some(first);
        let mut whole = true;
        while let Some(mut task) = next.take() {
            whole = task.run(&mut tx);
            done.push(task);
            if !whole || done.len() >= BATCH {
                break;
            }
            match self.queue.try_recv() {
                Ok(task) if task.is_end() => *ended = true,
                Ok(task) => next = Some(task),
                Err(_) => {}
            }
        }
        let (changes, prepared) = (tx.changes, tx.finish(whole));
        if !whole {
            txn.abort()?;
            return Err(StoreError::Aborted {
                why: "another write of the same batch failed".into(),
            });
        }
        if changes == 0 {
            txn.abort()?;
            return Ok(());
        }
        let (last, touched) = prepared?;
        txn.commit()?;
        self.unsettled = true;
        self.publish(last, touched);
        Ok(())
    }

    fn begin(&mut self, settle: bool) -> Result<WriteTransaction, StoreError> {
        if let Some(why) = self.shared.stopped.lock().clone() {
            return Err(StoreError::Stopped { why });
        }
        if self.broken {
            self.recover()?;
            self.broken = false;
        }
        let slot = self.shared.database.read();
        let database = slot.as_ref().ok_or(StoreError::Stopped {
            why: "the database is closed".into(),
        })?;
        let mut txn = database.begin_write()?;
        // What strangers write is committed in two phases: a torn header can never pass for a commit.
        txn.set_two_phase_commit(true);
        txn.set_quick_repair(settle);
        Ok(txn)
    }

    /// Opens the database again and goes on from what it holds: a commit that failed may have reached the
    /// disk all the same, and must be neither numbered over nor written over.
    fn recover(&mut self) -> Result<(), StoreError> {
        self.shared.reopen()?;
        let snapshot = self.shared.snapshot()?;
        let last_blob = snapshot.last(&BLOBS)?.map(|(_, row)| row);
        let segments = self.shared.options.segments.clone();
        self.appender = Appender::open(segments, last_blob.as_ref())?;
        self.shared.board.replace(Board::load(&snapshot)?);
        self.publish(crate::journal::last(&snapshot)?, BTreeMap::new());
        Ok(())
    }

    fn publish(&self, last: u64, touched: BTreeMap<ConversationId, Facet>) {
        self.shared.board.merge(touched);
        self.shared.last.store(last, Ordering::Release);
        for listener in self.shared.listeners.read().iter() {
            listener(last);
        }
    }

    /// Saves the allocator state while nobody waits.
    fn settle(&mut self) {
        if !std::mem::take(&mut self.unsettled) {
            return;
        }
        let settled = self.begin(true).and_then(|txn| {
            let last = self.shared.last.load(Ordering::Acquire);
            put(&txn, &META, &"settled".to_owned(), &last)?;
            Ok(txn.commit()?)
        });
        if let Err(error) = settled {
            self.note_failure(&error);
        }
    }

    fn note_failure(&mut self, error: &StoreError) {
        match error {
            StoreError::Aborted { .. } => {}
            StoreError::Stopped { why } => self.stop(why),
            other if self.shared.sync_failed.load(Ordering::Acquire) => {
                self.stop(&format!("fsync of the database failed ({other})"));
            }
            other => {
                tracing::error!(%other, "a write failed; the database will be reopened");
                self.broken = true;
            }
        }
    }

    fn stop(&self, why: &str) {
        let mut stopped = self.shared.stopped.lock();
        if stopped.is_none() {
            tracing::error!(why, "the store has stopped");
            *stopped = Some(why.to_owned());
        }
        drop(stopped);
        for listener in self.shared.listeners.read().iter() {
            listener(self.shared.last.load(Ordering::Acquire));
        }
    }

    fn told(&self, error: StoreError) -> StoreError {
        match self.shared.stopped.lock().clone() {
            Some(why) => StoreError::Stopped { why },
            None => error,
        }
    }
}

fn put<K: Key, V: Serialize + DeserializeOwned>(
    txn: &WriteTransaction,
    table: &Table<K, V>,
    key: &K,
    value: &V,
) -> Result<(), StoreError> {
    let mut rows = txn.open_table(definition(table.name))?;
    rows.insert(
        key.encode().as_slice(),
        Table::<K, V>::bytes(value)?.as_slice(),
    )?;
    Ok(())
}

type OpenTable<'w> = redb::Table<'w, &'static [u8], &'static [u8]>;

/// A write in progress: reads see what was recorded before them.
pub struct Tx<'w> {
    txn: &'w WriteTransaction,
    /// The tables used so far: opening one costs more than reading a row of it.
    tables: RefCell<HashMap<String, Rc<RefCell<OpenTable<'w>>>>>,
    /// The highest ids given and recorded, where they rose in this batch.
    highest: BTreeMap<String, u64>,
    appender: &'w mut Appender,
    stamp: Stamp,
    last: u64,
    /// Everything written so far by anyone in this batch.
    changes: u64,
    given: BTreeMap<&'static str, u64>,
    touched: BTreeMap<ConversationId, Facet>,
}

macro_rules! new_ids {
    ($($(#[$doc:meta])* $name:ident: $id:ident = $counter:literal),* $(,)?) => {$(
        $(#[$doc])*
        pub fn $name(&mut self) -> Result<$id, StoreError> {
            self.give($counter).map($id)
        }
    )*};
}

impl<'w> Tx<'w> {
    fn new(txn: &'w WriteTransaction, appender: &'w mut Appender, last: u64) -> Tx<'w> {
        let stamp = Stamp::new(0, crate::event::Actor::System);
        Tx {
            txn,
            tables: RefCell::default(),
            highest: BTreeMap::new(),
            appender,
            stamp,
            last,
            changes: 0,
            given: BTreeMap::new(),
            touched: BTreeMap::new(),
        }
    }

    /// When this write happens.
    pub fn now(&self) -> Millis {
        self.stamp.at
    }

    /// By whom it is done.
    pub fn actor(&self) -> &crate::event::Actor {
        &self.stamp.actor
    }

    new_ids! {
        /// The next conversation id. Given ids are kept only by recording the event that uses them.
        new_conversation: ConversationId = "conversation",
        new_message: MessageId = "message",
        new_contact: ContactId = "contact",
        new_agent: AgentId = "agent",
        new_visitor: VisitorId = "visitor",
        new_saved_reply: SavedReplyId = "saved_reply",
        new_job: JobId = "job",
        new_token: TokenId = "token",
        new_blob: BlobId = "blob",
    }

    fn give(&mut self, counter: &'static str) -> Result<u64, StoreError> {
        let stored = self.highest(counter)?;
        let given = self.given.entry(counter).or_insert(0);
        *given = stored.max(*given) + 1;
        Ok(*given)
    }

    fn highest(&self, counter: &str) -> Result<u64, StoreError> {
        match self.highest.get(counter) {
            Some(highest) => Ok(*highest),
            None => Ok(self.get(&COUNTERS, &counter.to_owned())?.unwrap_or(0)),
        }
    }

    /// Remembers the highest id given.
    pub(crate) fn count(&mut self, counter: &str, id: u64) -> Result<(), StoreError> {
        if id > self.highest(counter)? {
            self.highest.insert(counter.to_owned(), id);
        }
        Ok(())
    }

    /// Records what happened and applies it to the tables. Returns its sequence.
    ///
    /// # Errors
    /// Only the store's; after one, the verb must return it.
    pub fn record(&mut self, event: Event) -> Result<u64, StoreError> {
        self.changes += 1;
        let entry = Entry {
            at: self.stamp.at,
            actor: self.stamp.actor.clone(),
            event,
        };
        let seq = self.last + 1;
        self.put(&JOURNAL, &seq, &entry)?;
        apply::apply(self, seq, &entry)?;
        self.last = seq;
        Ok(seq)
    }

    /// The sequence of what was recorded last.
    pub fn seq(&self) -> u64 {
        self.last
    }

    /// Keeps packed bytes in a segment; returns the id to name them by.
    ///
    /// # Errors
    /// As [`Tx::record`].
    pub fn keep(&mut self, packed: &Packed) -> Result<BlobId, StoreError> {
        let id = self.new_blob()?;
        let row = self.appender.append(id, packed)?;
        self.record(Event::BlobKept(row))?;
        Ok(id)
    }

    /// Keeps a session; `None` ends it. Sessions are nobody's history and stay outside the journal.
    pub fn put_session(
        &mut self,
        hash: [u8; 32],
        session: Option<&Session>,
    ) -> Result<(), StoreError> {
        self.changes += 1;
        match session {
            Some(session) => self.put(&SESSIONS, &hash, session),
            None => self.delete(&SESSIONS, &hash),
        }
    }

    /// Marks an agent's one-time code as used; false if it, or a later one, was used before.
    pub fn spend_code(&mut self, agent: AgentId, step: u64) -> Result<bool, StoreError> {
        let fresh = self
            .get(&SPENT_CODES, &agent)?
            .is_none_or(|last| last < step);
        if fresh {
            self.changes += 1;
            self.put(&SPENT_CODES, &agent, &step)?;
        }
        Ok(fresh)
    }

    /// Notes how a mail transaction went; the oldest of more than `keep` are forgotten.
    pub fn put_trace(&mut self, mut trace: Trace, keep: u64) -> Result<TraceId, StoreError> {
        self.changes += 1;
        let last = self.last(&TRACES)?.map_or(0, |(id, _)| id.0);
        trace.id = TraceId(last + 1);
        self.put(&TRACES, &trace.id, &trace)?;
        while let Some((oldest, _)) = self.first(&TRACES)? {
            if trace.id.0 - oldest.0 < keep {
                break;
            }
            self.delete(&TRACES, &oldest)?;
        }
        Ok(trace.id)
    }

    /// Moves a follower's cursor.
    pub fn put_cursor(&mut self, follower: &str, seq: u64) -> Result<(), StoreError> {
        self.changes += 1;
        self.put(&CURSORS, &follower.to_owned(), &seq)
    }

    pub(crate) fn put<K: Key, V: Serialize + DeserializeOwned>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), StoreError> {
        let rows = self.open(table.name)?;
        let bytes = Table::<K, V>::bytes(value)?;
        rows.borrow_mut()
            .insert(key.encode().as_slice(), bytes.as_slice())?;
        Ok(())
    }

    pub(crate) fn delete<K: Key, V: Serialize + DeserializeOwned>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<(), StoreError> {
        let rows = self.open(table.name)?;
        rows.borrow_mut().remove(key.encode().as_slice())?;
        Ok(())
    }

    pub(crate) fn touch(&mut self, conversation: &Conversation) {
        self.touched
            .insert(conversation.id, Facet::of(conversation));
    }

    fn open(&self, name: &str) -> Result<Rc<RefCell<OpenTable<'w>>>, StoreError> {
        let mut tables = self.tables.borrow_mut();
        if let Some(open) = tables.get(name) {
            return Ok(open.clone());
        }
        let open = Rc::new(RefCell::new(self.txn.open_table(definition(name))?));
        tables.insert(name.to_owned(), open.clone());
        Ok(open)
    }

    /// Readies the transaction for its commit, if it is to have one: counters written, raw bytes on
    /// disk, tables closed. Returns the last sequence and what was touched.
    fn finish(
        mut self,
        wanted: bool,
    ) -> Result<(u64, BTreeMap<ConversationId, Facet>), StoreError> {
        if wanted && self.changes > 0 {
            for (counter, highest) in std::mem::take(&mut self.highest) {
                self.put(&COUNTERS, &counter, &highest)?;
            }
            self.appender.flush()?;
        }
        Ok((self.last, self.touched))
    }
}

impl Rows for Tx<'_> {
    fn raw_get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        use redb::ReadableTable;
        let rows = self.open(table)?;
        let row = rows.borrow().get(key)?.map(|value| value.value().to_vec());
        Ok(row)
    }

    fn raw_walk(
        &self,
        table: &str,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        let rows = self.open(table)?;
        let rows = rows.borrow();
        walk(&*rows, from, to, backwards, visit)
    }
}
