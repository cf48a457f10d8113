//! The index on disk: opened, written by one writer for life, committed with the journal's sequence.
//!
//! All of it can be built again from the store, so nothing here is repaired: an index that cannot be
//! read, or speaks another version, is reported as [`Unusable`] and the caller builds a new one in a
//! side folder, while the old one (if any) serves, and then [`promote`]s it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::Term;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError};

use crate::model::MessageId;

use super::schema::{Doc, Fields, VERSION, register_tokenizers, schema, settings};

/// What the writer may gather in memory before it puts a segment on disk. In bytes.
const WRITER_MEMORY: usize = 64 << 20;

/// Why an index cannot be used as it lies there.
#[derive(Debug, PartialEq, Eq)]
pub enum Unusable {
    /// No index, or one that was never committed.
    Missing,
    /// Written by another version of Casella.
    OtherVersion,
    /// Unreadable, with what was found.
    Damaged(String),
    /// Another process writes to it.
    Busy,
    /// This process may open no more files: the index may be as sound as ever.
    NoDescriptors,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unusable::Missing => write!(f, "there is no search index yet"),
            Unusable::OtherVersion => write!(f, "the search index is of another version"),
            Unusable::Damaged(what) => write!(f, "the search index is damaged: {what}"),
            Unusable::Busy => write!(f, "the search index is in use by another process"),
            Unusable::NoDescriptors => write!(
                f,
                "too many open files: the search index waits; raise the limit (LimitNOFILE, ulimit -n)"
            ),
        }
    }
}

impl std::error::Error for Unusable {}

impl From<TantivyError> for Unusable {
    fn from(error: TantivyError) -> Self {
        match error {
            error if is_out_of_descriptors(&format!("{error:?}")) => Unusable::NoDescriptors,
            TantivyError::LockFailure(..) => Unusable::Busy,
            other => Unusable::Damaged(other.to_string()),
        }
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        match is_out_of_descriptors(&format!("{error:?}")) {
            true => Unusable::NoDescriptors,
            false => Unusable::Damaged(error.to_string()),
        }
    }
}

/// EMFILE or ENFILE, however deep the library has wrapped it: it keeps the system's error in its words.
fn is_out_of_descriptors(told: &str) -> bool {
    ["code: 24,", "code: 23,", "os error 24)", "os error 23)"]
        .iter()
        .any(|mark| told.contains(mark))
}

/// The reading half. Cheap to clone; every search takes the last committed state.
#[derive(Clone)]
pub struct Index {
    index: tantivy::Index,
    reader: IndexReader,
    pub(super) fields: Fields,
}

/// The writing half: one for the life of the process.
pub struct Writer {
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
}

/// An index that was found usable.
pub struct Opened {
    pub index: Index,
    pub writer: Writer,
    /// The last journal sequence it holds.
    pub seq: u64,
}

/// Opens the index in `folder`.
///
/// # Errors
/// [`Unusable`], and then the caller builds a new one.
pub fn open(folder: &Path) -> Result<Opened, Unusable> {
    if !folder.join("meta.json").exists() {
        return Err(Unusable::Missing);
    }
    let index = guarded(|| Ok(tantivy::Index::open_in_dir(folder)?))?;
    let seq = committed_seq(&index)?;
    let (index, writer) = halves(index)?;
    Ok(Opened { index, writer, seq })
}

/// Makes an empty index in `folder`, whatever lay there before.
///
/// # Errors
/// [`Unusable::Damaged`] with the reason if the folder cannot be written.
pub fn create(folder: &Path) -> Result<(Index, Writer), Unusable> {
    remove(folder)?;
    fs::create_dir_all(folder)?;
    let index = tantivy::Index::builder()
        .schema(schema().0)
        .settings(settings())
        .create_in_dir(folder)?;
    halves(index)
}

/// Where an index for `folder` is built while another serves.
pub fn side(folder: &Path) -> PathBuf {
    folder.with_extension("new")
}

/// Puts the index built in [`side`] in `folder`'s place and opens it there. The writer of the old
/// one must be gone; its readers may go on until they are dropped.
///
/// # Errors
/// [`Unusable::Damaged`] with the reason if a folder cannot be renamed.
pub fn promote(built: Writer, folder: &Path) -> Result<Opened, Unusable> {
    built.close()?;
    let old = folder.with_extension("old");
    remove(&old)?;
    if folder.exists() {
        fs::rename(folder, &old)?;
    }
    fs::rename(side(folder), folder)?;
    remove(&old)?;
    open(folder)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Something else that took its place.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(folder),
        done => done,
    }
}

fn halves(index: tantivy::Index) -> Result<(Index, Writer), Unusable> {
    register_tokenizers(&index);
    let (_, fields) = schema();
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(WRITER_MEMORY)
        .build();
    let writer = guarded(|| Ok(index.writer_with_options(options)?))?;
    let reader = guarded(|| {
        let policy = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        Ok(policy.try_into()?)
    })?;
    let read = Index {
        index,
        reader: IndexReader::clone(&reader),
        fields,
    };
    Ok((
        read,
        Writer {
            writer,
            reader,
            fields,
        },
    ))
}

fn committed_seq(index: &tantivy::Index) -> Result<u64, Unusable> {
    let payload = guarded(|| Ok(index.load_metas()?.payload))?.ok_or(Unusable::Missing)?;
    let (version, seq) = payload.split_once(' ').ok_or(Unusable::OtherVersion)?;
    if version != VERSION.to_string() || index.schema() != schema().0 {
        return Err(Unusable::OtherVersion);
    }
    seq.parse()
        .map_err(|_| Unusable::Damaged(format!("its sequence reads `{seq}`")))
}

/// Damaged files may make the library panic; here that is one more way of being damaged.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Unusable>) -> Result<T, Unusable> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Unusable::Damaged("reading it failed".to_owned())))
}

impl Index {
    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// How many messages can be found.
    pub fn len(&self) -> u64 {
        self.searcher().num_docs()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this message can be found, by whatever words it has.
    pub fn holds(&self, message: MessageId) -> bool {
        let term = Term::from_field_u64(self.fields.message, message.0);
        self.searcher().doc_freq(&term).is_ok_and(|found| found > 0)
    }

    /// Reads every file and compares it with its checksum; takes about a second a gigabyte.
    ///
    /// # Errors
    /// [`Unusable::Damaged`], naming the files.
    pub fn verify(&self) -> Result<(), Unusable> {
        let damaged = guarded(|| Ok(self.index.validate_checksum()?))?;
        if damaged.is_empty() {
            return Ok(());
        }
        let mut names: Vec<_> = damaged.iter().map(|p| p.display().to_string()).collect();
        names.sort();
        Err(Unusable::Damaged(names.join(", ")))
    }
}

impl Writer {
    /// Adds a message, in place of what was known of it. Found after the next [`Self::commit`].
    ///
    /// # Errors
    /// [`Unusable::Damaged`] if the index can no longer be written.
    pub fn put(&mut self, doc: &Doc) -> Result<(), Unusable> {
        self.remove(doc.message);
        self.add(doc)
    }

    /// As [`Self::put`], for a message the index cannot know yet: faster.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn add(&mut self, doc: &Doc) -> Result<(), Unusable> {
        self.writer.add_document(self.fields.document(doc))?;
        Ok(())
    }

    /// Forgets a message.
    pub fn remove(&mut self, message: u64) {
        let term = Term::from_field_u64(self.fields.message, message);
        self.writer.delete_term(term);
    }

    /// Makes all of it durable and findable, together with the journal sequence it reaches to.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn commit(&mut self, seq: u64) -> Result<(), Unusable> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&format!("{VERSION} {seq}"));
        prepared.commit()?;
        self.reader.reload()?;
        Ok(())
    }

    /// Waits until merges under way are done.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn close(self) -> Result<(), Unusable> {
        Ok(self.writer.wait_merging_threads()?)
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
