//! Ids are sequence numbers, never reused; each kind has its own type, so that they cannot be mixed up.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }

        impl crate::kv::Key for $name {
            fn encode(&self) -> Vec<u8> {
                self.0.to_be_bytes().to_vec()
            }
            fn decode(bytes: &[u8]) -> Option<Self> {
                Some($name(u64::from_be_bytes(bytes.try_into().ok()?)))
            }
        }

        impl crate::kv::FixedKey for $name {
            const LEN: usize = 8;
        }
    )*};
}

ids! {
    /// A thread of messages with one person (or one Messenger approach).
    ConversationId,
    /// One line of a thread: a mail, a chat line, a note, an event.
    MessageId,
    /// A person we can write to.
    ContactId,
    /// One of our own people.
    AgentId,
    /// A browser that wrote in the widget.
    VisitorId,
    /// A canned answer.
    SavedReplyId,
    /// Bytes kept in a segment.
    BlobId,
    /// One delivery of one message to one recipient.
    JobId,
    /// An API token.
    TokenId,
    /// One mail transaction, as the SMTP receiver saw it.
    TraceId,
}
