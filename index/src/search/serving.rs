//! What searchers hold: whichever index serves now, while one is opened, built or put in its place.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::model::MessageId;

use super::find::{Cursor, Facts, Found};
use super::index::{Index, Unusable};
use super::query::Query;

/// How far the index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not opened yet.
    Starting,
    /// Follows the journal.
    Ready,
    /// A new one is being built, because of `why`; the old one, if any, serves meanwhile.
    Building { done: u64, total: u64, why: String },
    /// It can be neither used nor built: see the log.
    Failed(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Starting => write!(f, "the search index is being opened"),
            State::Ready => write!(f, "the search index is ready"),
            State::Building { done, total, why } => {
                write!(
                    f,
                    "the search index is being built ({done} of {total} messages): {why}"
                )
            }
            State::Failed(why) => write!(f, "the search index cannot be built: {why}"),
        }
    }
}

/// The index in use, shared by all who search and the one who indexes.
pub struct Serving {
    index: RwLock<Option<Index>>,
    state: RwLock<State>,
    /// The last journal sequence that can be found.
    reached: AtomicU64,
    /// A search failed in a way that a damaged index explains.
    suspect: AtomicBool,
    /// Why somebody asks for a new index.
    wanted: Mutex<Option<String>>,
    /// How many indexes have served.
    built: AtomicU64,
}

impl Default for Serving {
    fn default() -> Self {
        Serving {
            index: RwLock::new(None),
            state: RwLock::new(State::Starting),
            reached: AtomicU64::new(0),
            suspect: AtomicBool::new(false),
            wanted: Mutex::new(None),
            built: AtomicU64::new(0),
        }
    }
}

impl Serving {
    /// Answers a question as [`Index::find`] does.
    ///
    /// # Errors
    /// The [`State`], when there is no index to ask, or the one there cannot be read.
    pub fn find(
        &self,
        query: &Query,
        facts: &Arc<dyn Facts>,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Found, State> {
        let Some(index) = self.index.read().clone() else {
            return Err(self.state());
        };
        index.find(query, facts, limit, after).map_err(|error| {
            tracing::error!(%error, "a search failed");
            self.suspect.store(true, Ordering::Release);
            State::Failed(error.to_string())
        })
    }

    /// Whether this message can be found now.
    pub fn holds(&self, message: MessageId) -> bool {
        let index = self.index.read().clone();
        index.is_some_and(|index| index.holds(message))
    }

    pub fn state(&self) -> State {
        self.state.read().clone()
    }

    pub fn set_state(&self, state: State) {
        *self.state.write() = state;
    }

    /// From now on this index answers.
    pub fn serve(&self, index: Index) {
        *self.index.write() = Some(index);
        self.built.fetch_add(1, Ordering::AcqRel);
    }

    /// How many indexes have served so far: grows when a new one takes over.
    pub fn built(&self) -> u64 {
        self.built.load(Ordering::Acquire)
    }

    /// Asks whoever indexes for a new index.
    pub fn want_new(&self, why: &str) {
        *self.wanted.lock() = Some(why.to_owned());
    }

    /// Why a new index was asked for, once.
    pub fn take_wanted(&self) -> Option<String> {
        self.wanted.lock().take()
    }

    /// Whether any index answers.
    pub fn is_serving(&self) -> bool {
        self.index.read().is_some()
    }

    /// Messages that can be found.
    pub fn documents(&self) -> u64 {
        self.index.read().as_ref().map_or(0, Index::len)
    }

    /// The last journal sequence that can be found.
    pub fn reached(&self) -> u64 {
        self.reached.load(Ordering::Acquire)
    }

    pub fn set_reached(&self, seq: u64) {
        self.reached.store(seq, Ordering::Release);
    }

    /// Whether a search failed since this was last asked.
    pub fn take_suspicion(&self) -> bool {
        self.suspect.swap(false, Ordering::AcqRel)
    }

    /// Checks the index that serves, file by file.
    ///
    /// # Errors
    /// [`Unusable::Damaged`], naming the files.
    pub fn verify(&self) -> Result<(), Unusable> {
        let index = self.index.read().clone();
        index.map_or(Ok(()), |index| index.verify())
    }
}
