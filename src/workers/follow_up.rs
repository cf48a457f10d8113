//! Mails the answers in the chat that a visitor left without seeing, after as long as a setting says.
//!
//! It follows the journal for answers given, and looks at each such conversation when its time has
//! come: the store knows what was seen since, the rules say whether and when. Which conversations
//! wait is memory; the cursor never passes the oldest of them, so that a restart finds them again.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use casella_index::model::{Channel, ConversationId, Direction, Millis};
use casella_index::{Actor, Event, StoreError, journal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::MINUTE;
use crate::inbox::chat_settings::ChatSettings;
use crate::inbox::reply::{self, House};
use crate::inbox::settings::Setting;
use crate::inbox::{Done, Inbox, line};
use crate::rules::follow_up;

/// Its name among the followers.
const FOLLOWER: &str = "follow_up";

/// The longest sleep: the clock may be set, and the setting changed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How soon to look again at somebody who is still there, or was mailed lately.
const STILL_THERE: Millis = MINUTE;

/// How often the cursor is put down, at most.
const CURSOR_EVERY: Millis = MINUTE;

/// Journal entries read at a time.
const STEP: usize = 512;

/// The running worker. Dropping it ends it.
pub struct FollowUp {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl FollowUp {
    /// Starts where it was left.
    ///
    /// # Errors
    /// The store's.
    pub fn start(inbox: Inbox) -> Done<Self> {
        let seq = journal::cursor(&inbox.read()?, FOLLOWER)?;
        let work = Work {
            house: House::of(&inbox),
            seq,
            put_down: (seq, inbox.clock.now()),
            waiting: HashMap::new(),
            inbox,
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(work.run(stopped));
        Ok(Self { stop, task })
    }

    /// Ends it after what it is at.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the follow-up worker had failed");
        }
    }
}

impl Drop for FollowUp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A conversation with an answer that may not have been seen.
struct Waiting {
    /// The entry that brought it here.
    seq: u64,
    /// When to look at it.
    look_at: Millis,
}

struct Work {
    inbox: Inbox,
    house: House,
    /// The journal is taken in up to here.
    seq: u64,
    /// The cursor as stored, and when.
    put_down: (u64, Millis),
    waiting: HashMap<ConversationId, Waiting>,
}

impl Work {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut journal = self.inbox.live.journal();
        while !*stopped.borrow() {
            journal.mark_unchanged();
            if let Err(error) = self.step().await {
                tracing::error!(%error, "unseen answers cannot be followed up");
            }
            tokio::select! {
                _ = stopped.changed() => {}
                _ = journal.changed() => {}
                () = tokio::time::sleep(LONGEST_SLEEP) => {}
            }
        }
        if let Err(error) = self.put_down_cursor().await {
            tracing::warn!(%error, "the follow-up cursor cannot be stored");
        }
    }

    async fn step(&mut self) -> Done {
        let after = ChatSettings::get(&self.inbox.read()?)?.mail_after();
        match after {
            Some(after) => {
                self.take_in(after)?;
                self.look(after).await?;
            }
            // While it is off nothing is noted: what nobody asked to be mailed never is.
            None => {
                self.waiting.clear();
                self.seq = self.inbox.store.last_seq();
            }
        }
        if self.inbox.clock.now() - self.put_down.1 >= CURSOR_EVERY {
            self.put_down_cursor().await?;
        }
        Ok(())
    }

    fn take_in(&mut self, after: Millis) -> Result<(), StoreError> {
        while self.seq < self.inbox.store.last_seq() {
            let rows = self.inbox.read()?;
            let entries = journal::since(&rows, self.seq, STEP)?;
            if entries.is_empty() {
                break;
            }
            for (seq, entry) in entries {
                self.seq = seq;
                if let Some(conversation) = concerned(&entry.event) {
                    let look_at = entry.at + after;
                    let waiting = Waiting { seq, look_at };
                    self.waiting.entry(conversation).or_insert(waiting);
                }
            }
        }
        Ok(())
    }

    /// Looks at every conversation whose time has come.
    async fn look(&mut self, after: Millis) -> Done {
        let now = self.inbox.clock.now();
        let due = self.waiting.iter().filter(|(_, w)| w.look_at <= now);
        let due: Vec<_> = due.map(|(id, _)| *id).collect();
        for id in due {
            match self.judge(id, after, now)? {
                Some(look_at) if look_at > now => {
                    if let Some(waiting) = self.waiting.get_mut(&id) {
                        waiting.look_at = look_at;
                    }
                }
                Some(_) => {
                    self.mail(id).await?;
                    self.waiting.remove(&id);
                }
                None => {
                    self.waiting.remove(&id);
                }
            }
        }
        Ok(())
    }

    /// When to mail, or to look again; `None` when there is nothing to wait for.
    fn judge(&self, id: ConversationId, after: Millis, now: Millis) -> Done<Option<Millis>> {
        let rows = self.inbox.read()?;
        let conversation = line::conversation(&rows, id)?;
        let online = conversation
            .visitor
            .is_some_and(|visitor| self.inbox.presence.is_online(visitor));
        let unseen = reply::unseen(&rows, &self.house, &conversation, online, now)?;
        let later = (unseen.online || unseen.quiet) && unseen.oldest.is_some();
        let later = later.then_some(now + STILL_THERE);
        Ok(follow_up::due(&unseen, Some(after)).or(later))
    }

    async fn mail(&self, id: ConversationId) -> Done {
        let house = self.house.clone();
        let stamp = self.inbox.stamp(Actor::System);
        let written = self
            .inbox
            .store
            .write(stamp, move |tx| reply::mail_unseen(tx, &house, id));
        if written.await?.is_some() {
            tracing::info!(conversation = id.0, "unseen answers are mailed");
        }
        Ok(())
    }

    /// Stores how far everything is dealt with.
    async fn put_down_cursor(&mut self) -> Done {
        let oldest = self.waiting.values().map(|waiting| waiting.seq - 1).min();
        let seq = oldest.map_or(self.seq, |oldest| oldest.min(self.seq));
        let now = self.inbox.clock.now();
        if seq != self.put_down.0 {
            let stamp = self.inbox.stamp(Actor::System);
            let written = self
                .inbox
                .store
                .write(stamp, move |tx| tx.put_cursor(FOLLOWER, seq));
            written.await?;
        }
        self.put_down = (seq, now);
        Ok(())
    }
}

/// The conversation where an answer was given in the chat, or an address became known.
fn concerned(event: &Event) -> Option<ConversationId> {
    match event {
        Event::ReplyQueued { message, .. }
            if message.direction == Direction::Out && message.channels.contains(&Channel::Chat) =>
        {
            Some(message.conversation)
        }
        Event::VisitorChanged(visitor) if visitor.email.is_some() => visitor.conversation,
        _ => None,
    }
}
