//! A disk in memory that loses power and fails on demand: unsynced writes are dropped, kept or torn.

use crate::error::StoreError;
use crate::segment::SegmentIo;
use crate::store::Options;
use parking_lot::Mutex;
use redb::StorageBackend;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

/// A small generator, so that a failing seed can be run again.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % sides.max(1)
    }
}

/// Which file: 0 is the database, others are segments.
type FileNo = u32;

#[derive(Debug, Clone)]
enum Op {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default)]
struct Inner {
    /// What a reader sees now.
    files: BTreeMap<FileNo, Vec<u8>>,
    /// What survives a power cut for certain.
    synced: BTreeMap<FileNo, Vec<u8>>,
    /// Done since, in order.
    unsynced: Vec<(FileNo, Op)>,
    ops: u64,
    /// The operation that fails, and how.
    fault: Option<(u64, Fault)>,
    /// The operation at which the power goes.
    cut_at: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    Io,
    Full,
    Short,
}

/// The disk; clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<Mutex<Inner>>);

fn apply(file: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Length(len) => file.resize(*len as usize, 0),
        Op::Write(at, bytes) => {
            let end = *at as usize + bytes.len();
            if file.len() < end {
                file.resize(end, 0);
            }
            file[*at as usize..end].copy_from_slice(bytes);
        }
    }
}

impl Disk {
    /// Fails the `n`th operation from now.
    pub fn fail(&self, n: u64, fault: Fault) {
        let mut inner = self.0.lock();
        inner.fault = Some((inner.ops + n, fault));
    }

    /// No operation fails any more.
    pub fn heal(&self) {
        self.0.lock().fault = None;
    }

    /// The power goes at the `n`th operation from now: everything after fails.
    pub fn cut(&self, n: u64) {
        let mut inner = self.0.lock();
        inner.cut_at = Some(inner.ops + n);
    }

    pub fn ops(&self) -> u64 {
        self.0.lock().ops
    }

    /// The disk as found after the power comes back: of what was never synced, each write is kept,
    /// dropped or torn, as the dice fall.
    pub fn after_cut(&self, dice: &mut Dice) -> Disk {
        let inner = self.0.lock();
        let mut files = inner.synced.clone();
        for (no, op) in &inner.unsynced {
            let file = files.entry(*no).or_default();
            match (dice.roll(3), op) {
                (0, _) => {}
                (1, Op::Write(at, bytes)) if bytes.len() > 1 => {
                    let kept = dice.roll(bytes.len() as u64) as usize;
                    apply(file, &Op::Write(*at, bytes[..kept].to_vec()));
                }
                (_, op) => apply(file, op),
            }
        }
        Disk(Arc::new(Mutex::new(Inner {
            files: files.clone(),
            synced: files,
            ..Inner::default()
        })))
    }

    /// Damages the database: flips a byte, or cuts its tail.
    pub fn damage(&self, dice: &mut Dice) {
        let mut inner = self.0.lock();
        let Some(file) = inner.files.get_mut(&0) else {
            return;
        };
        let at = dice.roll(file.len() as u64) as usize;
        if dice.roll(4) == 0 {
            file.truncate(at)
        } else {
            file[at] ^= 1 << dice.roll(8)
        }
        inner.synced = inner.files.clone();
    }

    pub fn options(&self) -> Options {
        let disk = self.clone();
        let backend = Box::new(
            move || -> std::result::Result<Box<dyn StorageBackend>, StoreError> {
                Ok(Box::new(disk.clone()))
            },
        );
        Options {
            backend,
            segments: Arc::new(self.clone()),
            check: true,
        }
    }

    fn step(&self) -> Result<Option<Fault>> {
        let mut inner = self.0.lock();
        inner.ops += 1;
        if inner.cut_at.is_some_and(|at| inner.ops >= at) {
            return Err(Error::other("the power is gone"));
        }
        match inner.fault {
            Some((at, fault)) if at == inner.ops => Ok(Some(fault)),
            _ => Ok(None),
        }
    }

    fn do_op(&self, no: FileNo, op: Op) -> Result<()> {
        let (op, error) = match (self.step()?, op) {
            (None, op) => (op, None),
            (Some(Fault::Io), _) => return Err(Error::from_raw_os_error(5)),
            (Some(Fault::Full), _) => return Err(Error::from_raw_os_error(28)),
            (Some(Fault::Short), Op::Write(at, bytes)) => {
                let half = bytes[..bytes.len() / 2].to_vec();
                (
                    Op::Write(at, half),
                    Some(Error::new(ErrorKind::WriteZero, "short write")),
                )
            }
            (Some(Fault::Short), _) => return Err(Error::from_raw_os_error(5)),
        };
        let mut inner = self.0.lock();
        apply(inner.files.entry(no).or_default(), &op);
        inner.unsynced.push((no, op));
        error.map_or(Ok(()), Err)
    }

    fn do_read(&self, no: FileNo, at: u64, out: &mut [u8]) -> Result<()> {
        if self.step()?.is_some() {
            return Err(Error::from_raw_os_error(5));
        }
        let inner = self.0.lock();
        let end = at as usize + out.len();
        let bytes = inner
            .files
            .get(&no)
            .and_then(|file| file.get(at as usize..end));
        out.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn do_sync(&self, no: FileNo) -> Result<()> {
        if self.step()?.is_some() {
            return Err(Error::from_raw_os_error(5));
        }
        let mut guard = self.0.lock();
        let inner = &mut *guard;
        let mine = inner.unsynced.extract_if(.., |(file, _)| *file == no);
        for (_, op) in mine {
            apply(inner.synced.entry(no).or_default(), &op);
        }
        Ok(())
    }

    fn length(&self, no: FileNo) -> u64 {
        self.0
            .lock()
            .files
            .get(&no)
            .map_or(0, |file| file.len() as u64)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.length(0))
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.do_read(0, offset, out)
    }
    fn set_len(&self, len: u64) -> Result<()> {
        self.do_op(0, Op::Length(len))
    }
    fn sync_data(&self) -> Result<()> {
        self.do_sync(0)
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.do_op(0, Op::Write(offset, data.to_vec()))
    }
}

impl SegmentIo for Disk {
    fn write_at(&self, segment: u32, offset: u64, bytes: &[u8]) -> Result<()> {
        self.do_op(segment, Op::Write(offset, bytes.to_vec()))
    }
    fn read_at(&self, segment: u32, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.do_read(segment, offset, bytes)
    }
    fn sync(&self, segment: u32) -> Result<()> {
        self.do_sync(segment)
    }
    fn len(&self, segment: u32) -> Result<u64> {
        Ok(self.length(segment))
    }
    fn truncate(&self, segment: u32, len: u64) -> Result<()> {
        self.do_op(segment, Op::Length(len))
    }
    fn punch(&self, segment: u32, offset: u64, len: u64) -> Result<()> {
        self.do_op(segment, Op::Write(offset, vec![0; len as usize]))
    }
}
