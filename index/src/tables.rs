//! Every table: the on-disk format on one screen.
//!
//! Keys are big-endian, so that their order is the order of ids and times. Values are MessagePack
//! maps with named fields: a field can be added with a default, never renamed.
//! `apply` is the only writer of the tables derived from the journal ([`DERIVED`]).

use crate::event::Entry;
use crate::kv::Table;
use crate::model::*;

/// Hash of an id of a mail: the first 16 bytes of the SHA-256 of the id without angle brackets.
pub type IdHash = [u8; 16];

macro_rules! tables {
    ($list:ident: $($(#[$doc:meta])* $name:ident = $disk:literal: $key:ty => $value:ty),* $(,)?) => {
        $($(#[$doc])* pub const $name: Table<$key, $value> = Table::new($disk);)*
        /// The names of these tables, for copying and comparing.
        pub const $list: &[&str] = &[$($disk),*];
    };
}

tables! { DERIVED:
    /// conversation -> its facts
    CONVERSATIONS = "conversations": ConversationId => Conversation,
    /// message -> its facts; the text may lie in a segment
    MESSAGES = "messages": MessageId => Message,
    /// (conversation, seq) -> message: the thread in order
    THREAD = "thread": (ConversationId, u32) => MessageId,
    /// (hash of a Message-ID, message) -> true: the message bears this id; false: it refers to it
    MAIL_IDS = "mail_ids": (IdHash, MessageId) => bool,
    /// (conversation, address key) -> (): who takes part, by mail address
    PARTICIPANTS = "participants": (ConversationId, String) => (),
    /// contact -> its facts
    CONTACTS = "contacts": ContactId => Contact,
    /// address key -> the one contact it belongs to
    CONTACT_ADDRESSES = "contact_addresses": String => ContactId,
    /// (contact, conversation) -> (): a contact's conversations
    CONTACT_CONVERSATIONS = "contact_conversations": (ContactId, ConversationId) => (),
    /// address key -> why we no longer write there
    SUPPRESSIONS = "suppressions": String => Suppression,
    /// agent -> facts, password hash
    AGENTS = "agents": AgentId => Agent,
    /// saved reply -> category, title, text
    SAVED_REPLIES = "saved_replies": SavedReplyId => SavedReply,
    /// token -> name, hash
    TOKENS = "tokens": TokenId => ApiToken,
    /// visitor -> facts
    VISITORS = "visitors": VisitorId => Visitor,
    /// SHA-256 of a visitor's key -> visitor
    VISITOR_KEYS = "visitor_keys": [u8; 32] => VisitorId,
    /// (visitor, client_id) -> message: the same line sent twice is one
    CHAT_LINES = "chat_lines": (VisitorId, String) => MessageId,
    /// job -> a delivery not yet done
    JOBS = "jobs": JobId => Job,
    /// idempotency key of an API call -> the message it made
    IDEMPOTENCY = "idempotency": String => MessageId,
    /// `PAGE/PSID` -> the newest conversation of this person with this page
    MESSENGER_THREADS = "messenger_threads": String => ConversationId,
    /// `PAGE/MID` -> message
    MIDS = "mids": String => MessageId,
    /// `PAGE/MID` -> what Meta told of a message that has not come yet
    MID_NOTES = "mid_notes": String => MidNote,
    /// blob -> where its bytes lie
    BLOBS = "blobs": BlobId => BlobRow,
    /// name -> a setting made in the pages (secrets encrypted)
    SETTINGS = "settings": String => serde_json::Value,
    /// journal sequence -> an administrative act
    AUDITS = "audits": u64 => Audit,
    /// name -> the highest id given so far
    COUNTERS = "counters": String => u64,
}

tables! { KEPT:
    /// sequence -> what happened: the truth
    JOURNAL = "journal": u64 => Entry,
    /// SHA-256 of a session's secret -> who, since when
    SESSIONS = "sessions": [u8; 32] => Session,
    /// agent -> the newest step of their one-time code that was used
    SPENT_CODES = "spent_codes": AgentId => u64,
    /// mail transaction -> how it went; pruned
    TRACES = "traces": TraceId => Trace,
    /// name of a follower -> the last sequence it has dealt with
    CURSORS = "cursors": String => u64,
    /// what the database says of itself: `format`, `cut` …
    META = "meta": String => u64,
}

/// Raised when a table changes its meaning; a store of another format is refused, never guessed at.
pub const FORMAT: u64 = 1;
