//! Wakes the streams of exactly those visitors whom a commit concerns.
//!
//! One task reads each journal entry once; ten thousand connected visitors who are not meant sleep on.

use crate::inbox::Inbox;
use crate::inbox::live::Brief;
use casella_index::model::{ConversationId, VisitorId};
use casella_index::{Event, journal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// Journal entries read at a time.
const STEP: usize = 512;

/// What a stream is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ring {
    /// Grows with every change of the visitor's thread.
    pub changes: u64,
    /// An agent types.
    pub typing: bool,
    /// Grows with every word of it: a page that closed while typing never says that it stopped, so the
    /// widget forgets it unless it is said again.
    pub typed: u64,
    pub agent_online: bool,
}

/// The bells of the connected visitors. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Mutex<HashMap<VisitorId, Bell>>>);

#[derive(Debug)]
struct Bell {
    listeners: usize,
    sender: watch::Sender<Ring>,
}

/// A stream's ear; dropping it is hanging up.
#[derive(Debug)]
pub struct Ear {
    hub: Hub,
    visitor: VisitorId,
    pub bell: watch::Receiver<Ring>,
}

impl Hub {
    /// Listens for one visitor.
    pub fn listen(&self, visitor: VisitorId, agent_online: bool) -> Ear {
        let mut bells = self.bells();
        let bell = bells.entry(visitor).or_insert_with(|| Bell {
            listeners: 0,
            sender: watch::channel(Ring {
                agent_online,
                ..Ring::default()
            })
            .0,
        });
        bell.listeners += 1;
        Ear {
            hub: self.clone(),
            visitor,
            bell: bell.sender.subscribe(),
        }
    }

    /// Tells a visitor's streams that their thread changed.
    pub fn ring(&self, visitor: VisitorId) {
        self.tell(visitor, |ring| ring.changes += 1);
    }

    fn tell(&self, visitor: VisitorId, change: impl FnOnce(&mut Ring)) {
        if let Some(bell) = self.bells().get(&visitor) {
            bell.sender.send_modify(change);
        }
    }

    fn tell_all(&self, agent_online: bool) {
        for bell in self.bells().values() {
            bell.sender.send_if_modified(|ring| {
                let news = ring.agent_online != agent_online;
                ring.agent_online = agent_online;
                news
            });
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<VisitorId, Bell>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the journal and the brief messages until the inbox is gone.
    pub async fn follow(self, inbox: Inbox) {
        let mut seen = inbox.store.last_seq();
        let mut journal = inbox.live.journal();
        let mut brief = inbox.live.listen();
        let mut minute = tokio::time::interval(std::time::Duration::from_secs(2));
        loop {
            tokio::select! {
                changed = journal.changed() => match changed {
                    Ok(()) => seen = self.catch_up(&inbox, seen),
                    Err(_) => return,
                },
                said = brief.recv() => match said {
                    Ok(brief) => self.pass_on(&inbox, &brief),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = minute.tick() => self.tell_all(inbox.presence.any_agent()),
            }
        }
    }

    /// Rings for every entry after `seen`; returns the new place.
    fn catch_up(&self, inbox: &Inbox, mut seen: u64) -> u64 {
        loop {
            let entries = match inbox
                .read()
                .and_then(|rows| journal::since(&rows, seen, STEP))
            {
                Ok(entries) => entries,
                Err(error) => {
                    tracing::warn!(%error, "the chat hub could not read the journal; it tries again with the next commit");
                    return seen;
                }
            };
            let Some((last, _)) = entries.last() else {
                return seen;
            };
            seen = *last;
            for (_, entry) in &entries {
                self.ring_for(inbox, &entry.event);
            }
        }
    }

    fn ring_for(&self, inbox: &Inbox, event: &Event) {
        match event {
            Event::VisitorChanged(visitor) => self.ring(visitor.id),
            event => {
                if let Some(visitor) = event.conversation().and_then(|id| visitor_of(inbox, id)) {
                    self.ring(visitor);
                }
            }
        }
    }

    fn pass_on(&self, inbox: &Inbox, brief: &Brief) {
        if let Brief::AgentTypes {
            conversation,
            typing,
            ..
        } = brief
            && let Some(visitor) = visitor_of(inbox, *conversation)
        {
            self.tell(visitor, |ring| {
                ring.typing = *typing;
                ring.typed += 1;
            });
        }
    }
}

fn visitor_of(inbox: &Inbox, conversation: ConversationId) -> Option<VisitorId> {
    inbox
        .store
        .board()
        .facet(conversation)
        .and_then(|facet| facet.visitor)
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut bells = self.hub.bells();
        if let Some(bell) = bells.get_mut(&self.visitor) {
            bell.listeners -= 1;
            if bell.listeners == 0 {
                bells.remove(&self.visitor);
            }
        }
    }
}
