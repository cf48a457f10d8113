//! Open, read, write.
//!
//! One process owns a data folder. Reading is a snapshot; writing is a *verb*: a closure that the
//! writer thread runs inside a transaction, together with up to 255 others (group commit). What a
//! verb recorded is on disk when its answer arrives; if it is not, the answer is an error.
//!
//! Snapshots must be short: a long reader pins pages and the file grows. Copy out, drop, render.

use crate::board::Board;
use crate::error::StoreError;
use crate::event::Actor;
use crate::model::*;
use crate::rows::{Rows, Visit};
use crate::segment::{self, Folder, Packed, SegmentIo};
use crate::tables::{self, BLOBS, FORMAT, META};
use crate::writer::{Task, Writer};
use futures_channel::oneshot;
use parking_lot::{Mutex, RwLock};
use redb::{
    Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, TableError,
};
use std::fmt;
use std::fs::{self, File};
use std::future::Future;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::JoinHandle;

pub use crate::writer::Tx;

/// redb's page cache. Its own default grows to 1 GiB and gains nothing here.
const CACHE_BYTES: usize = 128 * 1024 * 1024;

/// Told of every commit: the newest journal sequence.
type Listener = Box<dyn Fn(u64) + Send + Sync>;

/// A fresh database backend over the same bytes: called at open, and again after an I/O error.
pub type OpenBackend = Box<dyn Fn() -> Result<Box<dyn StorageBackend>, StoreError> + Send + Sync>;

/// Where a store lives, when not simply in a folder.
pub struct Options {
    pub backend: OpenBackend,
    pub segments: Arc<dyn SegmentIo>,
    /// Verify every page at open, not only after a crash.
    pub check: bool,
}

/// When and by whom a write is done.
#[derive(Debug, Clone)]
pub struct Stamp {
    pub at: Millis,
    pub actor: Actor,
}

impl Stamp {
    pub fn new(at: Millis, actor: Actor) -> Stamp {
        Stamp { at, actor }
    }
}

/// The store: cheap to clone, shared by all.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    tasks: mpsc::Sender<Box<dyn Task>>,
    _guard: Arc<Guard>,
}

/// What the writer and all readers share.
pub(crate) struct Shared {
    pub database: RwLock<Option<Database>>,
    pub options: Options,
    pub board: Board,
    pub last: AtomicU64,
    pub listeners: RwLock<Vec<Listener>>,
    /// Set for good once nothing may be acknowledged any more.
    pub stopped: Mutex<Option<String>>,
    /// An fsync failed: no retry is safe.
    pub sync_failed: Arc<AtomicBool>,
}

/// Ends the writer when the last [`Store`] is dropped.
struct Guard {
    end: mpsc::Sender<Box<dyn Task>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.end.send(Box::new(crate::writer::End));
        let own = std::thread::current().id();
        if let Some(thread) = self.thread.lock().take()
            && thread.thread().id() != own
        {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store(last = {})", self.last_seq())
    }
}

impl Store {
    /// Opens the data folder `path`, making it when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it, [`StoreError::Damaged`] if a file is not what
    /// it should be, [`StoreError::Io`] and [`StoreError::Full`] from the operating system.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let io = |e| StoreError::io(format!("data folder {}", path.display()), &e);
        fs::create_dir_all(path).map_err(io)?;
        let file = path.join("casella.redb");
        create_if_missing(path, &file)?;
        let check = fs::metadata(&file).map_err(io)?.len() <= CHECKED_BYTES;
        let segments = Arc::new(Folder::new(&path.join("raw")).map_err(io)?);
        let backend = Box::new(move || open_file(&file));
        Store::open_on(Options {
            backend,
            segments,
            check,
        })
        .map_err(|error| match error {
            StoreError::Locked { .. } => StoreError::Locked {
                path: path.display().to_string(),
            },
            other => other,
        })
    }

    /// A store in memory, forgotten with its last clone, that keeps no blobs: to try out what writes
    /// would do.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn scratch() -> Result<Store, StoreError> {
        let memory =
            || -> Box<dyn StorageBackend> { Box::new(redb::backends::InMemoryBackend::new()) };
        Store::open_on(Options {
            backend: Box::new(move || Ok(memory())),
            segments: Arc::new(segment::Nowhere),
            check: false,
        })
    }

    /// Opens a store on any backend: a folder, memory, or a test's failing disk.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(options: Options) -> Result<Store, StoreError> {
        let sync_failed = Arc::new(AtomicBool::new(false));
        let database = open_database(&options, &sync_failed)?;
        check_format(&database)?;
        let snapshot = Snapshot {
            txn: database.begin_read()?,
        };
        let last = crate::journal::last(&snapshot)?;
        let last_blob = snapshot.last(&BLOBS)?.map(|(_, row)| row);
        let board = Board::load(&snapshot)?;
        drop(snapshot);
        let appender = segment::Appender::open(options.segments.clone(), last_blob.as_ref())?;
        let shared = Arc::new(Shared {
            database: RwLock::new(Some(database)),
            options,
            board,
            last: AtomicU64::new(last),
            listeners: RwLock::default(),
            stopped: Mutex::default(),
            sync_failed,
        });
        Ok(Store::start(shared, appender))
    }

    fn start(shared: Arc<Shared>, appender: segment::Appender) -> Store {
        let (tasks, queue) = mpsc::channel();
        let writer = Writer::new(shared.clone(), appender, queue);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run());
        let guard = Guard {
            end: tasks.clone(),
            thread: Mutex::new(thread.ok()),
        };
        Store {
            shared,
            tasks,
            _guard: Arc::new(guard),
        }
    }

    /// A consistent view of everything committed. Keep it short.
    ///
    /// # Errors
    /// [`StoreError::Stopped`] after a failed fsync; I/O errors.
    pub fn read(&self) -> Result<Snapshot, StoreError> {
        self.shared.snapshot()
    }

    /// Runs `verb` in the writer's next transaction. The answer arrives once it is on disk.
    ///
    /// A verb reads and decides first, then records; if it fails after recording, its whole batch is
    /// undone. A panic inside counts as such a failure.
    pub fn write<T, E>(
        &self,
        stamp: Stamp,
        verb: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let task = crate::writer::Verb::new(stamp, verb, sender);
        let _ = self.tasks.send(Box::new(task));
        Pending { receiver }
    }

    /// The bytes of a blob, proven against their hash.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the segment does not hold what the database says.
    pub fn blob(&self, id: BlobId) -> Result<Vec<u8>, StoreError> {
        let row = self.read()?.get(&BLOBS, &id)?;
        let missing = || StoreError::damaged("casella.redb", format!("blob {id} is not listed"));
        segment::read(&*self.shared.options.segments, &row.ok_or_else(missing)?)
    }

    /// The texts of a message, wherever they lie.
    ///
    /// # Errors
    /// As [`Store::blob`].
    pub fn body(&self, message: &Message) -> Result<StoredBody, StoreError> {
        match &message.body {
            Body::Inline(text) => Ok(StoredBody {
                text: text.clone(),
                ..StoredBody::default()
            }),
            Body::Stored(id) => {
                let bytes = self.blob(*id)?;
                serde_json::from_slice(&bytes)
                    .map_err(|e| StoreError::damaged(format!("blob {id}"), e))
            }
        }
    }

    /// The facts of every conversation that lists and filters need, in memory.
    pub fn board(&self) -> &Board {
        &self.shared.board
    }

    /// The newest journal sequence on disk.
    pub fn last_seq(&self) -> u64 {
        self.shared.last.load(Ordering::Acquire)
    }

    /// Calls `listener` after every commit, on the writer's thread: it must not block.
    pub fn subscribe(&self, listener: impl Fn(u64) + Send + Sync + 'static) {
        self.shared.listeners.write().push(Box::new(listener));
    }

    /// Why the store accepts nothing any more, if so. The process should say it and exit.
    pub fn stopped(&self) -> Option<String> {
        self.shared.stopped.lock().clone()
    }

    pub(crate) fn segments(&self) -> &dyn SegmentIo {
        &*self.shared.options.segments
    }
}

impl Shared {
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        match &*self.database.read() {
            Some(database) => Ok(Snapshot {
                txn: database.begin_read()?,
            }),
            None => Err(StoreError::Io {
                what: "database".into(),
                why: "it is being reopened".into(),
            }),
        }
    }

    /// Closes and opens the database again, as redb demands after an I/O error.
    pub fn reopen(&self) -> Result<(), StoreError> {
        let mut slot = self.database.write();
        if let Some(old) = slot.take() {
            let _ = old.close();
        }
        *slot = Some(open_database(&self.options, &self.sync_failed)?);
        Ok(())
    }
}

/// Databases up to this size are verified page by page at every open: it takes a few milliseconds.
const CHECKED_BYTES: u64 = 32 * 1024 * 1024;

fn open_file(path: &Path) -> Result<Box<dyn StorageBackend>, StoreError> {
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(|e| StoreError::io(path.display().to_string(), &e))?;
    Ok(Box::new(redb::backends::FileBackend::new(file)?))
}

/// A new database is built under another name and renamed, so that a crash leaves none or a whole one.
fn create_if_missing(folder: &Path, file: &Path) -> Result<(), StoreError> {
    let io = |e| StoreError::io(format!("{}", file.display()), &e);
    if file.exists() {
        return Ok(());
    }
    let fresh: PathBuf = folder.join("casella.redb.new");
    match fs::remove_file(&fresh) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
        _ => {}
    }
    let database = Database::builder().create(&fresh)?;
    write_format(&database)?;
    drop(database);
    fs::rename(&fresh, file).map_err(io)?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(io)
}

fn open_database(options: &Options, sync_failed: &Arc<AtomicBool>) -> Result<Database, StoreError> {
    let backend = Watched {
        inner: (options.backend)()?,
        sync_failed: sync_failed.clone(),
    };
    let mut builder = Database::builder();
    builder
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(options.check);
    // A damaged file may make redb panic where it trusts its own pages.
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        builder
            .create_with_backend(backend)
            .map_err(StoreError::from)
    }));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StoreError::damaged(
            "casella.redb",
            "it does not read as a database",
        )),
    }
}

fn write_format(database: &Database) -> Result<(), StoreError> {
    let txn = database.begin_write()?;
    {
        let mut meta = txn.open_table(definition(META.name))?;
        let value = rmp_serde::to_vec_named(&FORMAT).unwrap_or_default();
        meta.insert(b"format".as_slice(), value.as_slice())?;
        for name in tables::DERIVED
            .iter()
            .chain(tables::KEPT)
            .filter(|name| **name != META.name)
        {
            txn.open_table(definition(name))?;
        }
    }
    Ok(txn.commit()?)
}

fn check_format(database: &Database) -> Result<(), StoreError> {
    let snapshot = Snapshot {
        txn: database.begin_read()?,
    };
    match snapshot.get(&META, &"format".to_owned())? {
        Some(FORMAT) => Ok(()),
        Some(other) => Err(StoreError::Damaged {
            file: "casella.redb".into(),
            why: format!("it has format {other}, this Casella reads format {FORMAT}"),
            remedy: "run the version of Casella that wrote it".into(),
        }),
        None => {
            drop(snapshot);
            write_format(database)
        }
    }
}

pub(crate) fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// A consistent view of everything committed when it was taken.
pub struct Snapshot {
    txn: redb::ReadTransaction,
}

impl Rows for Snapshot {
    fn raw_get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.txn.open_table(definition(table)) {
            Ok(table) => Ok(table.get(key)?.map(|value| value.value().to_vec())),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn raw_walk(
        &self,
        table: &str,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        match self.txn.open_table(definition(table)) {
            Ok(table) => walk(&table, from, to, backwards, visit),
            Err(TableError::TableDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) fn walk(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
    backwards: bool,
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    let mut rows = table.range::<&[u8]>((from, to))?;
    while let Some(row) = if backwards {
        rows.next_back()
    } else {
        rows.next()
    } {
        let (key, value) = row?;
        if let ControlFlow::Break(()) = visit(key.value(), value.value())? {
            break;
        }
    }
    Ok(())
}

/// The answer of a write, to await or to [`Pending::wait`] for.
#[must_use = "what was written is on disk only once this has answered"]
pub struct Pending<T, E> {
    receiver: oneshot::Receiver<Result<T, E>>,
}

impl<T, E: From<StoreError>> Future for Pending<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver)
            .poll(cx)
            .map(|answer| match answer {
                Ok(result) => result,
                Err(_) => Err(StoreError::Stopped {
                    why: "the writer has ended".into(),
                }
                .into()),
            })
    }
}

impl<T, E: From<StoreError>> Pending<T, E> {
    /// Blocks this thread until the answer is there. Not for async callers.
    ///
    /// # Errors
    /// The verb's own, or the store's.
    pub fn wait(self) -> Result<T, E> {
        struct Unpark(std::thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(std::thread::current())).into();
        let mut context = Context::from_waker(&waker);
        let mut pinned = std::pin::pin!(self);
        loop {
            match pinned.as_mut().poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// Packs bytes for [`Tx::keep`], on the caller's thread.
pub fn pack(bytes: &[u8]) -> Packed {
    Packed::new(bytes)
}

/// Remembers that a sync failed: after that, no retry can be trusted.
#[derive(Debug)]
struct Watched {
    inner: Box<dyn StorageBackend>,
    sync_failed: Arc<AtomicBool>,
}

impl StorageBackend for Watched {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.inner.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.inner.read(offset, out)
    }
    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.inner.set_len(len)
    }
    fn sync_data(&self) -> Result<(), std::io::Error> {
        let synced = self.inner.sync_data();
        self.sync_failed.fetch_or(synced.is_err(), Ordering::AcqRel);
        synced
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.inner.write(offset, data)
    }
    fn close(&self) -> Result<(), std::io::Error> {
        self.inner.close()
    }
    fn try_lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<bool, redb::BackendError> {
        self.inner.try_lock_range(from, to)
    }
    fn try_lock_shared_range(
        &self,
        from: Bound<u64>,
        to: Bound<u64>,
    ) -> Result<bool, redb::BackendError> {
        self.inner.try_lock_shared_range(from, to)
    }
    fn lock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), redb::BackendError> {
        self.inner.lock_range(from, to)
    }
    fn lock_shared_range(
        &self,
        from: Bound<u64>,
        to: Bound<u64>,
    ) -> Result<(), redb::BackendError> {
        self.inner.lock_shared_range(from, to)
    }
    fn unlock_range(&self, from: Bound<u64>, to: Bound<u64>) -> Result<(), redb::BackendError> {
        self.inner.unlock_range(from, to)
    }
    fn query_lock_range(
        &self,
        from: Bound<u64>,
        to: Bound<u64>,
    ) -> Result<bool, redb::BackendError> {
        self.inner.query_lock_range(from, to)
    }
}
