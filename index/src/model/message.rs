use super::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    #[default]
    In,
    Out,
    /// For agents only.
    Note,
    /// Something that happened, told by the system.
    Event,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    Contact,
    Visitor,
    Agent,
    #[default]
    System,
}

/// Who wrote it; each message keeps its own sender's name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    pub kind: AuthorKind,
    pub name: String,
    pub address: Option<String>,
    pub agent: Option<AgentId>,
}

/// One line of a thread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    pub id: MessageId,
    /// Counts within the conversation, from 1.
    pub seq: u32,
    pub conversation: ConversationId,
    /// When it was written, if that is believable, else when it came.
    pub at: Millis,
    pub direction: Direction,
    pub author: Author,
    /// The labels it bears, e.g. Web Chat and Email.
    pub channels: Vec<Channel>,
    pub subject: String,
    pub body: Body,
    /// The first words of the new text.
    pub snippet: String,
    pub attachments: Vec<Attachment>,
    pub delivery: Delivery,
    /// Why it landed here, in one word: `token`, `reference`, `subject`, `contact`, `new`, `moved`, `bounce`.
    pub matched_by: Option<String>,
    pub email: Option<EmailFacts>,
    pub chat: Option<ChatFacts>,
    pub messenger: Option<MessengerFacts>,
    /// For [`Direction::Event`]: a catalogue key and what fills it.
    pub event: Option<EventLine>,
}

/// Text of a message: short ones in the row, others in a segment (a [`StoredBody`] as JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    Inline(String),
    Stored(BlobId),
}

impl Default for Body {
    fn default() -> Self {
        Body::Inline(String::new())
    }
}

/// The texts of a message as shown: what is new, the folded rest, the sanitised HTML.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredBody {
    pub text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quoted_text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    /// A key of the language catalogues below `event.`.
    pub key: String,
    pub params: BTreeMap<String, String>,
}

/// A file with a message. Its bytes are a part of the raw mail, or a blob of their own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    pub size: u64,
    pub inline: bool,
    pub content_id: Option<String>,
    pub source: AttachmentSource,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum AttachmentSource {
    /// The part of that number in the message's raw mail.
    Part(u32),
    Blob(BlobId),
    /// Not fetched (yet): where it was, and why it failed, if it did.
    Remote {
        url: String,
        error: Option<String>,
    },
    #[default]
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    #[default]
    None,
    Queued,
    Delayed,
    Sent,
    Delivered,
    Seen,
    Failed,
    Bounced,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryState::None => "none",
            DeliveryState::Queued => "queued",
            DeliveryState::Delayed => "delayed",
            DeliveryState::Sent => "sent",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Seen => "seen",
            DeliveryState::Failed => "failed",
            DeliveryState::Bounced => "bounced",
        }
    }
}

/// What became of an outgoing message. `state` is the one an agent should see first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    pub state: DeliveryState,
    /// A plain sentence: what broke and what to do.
    pub detail: String,
    pub attempts: u32,
    pub recipients: Vec<RecipientDelivery>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecipientDelivery {
    pub address: String,
    pub state: DeliveryState,
    pub detail: String,
}

/// What only a mail has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailFacts {
    /// Without angle brackets; synthetic where the mail had none.
    pub message_id: String,
    /// Ids the other side may answer to as well: learnt from a provider, or per recipient.
    pub other_ids: Vec<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub from: MailAddress,
    pub sender: Option<MailAddress>,
    pub reply_to: Vec<MailAddress>,
    pub to: Vec<MailAddress>,
    pub cc: Vec<MailAddress>,
    pub bcc: Vec<MailAddress>,
    /// The DATA byte for byte.
    pub raw: Option<BlobId>,
    /// Hash of what a second copy by another path would share: the body, without transport headers.
    pub body_hash: String,
    /// Every way this mail came: one per accepted transaction or import.
    pub paths: Vec<MailPath>,
    pub authentication: Option<serde_json::Value>,
    pub auto_reply: bool,
    pub bounce: bool,
    pub no_auto_answer: bool,
    pub complaint: bool,
    pub list_id: Option<String>,
    /// `none`, `automatic`, `manual`, `attached`.
    pub forwarded: String,
    pub forwarded_by: Option<MailAddress>,
    /// The author named by the mail itself, when the conversation was given to someone else.
    pub swapped_from: Option<MailAddress>,
    /// The sender takes no part here: joined by token only, shown with a banner.
    pub external: bool,
    /// Conversations it may belong to instead.
    pub suggestion: Option<ConversationId>,
    pub warnings: Vec<String>,
    /// Whom the sender could be mistaken for.
    pub resembles: Option<Resembles>,
    /// What the Date header said.
    pub date: Option<Millis>,
    /// The mail could not be read: only its raw bytes are kept.
    pub unreadable: bool,
    /// Of a mail we send: the marker that shows where our history begins in an answer.
    pub marker: String,
    /// Of a mail we send: the chat lines it carried.
    pub carried: Vec<MessageId>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailAddress {
    pub name: String,
    pub address: String,
}

/// A sender that looks like somebody else we know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resembles {
    /// `same_name`, `look_alike` or `named_as`: texts of the catalogues below `resembles.`.
    pub how: String,
    /// The known one's address.
    pub address: String,
}

/// One way a mail reached us.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailPath {
    pub at: Millis,
    /// `smtp`, `import`.
    pub via: String,
    pub mail_from: Option<String>,
    pub recipients: Vec<String>,
    pub ip: String,
    pub helo: String,
    pub tls: Option<String>,
    /// Return-Path and Received, as they would stand above the DATA.
    pub trace_headers: String,
}

/// What only a chat line has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatFacts {
    pub visitor: VisitorId,
    /// The widget's own id of this line: the same one again is the same line.
    pub client_id: String,
    /// The page the visitor wrote from.
    pub page: Option<String>,
    /// A line of the scripted greeting.
    pub scripted: bool,
    /// An answer that asks for the visitor's address: the widget shows its form.
    #[serde(default)]
    pub asks_email: bool,
}

/// What only a Messenger line has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessengerFacts {
    pub page: String,
    pub psid: String,
    pub mid: Option<String>,
    /// Of an answer of ours: its text and each file are messages to Meta; the mids of those known to be
    /// sent, in that order. A retry goes on behind them.
    pub mids: Vec<String>,
    /// Of an answer of ours: the job that delivers it, while there is one.
    pub job: Option<JobId>,
    /// Meta's time of the event.
    pub timestamp: Millis,
    pub reply_to_mid: Option<String>,
    /// `message`, `postback`, `echo`, `unsupported`, `sticker` …
    pub kind: String,
    pub payload: Option<String>,
    /// Emoji by whoever reacted: `visitor` or `page`.
    pub reactions: BTreeMap<String, String>,
    /// Meta's time of each of these, taken back ones too: the newest counts, whenever it comes.
    pub reacted_at: BTreeMap<String, Millis>,
    pub edits: u32,
    pub edited_at: Millis,
    pub unsent: bool,
    /// Sent outside Casella (Facebook's own inbox, another app).
    pub outside: bool,
    /// Outside 24 hours, as a person's answer (HUMAN_AGENT).
    pub human_agent: bool,
    /// Nobody knows whether it lets us answer: then it does not.
    pub opens_no_window: bool,
    /// The event as Meta sent it, where it could not be read in full.
    pub raw: Option<BlobId>,
}

/// What Meta told of a Messenger line: it may come before the line itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MidNote {
    pub edit: Option<MidEdit>,
    pub unsent: bool,
    /// By whoever reacted, as in [`MessengerFacts::reactions`].
    pub reactions: BTreeMap<String, MidReaction>,
    pub delivered: bool,
}

/// The words of a line after its `count`-th edit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MidEdit {
    pub count: u32,
    pub at: Millis,
    pub body: Body,
    pub snippet: String,
}

/// `None`: taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct MidReaction {
    pub at: Millis,
    pub emoji: Option<String>,
}
