//! The outbox: hands due jobs to their channels, records what came of each, and tries again later.
//!
//! Jobs are rows written with the messages they deliver, so nothing accepted is forgotten. The
//! [`Book`] holds in memory which of them wait for when; it is read from the store at start and then
//! follows the journal. A crash in the middle of a try repeats it: the same message, the same id.

mod book;
#[cfg(test)]
mod messenger_tests;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use casella_index::model::{Channel, Job, JobId};
use casella_index::tables::JOBS;
use casella_index::{Actor, Rows, StoreError, journal};
use tokio::sync::watch;
use tokio::task::{self, JoinHandle, JoinSet};

use crate::channel::Deliver;
use crate::clock::{HOUR, MINUTE};
use crate::inbox::delivery::{self, After, Attempt};
use crate::inbox::{Done, Inbox, Refused, keys};
use book::Book;

/// Tries under way at once, over all destinations.
const AT_ONCE: usize = 64;

/// The longest sleep: the clock may be set, and then jobs are due at another time.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long to wait before recording again what could not be recorded.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Journal entries read at a time.
const STEP: usize = 512;

/// The running outbox. Dropping it ends it at once; [`Outbox::stop`] lets tries under way end.
pub struct Outbox {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Outbox {
    /// Starts delivering by the given channels, one each.
    ///
    /// # Errors
    /// The store's.
    pub async fn start(inbox: Inbox, channels: Vec<Arc<dyn Deliver>>) -> Done<Self> {
        for channel in channels.iter().filter(|channel| channel.is_open()) {
            release(&inbox, channel.channel()).await?;
        }
        let (stop, stopped) = watch::channel(false);
        let work = Work {
            book: Book::open(&inbox, &channels)?,
            inbox,
            channels,
            tries: JoinSet::new(),
            jobs: HashMap::new(),
        };
        let task = tokio::spawn(work.run(stopped));
        Ok(Self { stop, task })
    }

    /// Begins no further try, and waits for those under way, but not longer than `patience`.
    pub async fn stop(mut self, patience: Duration) {
        self.stop.send_replace(true);
        if tokio::time::timeout(patience, &mut self.task)
            .await
            .is_err()
        {
            tracing::warn!("deliveries were cut off; they are tried again at the next start");
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Lets go what a setting held that says otherwise now.
async fn release(inbox: &Inbox, channel: Channel) -> Done {
    let held = inbox.read()?.jobs()?;
    if !held
        .iter()
        .any(|job| job.held.is_some() && job.channel == channel)
    {
        return Ok(());
    }
    let stamp = inbox.stamp(Actor::System);
    let released = inbox
        .store
        .write(stamp, move |tx| delivery::release_held(tx, channel))
        .await?;
    tracing::info!(
        released,
        channel = channel.as_str(),
        "held deliveries go out"
    );
    Ok(())
}

struct Work {
    inbox: Inbox,
    channels: Vec<Arc<dyn Deliver>>,
    book: Book,
    tries: JoinSet<After>,
    /// Which job a task tries.
    jobs: HashMap<task::Id, JobId>,
}

impl Work {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut journal = self.inbox.live.journal();
        while !*stopped.borrow() {
            // Marked before reading: what is committed meanwhile wakes us again.
            journal.mark_unchanged();
            if let Err(error) = self.catch_up() {
                tracing::error!(%error, "the outbox cannot read the journal");
            }
            self.begin_due();
            let sleep = self.book.sleep(self.inbox.clock.now()).min(LONGEST_SLEEP);
            tokio::select! {
                _ = stopped.changed() => {}
                _ = journal.changed() => {}
                Some(ended) = self.tries.join_next_with_id() => self.end(ended),
                () = tokio::time::sleep(sleep) => {}
            }
        }
        while let Some(ended) = self.tries.join_next_with_id().await {
            self.end(ended);
        }
    }

    /// Takes in what happened since.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        while self.book.seq() < self.inbox.store.last_seq() {
            let rows = self.inbox.read()?;
            let entries = journal::since(&rows, self.book.seq(), STEP)?;
            if entries.is_empty() {
                break;
            }
            for (seq, entry) in entries {
                self.book.note(seq, &entry.event, &self.channels);
            }
        }
        Ok(())
    }

    fn begin_due(&mut self) {
        let now = self.inbox.clock.now();
        while self.tries.len() < AT_ONCE
            && let Some((job, channel)) = self.book.begin(now)
        {
            let way = self.channels.iter().find(|way| way.channel() == channel);
            if let Some(way) = way {
                let task = one_try(self.inbox.clone(), way.clone(), job);
                self.jobs.insert(self.tries.spawn(task).id(), job);
            }
        }
    }

    fn end(&mut self, ended: Result<(task::Id, After), task::JoinError>) {
        let (task, after) = match ended {
            Ok((task, after)) => (task, after),
            Err(error) => {
                tracing::error!(%error, "a delivery failed by a fault of ours");
                (error.id(), After::Again(self.inbox.clock.now() + HOUR))
            }
        };
        if let Some(job) = self.jobs.remove(&task) {
            self.book.end(job, after);
        }
    }
}

/// Delivers one job, records what came of it, and says what follows.
async fn one_try(inbox: Inbox, way: Arc<dyn Deliver>, id: JobId) -> After {
    let job = match find(&inbox, id) {
        Ok(Some(job)) => job,
        Ok(None) => return After::Done,
        Err(error) => {
            tracing::error!(%error, job = id.0, "a delivery cannot be read");
            return After::Again(inbox.clock.now() + MINUTE);
        }
    };
    let attempt = way.deliver(&job).await;
    log(&job, &attempt);
    record(&inbox, id, attempt).await
}

fn find(inbox: &Inbox, id: JobId) -> Result<Option<Job>, StoreError> {
    inbox.read()?.get(&JOBS, &id)
}

/// Records until it is recorded: forgetting that a mail was taken would send it twice.
async fn record(inbox: &Inbox, id: JobId, attempt: Attempt) -> After {
    let jitter = jitter();
    loop {
        let attempt = attempt.clone();
        let stamp = inbox.stamp(Actor::System);
        let written = inbox
            .store
            .write(stamp, move |tx| delivery::tried(tx, id, attempt, jitter));
        match written.await {
            Ok(after) => return after,
            Err(Refused::Store(error)) if !matches!(error, StoreError::Stopped { .. }) => {
                tracing::error!(%error, job = id.0, "a delivery cannot be recorded yet");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
            Err(error) => {
                tracing::error!(%error, job = id.0, "a delivery cannot be recorded");
                return After::Again(inbox.clock.now() + MINUTE);
            }
        }
    }
}

/// A random value from 0 to 1; without randomness, the middle.
fn jitter() -> f64 {
    keys::random::<4>().map_or(0.5, |bytes| {
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    })
}

/// Addresses and words stay out of the log.
fn log(job: &Job, attempt: &Attempt) {
    let (job, mail, channel) = (job.id.0, job.message.0, job.channel.as_str());
    match attempt {
        Attempt::Sent { .. } => tracing::info!(job, mail, channel, "delivered"),
        Attempt::TryLater { .. } | Attempt::Ambiguous { .. } => {
            tracing::warn!(job, mail, channel, "not delivered yet");
        }
        Attempt::Refused { .. } => tracing::warn!(job, mail, channel, "delivery refused"),
        Attempt::Unsure { .. } => tracing::warn!(job, mail, channel, "perhaps delivered"),
        Attempt::Held { .. } => tracing::info!(job, mail, channel, "delivery held"),
    }
}
