//! Archives in, conversations out: read ahead on one thread, prepared on all cores, written in order.

use super::files::{self, Archive, Kind};
use super::mbox::Mbox;
use super::prepare::{Judge, Prepared};
use super::report::{Progress, Report};
use crate::channel::email::receive::team;
use crate::error::Failure;
use crate::inbox::receive::{Received, receive};
use crate::inbox::{Inbox, Refused};
use casella_index::store::Pending;
use casella_index::tables::CONTACTS;
use casella_index::{Actor, Rows, Stamp, Store, StoreError, journal};
use data_encoding::HEXLOWER;
use ring::digest::{self, SHA256};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope};

/// Mails read ahead of those being prepared.
const READ_AHEAD: usize = 64;
/// Mails handed to the writer and not yet on disk: two of its transactions.
const IN_FLIGHT: usize = 512;
/// Mails between two notes of how far an mbox was read.
const BETWEEN_NOTES: usize = 256;
/// A mail may nest; what reads it recurses. In bytes.
const STACK: usize = 16 << 20;

/// Asked for from outside, e.g. by Ctrl-C: the import ends after the mails it is at.
pub type Stop = Arc<AtomicBool>;

/// Imports archives into an inbox.
pub struct Importer<'a> {
    inbox: &'a Inbox,
    /// Where it is written: the inbox's own store, or one that is forgotten.
    store: Store,
    dry: bool,
    stop: Stop,
}

impl<'a> Importer<'a> {
    pub fn new(inbox: &'a Inbox, stop: Stop) -> Self {
        Importer {
            inbox,
            store: inbox.store.clone(),
            dry: false,
            stop,
        }
    }

    /// Only finds out what an import would do. Conversations and contacts are made in a store that
    /// is forgotten afterwards; duplicates are looked for in the real one as well.
    ///
    /// # Errors
    /// There is no room for that store.
    pub fn dry(inbox: &'a Inbox, stop: Stop) -> Result<Self, StoreError> {
        Ok(Importer {
            inbox,
            store: Store::scratch()?,
            dry: true,
            stop,
        })
    }

    /// Imports it all. Each mail is written as if it came now, and ordered by its own date.
    ///
    /// # Errors
    /// An archive that cannot be read, a store that accepts no more. What was done until then stays.
    pub fn run(
        &self,
        archives: &[Archive],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Report, Failure> {
        let contacts = self.newest_contact()?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let judge = Judge {
            inbox: self.inbox,
            team: team(self.inbox).map_err(Failure::new)?,
        };
        let (jobs, job_queue) = sync_channel(READ_AHEAD);
        let (done, results) = sync_channel(READ_AHEAD);
        let job_queue = Arc::new(Mutex::new(job_queue));
        let mut writing = Writing::new(self, archives, progress);
        let outcome = std::thread::scope(|scope| {
            let judge = &judge;
            for _ in 0..cores {
                let (queue, done) = (job_queue.clone(), done.clone());
                spawn(scope, "import-reader", move || {
                    prepare_all(judge, &queue, &done)
                })?;
            }
            drop((done, job_queue));
            spawn(scope, "import-files", move || {
                self.read_all(archives, &jobs)
            })?;
            writing.write_all(results)
        });
        let mut report = writing.report;
        report.contacts = self.newest_contact()?.saturating_sub(contacts);
        report.stopped = self.stop.load(Ordering::Relaxed);
        outcome.map(|()| report)
    }

    fn stamp(&self) -> Stamp {
        self.inbox.stamp(Actor::Operator)
    }

    fn newest_contact(&self) -> Result<u64, Failure> {
        let newest = self.store.read().and_then(|rows| rows.last(&CONTACTS));
        Ok(newest.map_err(Failure::new)?.map_or(0, |(id, _)| id.0))
    }

    /// Sends every mail of every archive, in order, until told to stop.
    fn read_all(&self, archives: &[Archive], jobs: &SyncSender<Job>) {
        let mut sender = Sending {
            jobs,
            next: 0,
            stop: &self.stop,
        };
        for (number, archive) in archives.iter().enumerate() {
            let read = match archive.kind {
                Kind::Mail => sender.mail(number, &archive.path),
                Kind::Mbox => self
                    .begin(&archive.path)
                    .and_then(|(known, memory)| sender.mbox(number, &archive.path, known, &memory)),
            };
            match read {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    sender.send(number, Item::Broken(error));
                }
            }
        }
    }

    /// What is remembered of an mbox, and the name under which that is.
    fn begin(&self, path: &Path) -> io::Result<(Mark, String)> {
        let mut head = Vec::new();
        files::open(path, 0)?.take(4096).read_to_end(&mut head)?;
        let hash = HEXLOWER.encode(&digest::digest(&SHA256, &head).as_ref()[..16]);
        let memory = format!(
            "import {hash} {}",
            path.file_name().unwrap_or_default().display()
        );
        let rows = self.store.read().map_err(io::Error::other)?;
        let cursor = |name: &str| journal::cursor(&rows, name).map_err(io::Error::other);
        let mark = Mark {
            end: cursor(&memory)?,
            digest: cursor(&of_digest(&memory))?,
        };
        Ok((mark, memory))
    }
}

/// How far an mbox was read: before which byte, and what had been read until there. An mbox that
/// only begins like one read before is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    end: u64,
    /// The first eight bytes of the SHA-256 over all mails before `end`.
    digest: u64,
}

impl Mark {
    fn new(end: u64, read: &digest::Context) -> Self {
        let whole = read.clone().finish();
        let first = whole.as_ref().first_chunk().copied();
        Mark {
            end,
            digest: u64::from_be_bytes(first.unwrap_or_default()),
        }
    }
}

fn of_digest(memory: &str) -> String {
    format!("{memory} digest")
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> Result<(), Failure> {
    let thread = Builder::new().name(name.to_owned()).stack_size(STACK);
    let started = thread.spawn_scoped(scope, work);
    started
        .map(drop)
        .map_err(|e| Failure::new(format!("cannot start a thread: {e}")))
}

/// A mail on its way, numbered in the order it is to be written in.
struct Job {
    order: u64,
    archive: usize,
    item: Item,
}

enum Item {
    Mail {
        raw: Vec<u8>,
        place: Option<Place>,
    },
    /// The archive is gone on with from an earlier run.
    Resumed,
    /// The rest of the archive cannot be read.
    Broken(io::Error),
}

struct Sending<'a> {
    jobs: &'a SyncSender<Job>,
    next: u64,
    stop: &'a Stop,
}

impl Sending<'_> {
    /// False when nobody wants more.
    fn send(&mut self, archive: usize, item: Item) -> bool {
        let order = self.next;
        self.next += 1;
        let job = Job {
            order,
            archive,
            item,
        };
        !self.stop.load(Ordering::Relaxed) && self.jobs.send(job).is_ok()
    }

    fn mail(&mut self, archive: usize, path: &Path) -> io::Result<bool> {
        let mut raw = Vec::new();
        files::open(path, 0)?.read_to_end(&mut raw)?;
        Ok(self.send(archive, Item::Mail { raw, place: None }))
    }

    /// Sends what follows `known` if the mbox is the one that was read until there, else all of it:
    /// duplicates are known as such.
    fn mbox(&mut self, archive: usize, path: &Path, known: Mark, memory: &str) -> io::Result<bool> {
        let memory: Arc<str> = memory.into();
        let mut mbox = Mbox::new(files::open(path, 0)?, 0);
        let mut read = digest::Context::new(&SHA256);
        if known.end > 0 {
            if pass(&mut mbox, known, &mut read)? {
                if !self.send(archive, Item::Resumed) {
                    return Ok(false);
                }
            } else {
                mbox = Mbox::new(files::open(path, 0)?, 0);
                read = digest::Context::new(&SHA256);
            }
        }
        while let Some(found) = mbox.next()? {
            read.update(&found.raw);
            let place = Some((Mark::new(found.end, &read), memory.clone()));
            let raw = found.raw;
            if !self.send(archive, Item::Mail { raw, place }) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Reads up to a mark; whether everything before it is what was read then.
fn pass(
    mbox: &mut Mbox<impl BufRead>,
    known: Mark,
    read: &mut digest::Context,
) -> io::Result<bool> {
    while let Some(found) = mbox.next()? {
        read.update(&found.raw);
        if found.end >= known.end {
            return Ok(Mark::new(found.end, read) == known);
        }
    }
    Ok(false)
}

/// A mail prepared, or what took its place.
struct Ready {
    order: u64,
    archive: usize,
    item: ReadyItem,
}

enum ReadyItem {
    Mail(Box<Prepared>, Option<Place>),
    Resumed,
    Broken(io::Error),
}

fn prepare_all(judge: &Judge<'_>, jobs: &Mutex<Receiver<Job>>, done: &SyncSender<Ready>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let item = match job.item {
            Item::Mail { raw, place } => ReadyItem::Mail(Box::new(judge.prepare(&raw)), place),
            Item::Resumed => ReadyItem::Resumed,
            Item::Broken(error) => ReadyItem::Broken(error),
        };
        let ready = Ready {
            order: job.order,
            archive: job.archive,
            item,
        };
        if done.send(ready).is_err() {
            return;
        }
    }
}

/// Where reading goes on behind a mail of an mbox, and the name to remember that by.
type Place = (Mark, Arc<str>);

/// A mail handed to the writer.
struct Underway {
    answer: Pending<Received, Refused>,
    name: String,
    size: usize,
    place: Option<Place>,
}

/// Puts the prepared mails in order and hands them to the store.
struct Writing<'a, 'p> {
    importer: &'a Importer<'a>,
    archives: &'a [Archive],
    progress: &'p mut dyn FnMut(Progress),
    so_far: Progress,
    underway: VecDeque<Underway>,
    /// How far the present mbox is on disk, and for how many mails that was not noted.
    settled: Option<Place>,
    since_note: usize,
    report: Report,
}

impl<'a, 'p> Writing<'a, 'p> {
    fn new(
        importer: &'a Importer<'a>,
        archives: &'a [Archive],
        progress: &'p mut dyn FnMut(Progress),
    ) -> Self {
        Writing {
            importer,
            archives,
            progress,
            so_far: Progress::default(),
            underway: VecDeque::new(),
            settled: None,
            since_note: 0,
            report: Report::default(),
        }
    }

    fn write_all(&mut self, results: Receiver<Ready>) -> Result<(), Failure> {
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for ready in results {
            waiting.insert(ready.order, ready);
            while let Some(ready) = waiting.remove(&next) {
                next += 1;
                self.take(ready)?;
            }
        }
        while !self.underway.is_empty() {
            self.settle_one()?;
        }
        self.note()
    }

    fn take(&mut self, ready: Ready) -> Result<(), Failure> {
        let path = self.archives[ready.archive].path.display();
        match ready.item {
            ReadyItem::Resumed => self.report.resumed += 1,
            ReadyItem::Broken(error) => self.report.doubt(&path.to_string(), error),
            ReadyItem::Mail(prepared, place) => {
                let name = match &place {
                    Some((mark, _)) => format!("{path} before byte {}", mark.end),
                    None => path.to_string(),
                };
                self.submit(*prepared, name, place)?;
            }
        }
        Ok(())
    }

    fn submit(
        &mut self,
        mail: Prepared,
        name: String,
        place: Option<Place>,
    ) -> Result<(), Failure> {
        self.report.mails += 1;
        self.report.unreadable += u64::from(!mail.readable);
        if let Some(why) = &mail.doubt {
            self.report.doubt(&name, why);
        }
        if self.importer.dry && self.is_held(mail.message_id.as_deref())? {
            self.report.duplicates += 1;
            return Ok(());
        }
        while self.underway.len() >= IN_FLIGHT {
            self.settle_one()?;
        }
        let incoming = mail.incoming;
        let stamp = self.importer.stamp();
        self.underway.push_back(Underway {
            answer: self
                .importer
                .store
                .write(stamp, move |tx| receive(tx, incoming)),
            name,
            size: mail.size,
            place,
        });
        Ok(())
    }

    /// Whether the real store has a mail of this id: all a dry run can tell of it.
    fn is_held(&self, message_id: Option<&str>) -> Result<bool, Failure> {
        let Some(id) = message_id else {
            return Ok(false);
        };
        let rows = self.importer.inbox.read().map_err(Failure::new)?;
        let mails = rows.mails_with_id(id).map_err(Failure::new)?;
        Ok(mails.into_iter().any(|(_, own)| own))
    }

    fn settle_one(&mut self) -> Result<(), Failure> {
        let Some(mail) = self.underway.pop_front() else {
            return Ok(());
        };
        match mail.answer.wait() {
            Ok(received) => self.report.count(&received),
            Err(Refused::Store(error)) if !matches!(error, StoreError::Aborted { .. }) => {
                return Err(Failure::new(error));
            }
            Err(refused) => {
                self.report.failed += 1;
                self.report.doubt(&mail.name, refused);
            }
        }
        self.so_far.mails += 1;
        self.so_far.bytes += mail.size as u64;
        (self.progress)(self.so_far);
        self.settle_at(mail.place)
    }

    /// One mbox is noted to its end before the next is begun.
    fn settle_at(&mut self, place: Option<Place>) -> Result<(), Failure> {
        let memory = |place: &Option<Place>| place.as_ref().map(|(_, memory)| memory.clone());
        if memory(&self.settled) != memory(&place) {
            self.note()?;
        }
        self.settled = place;
        self.since_note += 1;
        if self.since_note >= BETWEEN_NOTES {
            self.note()?;
        }
        Ok(())
    }

    /// Remembers how far an mbox is on disk. A mail that failed is to be met again, so from then on
    /// nothing is remembered.
    fn note(&mut self) -> Result<(), Failure> {
        self.since_note = 0;
        let Some((mark, memory)) = self.settled.take() else {
            return Ok(());
        };
        if self.importer.dry || self.report.failed > 0 {
            return Ok(());
        }
        let stamp = self.importer.stamp();
        let noted = self.importer.store.write(stamp, move |tx| {
            tx.put_cursor(&of_digest(&memory), mark.digest)?;
            tx.put_cursor(&memory, mark.end)
        });
        let noted: Result<(), StoreError> = noted.wait();
        noted.map_err(Failure::new)
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
