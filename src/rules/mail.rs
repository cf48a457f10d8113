//! One mail as values: what reading makes of its bytes, and what the rules then say of it.
//!
//! `channel::email::parse` makes a [`Mail`] from bytes; the rules beside this file turn it into the
//! parts of a [`Reading`]. Nothing here knows of sockets, stores or MIME syntax.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// A person or mailbox named in a header. `address` has no angle brackets and may be empty or odd
/// when the header was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub name: String,
    pub address: String,
}

/// A header field in order of appearance: `name` as written, `value` unfolded and decoded
/// (RFC 2047, raw 8-bit guessed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A part a person could want. `part` numbers it within this mail, for `parse::attachment(raw, part)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    /// Decoded size in bytes.
    pub size: u64,
    /// Referenced by `cid:` from the HTML, whatever its disposition says.
    pub inline: bool,
    /// Without angle brackets.
    pub content_id: Option<String>,
    pub part: u32,
}

/// Bits of a part's number that are its own; above them stands that of a part in an attached mail.
const OWN_BITS: u32 = 16;

/// The number of a part of an attached mail, seen from the mail around it.
pub fn inner_part(attached: u32, part: u32) -> u32 {
    attached | (part << OWN_BITS)
}

/// The number of a part within its mail, and of one within that part, or 0.
pub fn split_part(part: u32) -> (u32, u32) {
    (part & ((1 << OWN_BITS) - 1), part >> OWN_BITS)
}

/// Per-recipient fields of a `message/delivery-status` part (RFC 3464 section 2.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryStatus {
    pub final_recipient: Option<String>,
    pub original_recipient: Option<String>,
    /// `failed`, `delayed`, `delivered`, `relayed`, `expanded`, lower-case.
    pub action: Option<String>,
    /// Enhanced status code, e.g. `5.1.1`.
    pub status: Option<String>,
    pub diagnostic: Option<String>,
    pub remote_mta: Option<String>,
}

/// What machine-readable report a mail carries, if any (RFC 6522 and its children).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `delivery-status`, `feedback-report`, `disposition-notification`, … lower-case.
    pub kind: String,
    pub recipients: Vec<DeliveryStatus>,
    /// ENVID of the message-level fields.
    pub envelope_id: Option<String>,
    /// Fields of a feedback report or a disposition notification.
    pub fields: Vec<Header>,
}

/// A calendar object a mail carries (RFC 5545 with the methods of RFC 5546). Times are as written,
/// e.g. `2026-03-05 10:00`, with their zone's name, or `UTC`, or no zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// `REQUEST`, `REPLY`, `CANCEL`, `PUBLISH`, …; empty when the object names none.
    pub method: String,
    pub summary: String,
    pub starts: Option<String>,
    pub ends: Option<String>,
    pub zone: Option<String>,
    pub location: Option<String>,
    pub description: Option<String>,
    pub organizer: Option<Address>,
    /// Who answers, in a `REPLY`, and how: `ACCEPTED`, `DECLINED`, `TENTATIVE`, ….
    pub answer: Option<(Address, String)>,
}

/// Cryptography found around the content. Nothing is verified or decrypted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    SmimeSigned,
    SmimeEncrypted,
    PgpSigned,
    PgpEncrypted,
}

/// One mail as read from its bytes, before any rule judged it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// Every header field of the top level, in order.
    pub headers: Vec<Header>,
    /// Without angle brackets; `None` if missing or unusable.
    pub message_id: Option<String>,
    pub from: Address,
    pub sender: Option<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    pub date: Option<Millis>,
    /// Ids without angle brackets, in order of appearance.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// The readable text: from the plain part, or made from the HTML where there is none. LF line ends.
    pub text: String,
    /// The HTML body as decoded, not yet sanitised. Never show it.
    pub html: Option<String>,
    /// Whether `text` came from a plain part of its own.
    pub has_plain: bool,
    pub attachments: Vec<Attachment>,
    /// Mails attached as `message/rfc822` or `.eml`, or their headers alone
    /// (`text/rfc822-headers`), with the attachment each is.
    pub attached: Vec<(u32, Mail)>,
    pub invites: Vec<Invite>,
    pub protection: Option<Protection>,
    pub report: Option<Report>,
    /// The top level's media type, lower-case, without parameters.
    pub content_type: String,
    /// What was odd about it, as plain English sentences.
    pub warnings: Vec<String>,
}

impl Mail {
    /// The mail passed on in it as an attachment, where [`Forwarded::kind`] says that one was.
    pub fn passed_on(&self) -> Option<&Mail> {
        self.attached.first().map(|(_, inner)| inner)
    }

    /// The first header of that name, matched without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }

    /// Every header of that name, in order.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }
}

/// How a mail was passed on to us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForwardKind {
    #[default]
    None,
    /// By a rule of a mail system; From is still the author's.
    Automatic,
    /// By a person, the original quoted in the body.
    Manual,
    /// By a person, the original attached.
    Attached,
}

/// What was found of a forwarded mail, whoever forwarded it (MAIL.md E4-E7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    pub kind: ForwardKind,
    /// Who passed it on.
    pub by: Option<Address>,
    /// The person in the forwarded block or attached mail.
    pub author: Option<Address>,
    pub reply_to: Option<Address>,
    pub subject: Option<String>,
    pub date: Option<Millis>,
    /// The forwarded text, without its header block.
    pub text: Option<String>,
    /// What the forwarder wrote above the block.
    pub note: Option<String>,
}

/// The text of a mail, parted into what this person newly wrote and the rest. Nothing is lost:
/// every readable line stands in one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    pub reply_text: String,
    pub quoted_text: String,
    pub signature: Option<String>,
}

/// Three separate judgements (MAIL.md B); one flag for all is the commonest error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// A vacation note or another machine's answer: folded, never reopens, never unread.
    pub auto_reply: bool,
    /// A delivery report (failure or delay).
    pub bounce: bool,
    /// Our automations stay silent: list, bulk, no-reply, null path.
    pub no_auto_answer: bool,
    /// A feedback report (ARF).
    pub complaint: bool,
    /// A disposition notification (RFC 8098).
    pub read_receipt: bool,
    pub list_id: Option<String>,
}

/// What a delivery report says (MAIL.md C).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    pub recipient: Option<String>,
    /// Enhanced status code, e.g. `5.2.2`.
    pub status: Option<String>,
    /// `Some(false)` for a delay or another passing fault.
    pub permanent: Option<bool>,
    /// The Message-ID of the mail it is about, without angle brackets.
    pub original_message_id: Option<String>,
    pub diagnostic: Option<String>,
    /// True when the other side keeps trying.
    pub delayed: bool,
}

/// Who is ours: whose manual forwards count, and which addresses are never a customer.
#[derive(Debug, Clone, Default)]
pub struct Team {
    /// Agents' and the company's own addresses, lower-case.
    pub addresses: Vec<String>,
    /// Addresses of our inboxes, lower-case: exact, or `@domain`.
    pub inboxes: Vec<String>,
}

/// Everything the rules say of one mail.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    pub mail: Mail,
    pub forwarded: Forwarded,
    pub parted: Parted,
    pub kind: Kind,
    pub bounce: Option<Bounce>,
    /// Who the conversation belongs to after the forwarding and Reply-To rules.
    pub author: Address,
    /// The body sanitised for the sandboxed frame, `cid:` kept.
    pub html: Option<String>,
    /// The same of the mail that was passed on as an attachment, if one was.
    pub forwarded_html: Option<String>,
}
