//! What wakes the followers of the journal, and passes on what is too brief to be journalled.

use casella_index::Store;
use casella_index::model::{AgentId, ConversationId};
use tokio::sync::{broadcast, watch};

/// Brief messages kept for a slow listener; past that it misses some, which costs a dot at most.
const BRIEF: usize = 1024;

/// True for a moment: never stored, never resumed.
#[derive(Debug, Clone, PartialEq)]
pub enum Brief {
    /// A visitor came or went, or looks at another page.
    Presence(ConversationId),
    /// An agent types in a thread (or stopped).
    AgentTypes {
        conversation: ConversationId,
        agent: AgentId,
        name: String,
        typing: bool,
    },
    /// A visitor types in the widget (or stopped).
    VisitorTypes {
        conversation: ConversationId,
        typing: bool,
    },
    /// An agent looks at a thread.
    AgentLooks {
        conversation: ConversationId,
        agent: AgentId,
        name: String,
    },
    /// What an admin who connects a channel waits for came, or went wrong.
    Connecting,
}

/// The newest journal sequence to wait for, and the brief messages.
#[derive(Debug, Clone)]
pub struct Live {
    journal: watch::Receiver<u64>,
    brief: broadcast::Sender<Brief>,
}

impl Live {
    /// Follows a store's commits.
    pub fn follow(store: &Store) -> Live {
        let (sender, journal) = watch::channel(store.last_seq());
        store.subscribe(move |last| {
            sender.send_replace(last);
        });
        Live {
            journal,
            brief: broadcast::channel(BRIEF).0,
        }
    }

    /// Changes whenever something was committed (or the store has stopped).
    pub fn journal(&self) -> watch::Receiver<u64> {
        self.journal.clone()
    }

    /// What is said from now on.
    pub fn listen(&self) -> broadcast::Receiver<Brief> {
        self.brief.subscribe()
    }

    /// Says it to whoever listens; nobody listening is fine.
    pub fn say(&self, brief: Brief) {
        let _ = self.brief.send(brief);
    }
}
