//! Threads that read strangers' mail, kept for the next one.
//!
//! A mail may be made to take for ever or to meet a fault of ours, so whoever asks waits only so
//! long, and a fault is an answer. A thread that overran its time is left to end by itself and
//! never asked again; the others go on, since a thread a mail would cost more than most mails do.

use super::Unreadable;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// Room for everything that recurses with a mail's nesting, all of it capped.
const STACK: usize = 16 * 1024 * 1024;
/// Mails read at the same time: more than there are processors, because one made to be slow holds
/// its place until its time is up.
const AT_ONCE: usize = 64;
/// Threads kept while there is nothing to read.
const KEPT: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// The threads; clones share them.
#[derive(Clone)]
pub struct Readers(Arc<Inner>);

struct Inner {
    idle: Mutex<Vec<Reader>>,
    places: Semaphore,
}

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Inner {
            idle: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
        }))
    }
}

impl Readers {
    /// Runs `work`, for at most `limit` from when it is begun.
    ///
    /// # Errors
    /// It took too long, or met a fault.
    pub async fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unreadable> {
        let _place = self.0.places.acquire().await;
        let reader = self.idle().pop().map_or_else(Reader::start, Ok)?;
        let (done, outcome) = oneshot::channel();
        reader.give(move || {
            // Nobody listens any more after the limit.
            let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
        });
        let outcome = timeout(limit, outcome)
            .await
            .map_err(|_| Unreadable::TooSlow)?;
        self.keep(reader);
        outcome
            .map_err(|_| Unreadable::Fault)?
            .map_err(|_| Unreadable::Fault)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Reader>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, reader: Reader) {
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(reader);
        }
    }
}

/// One thread. It ends once this is dropped and its job is done.
struct Reader(mpsc::Sender<Job>);

impl Reader {
    fn start() -> Result<Self, Unreadable> {
        let (give, jobs) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("reader".into())
            .stack_size(STACK)
            .spawn(move || jobs.iter().for_each(|job| job()))
            .map_err(|_| Unreadable::Fault)?;
        Ok(Self(give))
    }

    fn give(&self, job: impl FnOnce() + Send + 'static) {
        // A thread that is gone drops the job, and with it the sender its outcome is awaited on.
        let _ = self.0.send(Box::new(job));
    }
}

/// As [`Readers::within`], for whoever has no runtime: on a thread of its own.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unreadable> {
    let (done, outcome) = mpsc::sync_channel(1);
    Reader::start()?.give(move || {
        let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
    });
    match outcome.recv_timeout(limit) {
        Ok(outcome) => outcome.map_err(|_| Unreadable::Fault),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Unreadable::TooSlow),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Unreadable::Fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const LONG: Duration = Duration::from_secs(60);

    fn faulty() {
        std::panic::panic_any("a fault of the test's own making")
    }

    #[test]
    fn a_fault_or_endless_work_is_an_answer_too() {
        assert_eq!(within(LONG, || 1), Ok(1));
        let endless = || thread::sleep(LONG);
        let brief = Duration::from_millis(1);
        assert_eq!(within(brief, endless), Err(Unreadable::TooSlow));
        assert_eq!(within(LONG, faulty), Err(Unreadable::Fault));
    }

    #[tokio::test]
    async fn a_thread_is_used_again_even_after_a_fault_but_not_once_it_overran() {
        let readers = Readers::default();
        let who = || thread::current().id();
        let first = readers.within(LONG, who).await;
        assert_eq!(readers.within(LONG, faulty).await, Err(Unreadable::Fault));
        assert_eq!(readers.within(LONG, who).await, first);
        let endless = || thread::sleep(LONG);
        let late = readers.within(Duration::from_millis(1), endless).await;
        assert_eq!(late, Err(Unreadable::TooSlow));
        assert_ne!(readers.within(LONG, who).await, first);
    }
}
