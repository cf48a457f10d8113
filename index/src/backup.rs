//! Copies of a whole store: a backup while it runs, and a replay of the journal.
//!
//! A backup is one file: a head, then records `kind, name, key, value` of every table in key order,
//! then the segments as far as that snapshot reaches, then a SHA-256 of it all. The search index is
//! left out: it is derived. Small files that lie beside the store (keys) travel along, so the file is
//! as secret as they are.

use crate::error::StoreError;
use crate::rows::Rows;
use crate::segment::{HEAD_BYTES, SegmentIo};
use crate::store::{Snapshot, Store, definition};
use crate::tables::{BLOBS, DERIVED, JOURNAL, KEPT, SESSIONS};
use redb::Database;
use ring::digest;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::ops::{Bound, ControlFlow};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};
use std::time::Duration;

const MAGIC: &[u8; 8] = b"CASBAK01";
const ROW: u8 = 1;
const PIECE: u8 = 2;
const END: u8 = 3;
const BESIDE: u8 = 4;
/// Segment bytes copied at a time.
const CHUNK: u64 = 1024 * 1024;
/// A breath after each chunk, so that the writer's fsyncs do not wait behind the copy.
const BREATH: Duration = Duration::from_millis(1);

/// What a backup or restore moved.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub rows: u64,
    pub raw_bytes: u64,
}

/// A small file of the data folder: its path in there, and its bytes.
pub type Beside = (String, Vec<u8>);

/// Writes a consistent copy of the store to `file` while it goes on running, with the files `beside`
/// it. Sessions are left out. Only its owner may read the file.
///
/// # Errors
/// I/O errors with the file's name; an existing file is refused.
pub fn backup(store: &Store, file: &Path, beside: &[Beside]) -> Result<Moved, StoreError> {
    let io = |e| StoreError::io(file.display().to_string(), &e);
    let out = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(io)?;
    let mut out = Hashed {
        inner: BufWriter::new(out),
        hash: digest::Context::new(&digest::SHA256),
    };
    let moved = write_all(store, &mut out, beside, &io);
    let finished = moved.and_then(|moved| {
        let sum = out.hash.clone().finish();
        out.inner.write_all(sum.as_ref()).map_err(io)?;
        let inner = out.inner.into_inner().map_err(|e| io(e.into_error()))?;
        inner.sync_all().map_err(io)?;
        Ok(moved)
    });
    if finished.is_err() {
        let _ = fs::remove_file(file);
    }
    finished
}

fn write_all(
    store: &Store,
    out: &mut Hashed<BufWriter<File>>,
    beside: &[Beside],
    io: &impl Fn(io::Error) -> StoreError,
) -> Result<Moved, StoreError> {
    let mut moved = Moved::default();
    out.write_all(MAGIC).map_err(io)?;
    for (name, bytes) in beside {
        write_record(out, BESIDE, &[name.as_bytes(), bytes]).map_err(io)?;
    }
    let ends = {
        let snapshot = store.read()?;
        for table in DERIVED
            .iter()
            .chain(KEPT)
            .filter(|name| **name != SESSIONS.name)
        {
            moved.rows += write_table(&snapshot, table, out, io)?;
        }
        segment_ends(&snapshot)?
    };
    for (segment, end) in ends {
        moved.raw_bytes += write_segment(store.segments(), segment, end, out, io)?;
    }
    out.write_all(&[END]).map_err(io)?;
    Ok(moved)
}

fn write_table(
    snapshot: &Snapshot,
    table: &str,
    out: &mut impl Write,
    io: &impl Fn(io::Error) -> StoreError,
) -> Result<u64, StoreError> {
    let mut rows = 0;
    snapshot.raw_walk(
        table,
        Bound::Unbounded,
        Bound::Unbounded,
        false,
        &mut |key, value| {
            write_record(out, ROW, &[table.as_bytes(), key, value]).map_err(io)?;
            rows += 1;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(rows)
}

/// How far each segment is committed.
fn segment_ends(snapshot: &Snapshot) -> Result<BTreeMap<u32, u64>, StoreError> {
    let mut ends = BTreeMap::new();
    snapshot.raw_walk(
        BLOBS.name,
        Bound::Unbounded,
        Bound::Unbounded,
        false,
        &mut |_, value| {
            let row = BLOBS.value(value)?;
            let end = ends.entry(row.segment).or_insert(0);
            *end = (row.offset + row.stored).max(*end);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(ends)
}

fn write_segment(
    segments: &dyn SegmentIo,
    segment: u32,
    end: u64,
    out: &mut impl Write,
    io: &impl Fn(io::Error) -> StoreError,
) -> Result<u64, StoreError> {
    let mut at = 0;
    while at < end {
        let mut bytes = vec![0; CHUNK.min(end - at) as usize];
        segments.read_at(segment, at, &mut bytes).map_err(io)?;
        write_record(
            out,
            PIECE,
            &[&segment.to_be_bytes(), &at.to_be_bytes(), &bytes],
        )
        .map_err(io)?;
        at += bytes.len() as u64;
        std::thread::sleep(BREATH);
    }
    Ok(end)
}

fn write_record(out: &mut impl Write, kind: u8, fields: &[&[u8]]) -> io::Result<()> {
    out.write_all(&[kind])?;
    for field in fields {
        out.write_all(&(field.len() as u32).to_be_bytes())?;
        out.write_all(field)?;
    }
    Ok(())
}

/// Makes the data folder `path` from a backup. It is built beside and renamed, so that it is whole or not there.
///
/// # Errors
/// A folder that is not empty, a file that is no backup or does not match its sum, I/O errors.
pub fn restore(file: &Path, path: &Path) -> Result<Moved, StoreError> {
    let io = |e| StoreError::io(path.display().to_string(), &e);
    let occupied = fs::read_dir(path)
        .map(|mut entries| entries.next().is_some())
        .unwrap_or(false);
    if occupied {
        let what = format!("the data folder {} is not empty", path.display());
        return Err(StoreError::Io {
            what,
            why: "restore never overwrites; name another folder with --data".into(),
        });
    }
    verify(file)?;
    fs::create_dir_all(path).map_err(io)?;
    let segments = crate::segment::Folder::new(&path.join("raw")).map_err(io)?;
    let fresh = path.join("casella.redb.new");
    let database = Database::builder().create(&fresh)?;
    let moved = read_all(file, path, &database, &segments)?;
    drop(database);
    fs::rename(&fresh, path.join("casella.redb")).map_err(io)?;
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(io)?;
    Ok(moved)
}

/// Reads the file once to its end: its head and its sum must be right before anything is made of it.
fn verify(file: &Path) -> Result<(), StoreError> {
    let bad = |why: &str| StoreError::Damaged {
        file: file.display().to_string(),
        why: why.into(),
        remedy: "use another backup".into(),
    };
    let io = |e| StoreError::io(file.display().to_string(), &e);
    let len = fs::metadata(file).map_err(io)?.len();
    let body = len
        .checked_sub(32)
        .filter(|n| *n > 8)
        .ok_or_else(|| bad("it is no backup of Casella"))?;
    let mut reader = BufReader::with_capacity(1 << 20, File::open(file).map_err(io)?);
    let mut magic = [0; 8];
    reader.read_exact(&mut magic).map_err(io)?;
    if &magic != MAGIC {
        return Err(bad("it is no backup of Casella"));
    }
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&magic);
    let mut rest = reader.by_ref().take(body - 8);
    let mut chunk = vec![0; 1 << 20];
    loop {
        match rest.read(&mut chunk).map_err(io)? {
            0 => break,
            n => hash.update(&chunk[..n]),
        }
    }
    let mut sum = [0; 32];
    reader.read_exact(&mut sum).map_err(io)?;
    if hash.finish().as_ref() == sum {
        Ok(())
    } else {
        Err(bad("its sum does not match: it is cut or altered"))
    }
}

fn read_all(
    file: &Path,
    folder: &Path,
    database: &Database,
    segments: &dyn SegmentIo,
) -> Result<Moved, StoreError> {
    let io = |e| StoreError::io(file.display().to_string(), &e);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(file).map_err(io)?);
    reader.read_exact(&mut [0; 8]).map_err(io)?;
    let mut moved = Moved::default();
    let mut synced = std::collections::BTreeSet::new();
    let txn = database.begin_write()?;
    loop {
        let mut kind = [0];
        reader.read_exact(&mut kind).map_err(io)?;
        match kind[0] {
            ROW => {
                let (name, key, value) = (
                    field(&mut reader)?,
                    field(&mut reader)?,
                    field(&mut reader)?,
                );
                let name = String::from_utf8_lossy(&name).into_owned();
                txn.open_table(definition(&name))?
                    .insert(key.as_slice(), value.as_slice())?;
                moved.rows += 1;
            }
            PIECE => {
                let (segment, at) = (field(&mut reader)?, field(&mut reader)?);
                let bytes = field(&mut reader)?;
                let segment = u32::from_be_bytes(segment.try_into().unwrap_or_default());
                let at = u64::from_be_bytes(at.try_into().unwrap_or_default());
                segments.write_at(segment, at, &bytes).map_err(io)?;
                moved.raw_bytes += bytes.len() as u64;
                synced.insert(segment);
            }
            BESIDE => {
                let name = field(&mut reader)?;
                put_beside(
                    folder,
                    &String::from_utf8_lossy(&name),
                    &field(&mut reader)?,
                )?;
            }
            _ => break,
        }
    }
    for segment in synced {
        segments.sync(segment).map_err(io)?;
    }
    txn.commit()?;
    Ok(moved)
}

/// Writes a file back into the data folder, and nowhere else.
fn put_beside(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = folder.join(name);
    let io = |e| StoreError::io(path.display().to_string(), &e);
    let inside = |part| matches!(part, Component::Normal(_));
    if !Path::new(name).components().all(inside) {
        return Err(io(io::ErrorKind::InvalidInput.into()));
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(io)?;
    }
    let mut options = File::options();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(io)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(io)
}

fn field(reader: &mut impl Read) -> Result<Vec<u8>, StoreError> {
    let io = |e| StoreError::io("reading the backup", &e);
    let mut len = [0; 4];
    reader.read_exact(&mut len).map_err(io)?;
    let mut bytes = vec![0; u32::from_be_bytes(len) as usize];
    reader.read_exact(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Replays the journal of `store` into an empty one in memory and names the first derived row that differs.
///
/// # Errors
/// The stores' own.
pub fn replay_differs(store: &Store) -> Result<Option<String>, StoreError> {
    let twin = Store::scratch()?;
    let entries = {
        let snapshot = store.read()?;
        snapshot.all(&JOURNAL)?
    };
    for (_, entry) in entries {
        let stamp = crate::store::Stamp::new(entry.at, entry.actor);
        twin.write(stamp, move |tx| tx.record(entry.event)).wait()?;
    }
    let (left, right) = (store.read()?, twin.read()?);
    for table in DERIVED {
        let (a, b) = (dump(&left, table)?, dump(&right, table)?);
        if let Some(key) = a
            .iter()
            .chain(&b)
            .map(|(key, _)| key)
            .find(|key| a.get(*key) != b.get(*key))
        {
            return Ok(Some(format!("table {table}, key {key:02x?}")));
        }
    }
    Ok(None)
}

fn dump(snapshot: &Snapshot, table: &str) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, StoreError> {
    let mut rows = BTreeMap::new();
    snapshot.raw_walk(
        table,
        Bound::Unbounded,
        Bound::Unbounded,
        false,
        &mut |key, value| {
            rows.insert(key.to_vec(), value.to_vec());
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(rows)
}

/// Erases a blob's bytes for good; its row must already be marked by [`crate::Event::BlobErased`].
///
/// # Errors
/// I/O errors.
pub fn punch(store: &Store, id: crate::model::BlobId) -> Result<(), StoreError> {
    let Some(row) = store.read()?.get(&BLOBS, &id)? else {
        return Ok(());
    };
    let start = row.offset.saturating_sub(HEAD_BYTES);
    let punched = store
        .segments()
        .punch(row.segment, start, row.stored + HEAD_BYTES);
    punched.map_err(|e| StoreError::io("erasing raw mail", &e))
}

struct Hashed<W> {
    inner: W,
    hash: digest::Context,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hash.update(&bytes[..n]);
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
