//! Which jobs wait for when, lane by lane. Memory only: the rows are the truth.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use casella_index::model::{Channel, Job, JobId, Millis};
use casella_index::{Event, Rows, StoreError, journal};

use crate::channel::{Deliver, Lane};
use crate::inbox::Inbox;
use crate::inbox::delivery::After;

/// The channel and the lane's name: destinations of different channels never meet.
type LaneKey = (Channel, String);

/// The schedule.
#[derive(Default)]
pub struct Book {
    jobs: HashMap<JobId, Place>,
    lanes: HashMap<LaneKey, Queue>,
    /// The journal is taken in up to here.
    seq: u64,
}

/// Where a job stands.
struct Place {
    lane: LaneKey,
    width: usize,
    in_order: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting(Millis),
    Running,
    Held,
}

#[derive(Default)]
struct Queue {
    width: usize,
    in_order: bool,
    running: usize,
    waiting: BTreeSet<(Millis, JobId)>,
}

impl Queue {
    /// The one to go next, and when: the earliest due, or the oldest, whenever that is due.
    fn next(&self) -> Option<(Millis, JobId)> {
        match self.in_order {
            true => self.waiting.iter().min_by_key(|(_, job)| *job).copied(),
            false => self.waiting.first().copied(),
        }
    }
}

impl Book {
    /// Everything the store holds, and the place in the journal from which to follow.
    ///
    /// # Errors
    /// The store's.
    pub fn open(inbox: &Inbox, channels: &[Arc<dyn Deliver>]) -> Result<Self, StoreError> {
        let rows = inbox.read()?;
        let mut book = Self {
            seq: journal::last(&rows)?,
            ..Self::default()
        };
        for job in rows.jobs()? {
            book.add(&job, channels);
        }
        Ok(book)
    }

    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Takes in an event. What the outbox itself recorded, it knows from [`Book::end`].
    pub fn note(&mut self, seq: u64, event: &Event, channels: &[Arc<dyn Deliver>]) {
        self.seq = seq;
        match event {
            Event::ReplyQueued { jobs, .. } | Event::DeliveryQueued { jobs, .. } => {
                for job in jobs {
                    self.add(job, channels);
                }
            }
            Event::JobReleased { job, next_at } => self.put_off(*job, *next_at),
            _ => {}
        }
    }

    fn add(&mut self, job: &Job, channels: &[Arc<dyn Deliver>]) {
        let Some(way) = channels.iter().find(|way| way.channel() == job.channel) else {
            return;
        };
        let Lane {
            name,
            width,
            in_order,
        } = way.lane(job);
        let place = Place {
            lane: (job.channel, name),
            width: width.max(1),
            in_order,
            state: State::Held,
        };
        self.jobs.insert(job.id, place);
        if job.held.is_none() {
            self.put_off(job.id, job.next_at);
        }
    }

    /// The next job that is due in a lane with room, now running.
    pub fn begin(&mut self, now: Millis) -> Option<(JobId, Channel)> {
        let free = |queue: &&mut Queue| {
            queue.running < queue.width && queue.next().is_some_and(|(at, _)| at <= now)
        };
        let queue = self.lanes.values_mut().find(free)?;
        let (at, job) = queue.next()?;
        queue.waiting.remove(&(at, job));
        queue.running += 1;
        let place = self.jobs.get_mut(&job)?;
        place.state = State::Running;
        Some((job, place.lane.0))
    }

    /// A try ended, and this follows.
    pub fn end(&mut self, job: JobId, after: After) {
        self.leave_running(job);
        match after {
            After::Again(at) => self.put_off(job, at),
            After::Held => {}
            After::Done => {
                self.jobs.remove(&job);
            }
        }
        self.lanes
            .retain(|_, queue| queue.running > 0 || !queue.waiting.is_empty());
    }

    /// It waits until then; a running one goes on.
    fn put_off(&mut self, job: JobId, at: Millis) {
        self.leave_waiting(job);
        let Some(place) = self.jobs.get_mut(&job) else {
            return;
        };
        if place.state != State::Running {
            place.state = State::Waiting(at);
            let queue = self.lanes.entry(place.lane.clone()).or_default();
            queue.width = place.width;
            queue.in_order = place.in_order;
            queue.waiting.insert((at, job));
        }
    }

    fn leave_waiting(&mut self, job: JobId) {
        let Some(place) = self.jobs.get(&job) else {
            return;
        };
        if let (State::Waiting(at), Some(queue)) = (place.state, self.lanes.get_mut(&place.lane)) {
            queue.waiting.remove(&(at, job));
        }
    }

    fn leave_running(&mut self, job: JobId) {
        let Some(place) = self.jobs.get_mut(&job) else {
            return;
        };
        if place.state == State::Running {
            place.state = State::Held;
            if let Some(queue) = self.lanes.get_mut(&place.lane) {
                queue.running = queue.running.saturating_sub(1);
            }
        }
    }

    /// How long until a job in a lane with room is due.
    pub fn sleep(&self, now: Millis) -> Duration {
        let free = self
            .lanes
            .values()
            .filter(|queue| queue.running < queue.width);
        let next = free.filter_map(Queue::next).map(|(at, _)| at).min();
        let wait = next.map_or(Millis::MAX, |at| at.saturating_sub(now).max(0));
        Duration::from_millis(wait.unsigned_abs())
    }
}
