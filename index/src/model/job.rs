use super::{BlobId, Channel, ConversationId, JobId, MessageId, Millis};
use serde::{Deserialize, Serialize};

/// One delivery of one message to one recipient, until it is done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    pub id: JobId,
    pub message: MessageId,
    pub conversation: ConversationId,
    pub channel: Channel,
    /// A mail address, or a Messenger PSID.
    pub recipient: String,
    /// 0 for the first of its message, counting on; part of the reply token.
    pub recipient_no: u32,
    /// When it was queued, or let go last: its tries count from here.
    pub created_at: Millis,
    pub attempts: u32,
    /// Not before.
    pub next_at: Millis,
    /// `hold`: waits until an admin or a setting lets it go; else why it waits.
    pub held: Option<String>,
    /// DATA or a send was begun and no answer came: send once more at most.
    pub ambiguous: u32,
    /// The last answer of the other side.
    pub detail: String,
    /// The composed mail, so that every attempt sends the same bytes.
    pub composed: Option<BlobId>,
    /// Agents were told that it is late.
    pub noticed: bool,
}

/// What an attempt came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The other side took it. Ids it told us (a provider's Message-ID, Meta's mid).
    Sent { detail: String, ids: Vec<String> },
    /// Tried, and to be tried again.
    Later {
        detail: String,
        next_at: Millis,
        ambiguous: bool,
        notice: bool,
    },
    /// Waits for a person: `hold`, or a page to be reconnected.
    Held { detail: String },
    /// Over.
    Failed { detail: String },
}
