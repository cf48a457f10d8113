use super::*;
use serde::{Deserialize, Serialize};

/// Where a message came from or goes to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    #[default]
    Email,
    Chat,
    Messenger,
}

impl Channel {
    pub const ALL: [Channel; 3] = [Channel::Chat, Channel::Email, Channel::Messenger];

    /// The name programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Chat => "chat",
            Channel::Messenger => "messenger",
        }
    }

    /// The channel of that name, as [`Channel::as_str`] gives it.
    pub fn named(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|c| c.as_str() == name)
    }
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Open,
    Complete,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Complete => "complete",
        }
    }
}

/// Closing is a fact, not a flag: who, when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// `None` when a program did it.
    pub by: Option<AgentId>,
    pub at: Millis,
}

/// A thread of messages. Never deleted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    pub id: ConversationId,
    pub status: Status,
    pub closure: Option<Closure>,
    pub spam: bool,
    /// That of the newest message (notes and events aside).
    pub channel: Channel,
    /// The newest subject, as written.
    pub subject: String,
    /// The first words of the newest message.
    pub snippet: String,
    /// Opened by an agent since the last inbound message.
    pub read: bool,
    pub assignee: Option<AgentId>,
    pub tags: Vec<String>,
    pub contact: Option<ContactId>,
    /// The contact is sure: a mail came, or the site vouched. False for an address typed into the widget.
    pub verified: bool,
    pub visitor: Option<VisitorId>,
    pub messenger: Option<MessengerPerson>,
    pub messages_count: u32,
    /// The sequence number the next message gets.
    pub next_seq: u32,
    /// The newest message that is no note and no event, for "does the follow-up carry the chat?".
    pub newest: Option<MessageId>,
    pub created_at: Millis,
    /// The newest activity: orders the list.
    pub updated_at: Millis,
    pub merged_into: Option<ConversationId>,
    /// "May belong to": an agent may move it there with one click.
    pub suggestion: Option<ConversationId>,
}

/// A Messenger visitor, who is no contact: what Meta tells stays on the conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessengerPerson {
    pub page: String,
    pub psid: String,
    pub name: String,
    pub picture: Option<BlobId>,
    /// Meta's time of the visitor's last message or postback: the window counts from here.
    pub last_inbound: Millis,
    /// Meta refused, or the person blocked us: the reason, until the next inbound message.
    pub locked: Option<String>,
    /// Another app holds the thread.
    pub owned_elsewhere: bool,
    /// Meta's time of the newest word about that.
    pub owned_at: Millis,
    /// Meta's watermarks: everything sent until then is delivered, and is read.
    pub delivered_until: Millis,
    pub read_until: Millis,
}
