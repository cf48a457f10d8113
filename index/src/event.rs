//! Everything that can happen, in the past tense.
//!
//! An event carries what was decided, ids included, so that applying it needs no clock, no rule and
//! no randomness: replaying the journal into an empty store gives the same tables.

use crate::model::*;
use serde::{Deserialize, Serialize};

/// Who made it happen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    #[default]
    System,
    Agent(AgentId),
    /// A program with this token.
    Token(TokenId),
    Visitor(VisitorId),
    /// A stranger's mail or webhook.
    Stranger,
    /// The operator, at the command line.
    Operator,
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Millis,
    pub actor: Actor,
    pub event: Event,
}

/// What happened. Large texts lie in segments; an event names their blobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Bytes were put in a segment, in the same transaction as the event that names them.
    BlobKept(BlobRow),
    /// A blob's bytes were erased by law; its row stays as a tombstone.
    BlobErased(BlobId),

    ContactCreated(Contact),
    /// The whole new row: names, addresses, tags, fields, blocked.
    ContactChanged(Contact),
    /// `from` lives on in `into`: addresses and conversations move, both new rows are given.
    ContactsMerged {
        from: Contact,
        into: Contact,
    },
    AddressSuppressed {
        key: String,
        suppression: Suppression,
    },
    AddressFreed {
        key: String,
    },

    /// A conversation begins; its first message follows in the same transaction.
    ConversationOpened(Conversation),
    /// A message joins a thread: inbound, outbound, note or event line. `reopens` and `unread` were decided by the rules.
    MessageAdded {
        message: Box<Message>,
        reopens: bool,
        unread: bool,
    },
    /// An outgoing message joins the thread with its deliveries; `lifts` are chat lines it carried, which now bear the Email label.
    ReplyQueued {
        message: Box<Message>,
        jobs: Vec<Job>,
        carried: Vec<MessageId>,
        idempotency_key: Option<String>,
    },
    /// An agent sends again what failed: new deliveries of a message that stands in its thread.
    DeliveryQueued {
        conversation: ConversationId,
        message: MessageId,
        jobs: Vec<Job>,
    },
    /// The same mail came by another way.
    PathAdded {
        conversation: ConversationId,
        message: MessageId,
        path: MailPath,
    },
    /// A message's facts changed (edit, unsend, reaction, author, fetched file): the whole new row.
    MessageChanged(Box<Message>),
    /// Meta told something of a message that has not come yet: the whole new row of `PAGE/MID`.
    MessageForetold {
        mid: String,
        note: MidNote,
    },
    /// A message moved to another conversation, where it got `seq`.
    MessageMoved {
        message: MessageId,
        from: ConversationId,
        to: ConversationId,
        seq: u32,
        matched_by: String,
    },
    /// The bytes of an outgoing mail were composed and kept.
    MailComposed {
        message: MessageId,
        job: JobId,
        raw: BlobId,
    },
    /// One attempt at one delivery ended.
    DeliveryTried {
        conversation: ConversationId,
        message: MessageId,
        job: JobId,
        outcome: Outcome,
    },
    /// A held or late job is let go now.
    JobReleased {
        job: JobId,
        next_at: Millis,
    },
    /// A delivery report, a watermark, a visitor's screen: the state of one recipient's copy changed.
    DeliveryReported {
        conversation: ConversationId,
        message: MessageId,
        recipient: Option<String>,
        state: DeliveryState,
        detail: String,
    },
    /// The visitor's widget showed every agent line up to this seq.
    ChatSeen {
        conversation: ConversationId,
        visitor: VisitorId,
        seq: u32,
    },

    ConversationCompleted {
        conversation: ConversationId,
        by: Option<AgentId>,
    },
    ConversationReopened {
        conversation: ConversationId,
    },
    ConversationRead {
        conversation: ConversationId,
    },
    ConversationUnread {
        conversation: ConversationId,
    },
    ConversationAssigned {
        conversation: ConversationId,
        to: Option<AgentId>,
    },
    /// Subject, tags, spam, contact, suggestion, Messenger person: the whole new row, counters untouched.
    ConversationChanged(Box<Conversation>),
    ConversationsMerged {
        from: ConversationId,
        into: ConversationId,
    },

    VisitorCreated {
        visitor: Visitor,
        key_hash: [u8; 32],
    },
    VisitorChanged(Visitor),

    AgentChanged(Agent),
    SavedReplyChanged(SavedReply),
    SavedReplyDeleted(SavedReplyId),
    TokenChanged(ApiToken),
    SettingChanged {
        name: String,
        value: Option<serde_json::Value>,
    },
    Audited(Audit),
}

impl Event {
    /// The name programs see in the event stream, e.g. `MessageAdded`.
    pub fn name(&self) -> &'static str {
        match self {
            Event::BlobKept(_) => "BlobKept",
            Event::BlobErased(_) => "BlobErased",
            Event::ContactCreated(_) => "ContactCreated",
            Event::ContactChanged(_) => "ContactChanged",
            Event::ContactsMerged { .. } => "ContactsMerged",
            Event::AddressSuppressed { .. } => "AddressSuppressed",
            Event::AddressFreed { .. } => "AddressFreed",
            Event::ConversationOpened(_) => "ConversationOpened",
            Event::MessageAdded { message, .. } => match message.direction {
                Direction::In => "MessageReceived",
                Direction::Note => "NoteAdded",
                Direction::Out | Direction::Event => "MessageAdded",
            },
            Event::ReplyQueued { .. } => "ReplyQueued",
            Event::DeliveryQueued { .. } => "DeliveryQueued",
            Event::PathAdded { .. } => "PathAdded",
            Event::MessageChanged(_) => "MessageChanged",
            Event::MessageForetold { .. } => "MessageForetold",
            Event::MessageMoved { .. } => "MessageMoved",
            Event::MailComposed { .. } => "MailComposed",
            Event::DeliveryTried { outcome, .. } => match outcome {
                Outcome::Sent { .. } => "Delivered",
                Outcome::Failed { .. } => "DeliveryFailed",
                Outcome::Later { .. } => "DeliveryDelayed",
                Outcome::Held { .. } => "DeliveryHeld",
            },
            Event::JobReleased { .. } => "JobReleased",
            Event::DeliveryReported { .. } => "DeliveryReported",
            Event::ChatSeen { .. } => "ChatSeen",
            Event::ConversationCompleted { .. } => "ConversationCompleted",
            Event::ConversationReopened { .. } => "ConversationReopened",
            Event::ConversationRead { .. } => "ConversationRead",
            Event::ConversationUnread { .. } => "ConversationUnread",
            Event::ConversationAssigned { .. } => "ConversationAssigned",
            Event::ConversationChanged(_) => "ConversationChanged",
            Event::ConversationsMerged { .. } => "ConversationsMerged",
            Event::VisitorCreated { .. } => "VisitorCreated",
            Event::VisitorChanged(_) => "VisitorChanged",
            Event::AgentChanged(_) => "AgentChanged",
            Event::SavedReplyChanged(_) => "SavedReplyChanged",
            Event::SavedReplyDeleted(_) => "SavedReplyDeleted",
            Event::TokenChanged(_) => "TokenChanged",
            Event::SettingChanged { .. } => "SettingChanged",
            Event::Audited(_) => "Audited",
        }
    }

    /// The conversation it is about, where it names one itself.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Event::ConversationOpened(c) => Some(c.id),
            Event::ConversationChanged(c) => Some(c.id),
            Event::MessageAdded { message, .. } | Event::ReplyQueued { message, .. } => {
                Some(message.conversation)
            }
            Event::MessageChanged(message) => Some(message.conversation),
            Event::MessageMoved { to, .. } => Some(*to),
            Event::ConversationsMerged { into, .. } => Some(*into),
            Event::ChatSeen { conversation, .. }
            | Event::PathAdded { conversation, .. }
            | Event::DeliveryQueued { conversation, .. }
            | Event::DeliveryTried { conversation, .. }
            | Event::DeliveryReported { conversation, .. }
            | Event::ConversationCompleted { conversation, .. }
            | Event::ConversationReopened { conversation }
            | Event::ConversationRead { conversation }
            | Event::ConversationUnread { conversation }
            | Event::ConversationAssigned { conversation, .. } => Some(*conversation),
            _ => None,
        }
    }

    /// The message it is about, where it names one itself.
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Event::MessageAdded { message, .. } | Event::ReplyQueued { message, .. } => {
                Some(message.id)
            }
            Event::MessageChanged(message) => Some(message.id),
            Event::PathAdded { message, .. }
            | Event::DeliveryQueued { message, .. }
            | Event::MessageMoved { message, .. }
            | Event::MailComposed { message, .. }
            | Event::DeliveryTried { message, .. }
            | Event::DeliveryReported { message, .. } => Some(*message),
            _ => None,
        }
    }
}
