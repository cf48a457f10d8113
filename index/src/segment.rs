//! Raw bytes in append-only files, apart from the tables.
//!
//! A record is `magic, codec, hash, stored length, length`, then the bytes (zstd level 1, or plain
//! where that would not shrink them). Order of a commit: write, fdatasync, then the redb commit. What
//! lies past the last committed record after a crash was never acknowledged and is cut at start.

use crate::error::StoreError;
use crate::model::{BlobId, BlobRow};
use parking_lot::Mutex;
use ring::digest;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zstd::bulk::{Compressor, Decompressor};

/// A segment is closed once it has grown past this.
pub const SEGMENT_BYTES: u64 = 512 * 1024 * 1024;
const MAGIC: [u8; 4] = *b"CSL1";
const HEAD: usize = 4 + 1 + 16 + 8 + 8;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// The file operations segments need, so that a test can tear writes and fail any of them.
pub trait SegmentIo: Debug + Send + Sync {
    fn write_at(&self, segment: u32, offset: u64, bytes: &[u8]) -> io::Result<()>;
    fn read_at(&self, segment: u32, offset: u64, bytes: &mut [u8]) -> io::Result<()>;
    fn sync(&self, segment: u32) -> io::Result<()>;
    fn len(&self, segment: u32) -> io::Result<u64>;
    fn truncate(&self, segment: u32, len: u64) -> io::Result<()>;
    /// Gives the space of a range back to the file system, where it can.
    fn punch(&self, segment: u32, offset: u64, len: u64) -> io::Result<()>;
}

/// Segments as files `000001.seg` … in a folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    open: Mutex<HashMap<u32, Arc<File>>>,
}

impl Folder {
    pub fn new(path: &Path) -> io::Result<Folder> {
        fs::create_dir_all(path)?;
        Ok(Folder {
            path: path.to_owned(),
            open: Mutex::default(),
        })
    }

    fn file(&self, segment: u32) -> io::Result<Arc<File>> {
        if let Some(file) = self.open.lock().get(&segment) {
            return Ok(file.clone());
        }
        let path = self.path.join(format!("{segment:06}.seg"));
        let fresh = !path.exists();
        let file = Arc::new(
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)?,
        );
        if fresh {
            File::open(&self.path)?.sync_all()?;
        }
        self.open.lock().insert(segment, file.clone());
        Ok(file)
    }
}

impl SegmentIo for Folder {
    fn write_at(&self, segment: u32, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file(segment)?.write_all_at(bytes, offset)
    }
    fn read_at(&self, segment: u32, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file(segment)?.read_exact_at(bytes, offset)
    }
    fn sync(&self, segment: u32) -> io::Result<()> {
        self.file(segment)?.sync_data()
    }
    fn len(&self, segment: u32) -> io::Result<u64> {
        Ok(self.file(segment)?.metadata()?.len())
    }
    fn truncate(&self, segment: u32, len: u64) -> io::Result<()> {
        self.file(segment)?.set_len(len)
    }
    fn punch(&self, segment: u32, offset: u64, len: u64) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        let file = self.file(segment)?;
        let zeros = vec![0u8; len as usize];
        file.write_all_at(&zeros, offset)?;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        // Not every file system can punch; the zeros above already erased the bytes.
        let _ = fallocate(&*file, flags, offset, len);
        file.sync_data()
    }
}

/// Segments that swallow what is written.
#[derive(Debug)]
pub struct Nowhere;

impl SegmentIo for Nowhere {
    fn write_at(&self, _: u32, _: u64, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn read_at(&self, _: u32, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
    fn sync(&self, _: u32) -> io::Result<()> {
        Ok(())
    }
    fn len(&self, _: u32) -> io::Result<u64> {
        Ok(0)
    }
    fn truncate(&self, _: u32, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn punch(&self, _: u32, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }
}

// A context is some hundred kilobytes to allocate and clear: more work than most mails are to pack.
thread_local! {
    static PACKER: RefCell<Option<Compressor<'static>>> = RefCell::new(Compressor::new(1).ok());
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = RefCell::new(Decompressor::new().ok());
}

/// Bytes packed and hashed outside the writer, ready to be appended.
#[derive(Debug, Clone)]
pub struct Packed {
    bytes: Vec<u8>,
    len: u64,
    codec: u8,
    hash: [u8; 16],
}

impl Packed {
    /// Compresses and hashes. Costs CPU: call it before queueing for the writer.
    pub fn new(raw: &[u8]) -> Packed {
        let packed = PACKER
            .with_borrow_mut(|packer| packer.as_mut()?.compress(raw).ok())
            .filter(|packed| packed.len() < raw.len());
        let (codec, bytes) = match packed {
            Some(packed) => (ZSTD, packed),
            None => (PLAIN, raw.to_vec()),
        };
        Packed {
            bytes,
            len: raw.len() as u64,
            codec,
            hash: hash16(raw),
        }
    }

    /// Bytes when unpacked.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The first 16 bytes of the SHA-256: as much as an honest mistake or a forger can be asked to hit.
pub fn hash16(bytes: &[u8]) -> [u8; 16] {
    let full = digest::digest(&digest::SHA256, bytes);
    let mut short = [0; 16];
    short.copy_from_slice(&full.as_ref()[..16]);
    short
}

/// The writer's end: appends to the active segment, in memory until [`Appender::flush`].
#[derive(Debug)]
pub(crate) struct Appender {
    io: Arc<dyn SegmentIo>,
    segment: u32,
    /// Where the next flush goes.
    end: u64,
    pending: Vec<u8>,
}

impl Appender {
    /// Opens the active segment, cut at the end of the last committed blob.
    pub fn open(io: Arc<dyn SegmentIo>, last: Option<&BlobRow>) -> Result<Appender, StoreError> {
        let (segment, end) = last.map_or((1, 0), |row| (row.segment, row.offset + row.stored));
        let len = io
            .len(segment)
            .map_err(|e| StoreError::io("opening a segment", &e))?;
        if len < end {
            return Err(StoreError::damaged(
                format!("raw/{segment:06}.seg"),
                "it is shorter than the database says",
            ));
        }
        if len > end {
            io.truncate(segment, end)
                .map_err(|e| StoreError::io("cutting a segment", &e))?;
        }
        Ok(Appender {
            io,
            segment,
            end,
            pending: Vec::new(),
        })
    }

    /// Places packed bytes and says where they will lie.
    pub fn append(&mut self, id: BlobId, packed: &Packed) -> Result<BlobRow, StoreError> {
        if self.end + self.pending.len() as u64 >= SEGMENT_BYTES {
            self.flush()?;
            self.segment += 1;
            self.end = 0;
        }
        self.pending.extend_from_slice(&MAGIC);
        self.pending.push(packed.codec);
        self.pending.extend_from_slice(&packed.hash);
        self.pending
            .extend_from_slice(&(packed.bytes.len() as u64).to_be_bytes());
        self.pending.extend_from_slice(&packed.len.to_be_bytes());
        let offset = self.end + self.pending.len() as u64;
        self.pending.extend_from_slice(&packed.bytes);
        Ok(BlobRow {
            id,
            segment: self.segment,
            offset,
            stored: packed.bytes.len() as u64,
            len: packed.len,
            codec: packed.codec,
            hash: packed.hash,
            erased: false,
        })
    }

    /// Writes and syncs what was appended. A failed sync is final: [`StoreError::Stopped`].
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = self.io.write_at(self.segment, self.end, &self.pending);
        written.map_err(|e| StoreError::io("writing raw mail", &e))?;
        self.io
            .sync(self.segment)
            .map_err(|e| StoreError::Stopped {
                why: format!("fsync of raw mail failed: {e}"),
            })?;
        self.end += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Where this batch began, to return to when it is undone.
    pub fn mark(&self) -> (u32, u64) {
        (self.segment, self.end)
    }

    /// Forgets everything since `mark`; bytes already written there are overwritten later.
    pub fn rewind(&mut self, mark: (u32, u64)) {
        self.pending.clear();
        (self.segment, self.end) = mark;
    }
}

/// Reads one blob and proves it whole.
pub(crate) fn read(io: &dyn SegmentIo, row: &BlobRow) -> Result<Vec<u8>, StoreError> {
    let file = format!("raw/{:06}.seg", row.segment);
    if row.erased {
        return Ok(Vec::new());
    }
    let mut bytes = vec![0; row.stored as usize];
    io.read_at(row.segment, row.offset, &mut bytes)
        .map_err(|e| StoreError::damaged(&file, e))?;
    let raw = match row.codec {
        PLAIN => bytes,
        ZSTD => unpacked(&bytes, row.len as usize).map_err(|e| StoreError::damaged(&file, e))?,
        other => return Err(StoreError::damaged(&file, format!("unknown codec {other}"))),
    };
    if hash16(&raw) != row.hash {
        return Err(StoreError::damaged(
            &file,
            format!("blob {} does not match its hash", row.id),
        ));
    }
    Ok(raw)
}

fn unpacked(bytes: &[u8], len: usize) -> io::Result<Vec<u8>> {
    UNPACKER.with_borrow_mut(|unpacker| match unpacker {
        Some(unpacker) => unpacker.decompress(bytes, len),
        None => zstd::bulk::decompress(bytes, len),
    })
}

/// Bytes of a record's head, before its payload.
pub const HEAD_BYTES: u64 = HEAD as u64;
