//! Keeps the search index up with the journal, on a thread of its own.
//!
//! At start the index is opened, or built anew when it cannot be used; while a new one is built, the
//! old one (if any) goes on serving and following. Mail never waits for any of it.

use crate::clock::{Clock, Millis, SECOND};
use casella_index::search::{
    self, Builder, FollowError, Follower, Index, Next, Serving, State, Unusable,
};
use casella_index::{Store, StoreError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long to wait before trying again what failed.
const AFTER_FAILURE: Millis = 10 * SECOND;
/// About a tenth of the processor time that mail gets when both want it (sched(7)).
const NICENESS: i32 = 10;
/// The longest sleep: whoever wants a new index waits no longer for this thread to look.
const LONGEST_SLEEP: Millis = SECOND;

/// The running thread. Dropping it stops it.
pub struct Indexer {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Starts on the index in `folder`; `serving` answers from then on, as soon as it can.
    pub fn start(store: Store, folder: &Path, clock: Clock, serving: Arc<Serving>) -> Indexer {
        let bell = Arc::new(Bell::default());
        let listener = bell.clone();
        store.subscribe(move |_| listener.ring(|wanted| wanted.journal = true));
        let work = Work {
            store,
            folder: folder.to_owned(),
            clock,
            serving,
            bell: bell.clone(),
            follower: None,
            builder: None,
            failure: None,
        };
        let thread = std::thread::Builder::new()
            .name("indexer".into())
            .spawn(move || {
                yield_to_mail();
                work.run();
            });
        if let Err(error) = &thread {
            tracing::error!(%error, "no thread for the search index");
        }
        Indexer {
            bell,
            thread: thread.ok(),
        }
    }

    /// Commits what was taken in, and ends. What was not goes on at the next start.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.bell.ring(|wanted| wanted.stop = true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the search index had failed");
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.end();
    }
}

/// Being found a moment later costs nobody anything, being accepted later does: this thread and
/// those the index starts from it step back while processors are short.
fn yield_to_mail() {
    // One that may not step back works as well.
    let _ = rustix::process::nice(NICENESS);
}

/// What the thread is asked to do next.
#[derive(Default)]
struct Wanted {
    journal: bool,
    rebuild: Option<String>,
    stop: bool,
}

/// Wakes the thread.
#[derive(Default)]
struct Bell {
    wanted: Mutex<Wanted>,
    rung: Condvar,
}

impl Bell {
    fn ring(&self, ask: impl FnOnce(&mut Wanted)) {
        ask(&mut self.wanted.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_all();
    }

    /// What was asked for, waiting at most so long for anything.
    fn answer(&self, patience: Duration) -> Wanted {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |w: &mut Wanted| !w.journal && w.rebuild.is_none() && !w.stop;
        let (mut wanted, _) = self
            .rung
            .wait_timeout_while(wanted, patience, idle)
            .unwrap_or_else(PoisonError::into_inner);
        Wanted {
            journal: std::mem::take(&mut wanted.journal),
            rebuild: wanted.rebuild.take(),
            stop: wanted.stop,
        }
    }
}

struct Work {
    store: Store,
    folder: PathBuf,
    clock: Clock,
    serving: Arc<Serving>,
    bell: Arc<Bell>,
    follower: Option<Follower>,
    builder: Option<(Builder, String)>,
    /// Why the last attempt to build failed, until one succeeds.
    failure: Option<String>,
}

impl Work {
    fn run(mut self) {
        self.open_or_build();
        let mut wake = self.clock.now();
        loop {
            let patience = (wake - self.clock.now()).clamp(0, LONGEST_SLEEP);
            let wanted = self
                .bell
                .answer(Duration::from_millis(patience.unsigned_abs()));
            if wanted.stop {
                return self.close();
            }
            self.look_after_damage();
            if let Some(why) = wanted.rebuild.or_else(|| self.serving.take_wanted()) {
                self.build_because(&why);
            }
            wake = self.step();
        }
    }

    /// A want of descriptors is waited out: nothing is wrong with the index, and building needs more of them.
    fn open_or_build(&mut self) {
        match self.open() {
            Ok(()) => self.failure = None,
            Err(error) if is_no_damage(&error) => self.failed(&error),
            Err(error) => self.build_because(&error.to_string()),
        }
    }

    fn open(&mut self) -> Result<(), FollowError> {
        let opened = search::open(&self.folder)?;
        let (follower, index) = Follower::new(self.store.clone(), opened)?;
        self.take_over(follower, index);
        self.verify_aside();
        Ok(())
    }

    fn take_over(&mut self, follower: Follower, index: Index) {
        self.serving.set_reached(follower.reached());
        self.serving.serve(index);
        self.serving.set_state(State::Ready);
        self.follower = Some(follower);
    }

    /// Damage that opening does not show is looked for while the index serves already.
    fn verify_aside(&self) {
        let (serving, bell) = (self.serving.clone(), self.bell.clone());
        let verify = move || match serving.verify() {
            Err(Unusable::NoDescriptors) | Ok(()) => {}
            Err(damage) => bell.ring(|wanted| wanted.rebuild = Some(damage.to_string())),
        };
        let thread = std::thread::Builder::new().name("index-check".into());
        if let Err(error) = thread.spawn(verify) {
            tracing::warn!(%error, "the search index was not checked");
        }
    }

    fn look_after_damage(&self) {
        if self.serving.take_suspicion() && self.builder.is_none() {
            self.verify_aside();
        }
    }

    fn build_because(&mut self, why: &str) {
        if self.builder.is_some() {
            return;
        }
        if self.failure.is_none() {
            tracing::info!("building the search index: {why}");
        }
        match Builder::new(self.store.clone(), &self.folder) {
            Ok(builder) => self.builder = Some((builder, why.to_owned())),
            Err(error) => self.failed(&error),
        }
    }

    /// Said once for each reason: it is tried again every second.
    fn failed(&mut self, error: &FollowError) {
        let why = error.to_string();
        if self.failure.as_ref() != Some(&why) {
            tracing::error!("the search index cannot go on: {why}");
        }
        self.serving.set_state(State::Failed(why.clone()));
        self.failure = Some(why);
    }

    /// Does the next bit of everything there is to do; says when to look again.
    fn step(&mut self) -> Millis {
        let now = self.clock.now();
        let followed = self.follow(now);
        match self.build() {
            Ok(true) => now,
            Ok(false) => followed,
            Err(error) => {
                self.builder = None;
                self.failed(&error);
                now + AFTER_FAILURE
            }
        }
    }

    fn follow(&mut self, now: Millis) -> Millis {
        let Some(follower) = &mut self.follower else {
            // Nothing serves and nothing is being built: the last attempt failed.
            if self.builder.is_none() {
                self.open_or_build();
            }
            return now + AFTER_FAILURE;
        };
        let step = follower.step(now);
        self.serving.set_reached(follower.reached());
        match step {
            Ok(Next::Again) => now,
            Ok(Next::At(time)) => time,
            Ok(Next::Idle) => now + LONGEST_SLEEP,
            Err(FollowError::Store(error)) => {
                tracing::warn!(%error, "the search index waits for the store");
                now + SECOND
            }
            Err(error) if is_no_damage(&error) => {
                self.follower = None;
                self.failed(&error);
                now + AFTER_FAILURE
            }
            Err(FollowError::Index(error)) => {
                self.follower = None;
                self.build_because(&error.to_string());
                now
            }
        }
    }

    /// Whether there is more to build.
    fn build(&mut self) -> Result<bool, FollowError> {
        let Some((builder, why)) = &mut self.builder else {
            return Ok(false);
        };
        let complete = builder.step()?;
        let (done, total) = builder.progress();
        let why = why.clone();
        self.serving.set_state(State::Building { done, total, why });
        if complete && let Some((builder, _)) = self.builder.take() {
            // One writer for one folder: the old one ends here, its readers go on.
            self.follower = None;
            let (follower, index) = Follower::new(self.store.clone(), builder.finish()?)?;
            tracing::info!("the search index is built: {} messages", index.len());
            self.failure = None;
            self.take_over(follower, index);
        }
        Ok(true)
    }

    fn close(mut self) {
        let Some(mut follower) = self.follower.take() else {
            return;
        };
        if let Err(error) = follower.catch_up(self.clock.now()) {
            tracing::warn!(%error, "the search index goes on from where it was committed");
        }
    }
}

fn is_no_damage(error: &FollowError) -> bool {
    matches!(error, FollowError::Index(Unusable::NoDescriptors))
}

/// Opens the index without a server and brings it up to the journal; builds it where it cannot be
/// used. `progress` is told how many messages of how many were taken in.
///
/// # Errors
/// [`FollowError`], when even that is impossible.
pub fn open_now(
    store: &Store,
    folder: &Path,
    now: Millis,
    progress: impl FnMut(u64, u64),
) -> Result<Index, FollowError> {
    let opened = search::open(folder).map_err(FollowError::from);
    match opened.and_then(|opened| Follower::new(store.clone(), opened)) {
        Ok((mut follower, index)) => {
            follower.catch_up(now)?;
            Ok(index)
        }
        Err(FollowError::Index(why)) if why != Unusable::NoDescriptors => {
            tracing::info!("building the search index: {why}");
            build_now(store, folder, now, progress)
        }
        Err(error) => Err(error),
    }
}

/// Builds a new index without a server.
///
/// # Errors
/// As [`open_now`].
pub fn build_now(
    store: &Store,
    folder: &Path,
    now: Millis,
    mut progress: impl FnMut(u64, u64),
) -> Result<Index, FollowError> {
    let mut builder = Builder::new(store.clone(), folder)?;
    while !builder.step()? {
        let (done, total) = builder.progress();
        progress(done, total);
    }
    let (mut follower, index) = Follower::new(store.clone(), builder.finish()?)?;
    follower.catch_up(now)?;
    Ok(index)
}

/// The folder of the search index in a data folder.
pub fn index_folder(data: &Path) -> PathBuf {
    data.join("index")
}

impl From<FollowError> for crate::error::Failure {
    fn from(error: FollowError) -> Self {
        let failure = crate::error::Failure::new(&error).at("search index");
        match error {
            FollowError::Store(StoreError::Full { .. }) => failure.remedy("free some disk space"),
            FollowError::Store(_) => failure,
            FollowError::Index(_) => failure.remedy("run `casella reindex`"),
        }
    }
}

#[cfg(test)]
#[path = "indexer_tests.rs"]
mod tests;
