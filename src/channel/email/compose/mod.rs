//! An outgoing message as the bytes of a mail.
//!
//! [`mail`] is pure: an [`Outgoing`] and the templates in, a [`Composed`] out, the same for the same
//! input, so that a retry sends what the first try did. Whose name stands in From, which ids are
//! answered, what history is quoted was decided before; signing and sending come after. The agent's
//! words are data to the templates, never a template.

mod body;
mod headers;
mod mime;

#[cfg(test)]
mod tests;

use casella_index::model::{MailAddress, Millis};

use crate::render::{self, Templates, Voice};

/// What a mail is, which decides its templates (`templates/mail/`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An answer to mail: the words, the last messages quoted below.
    Reply,
    /// An answer after chat: the words, the chat since the last mail below.
    FollowUp,
    /// The record of a conversation, sent by an agent.
    Transcript,
    /// Answers given in the chat that the visitor did not see, sent by themselves.
    Unseen,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::FollowUp => "follow_up",
            Self::Transcript => "transcript",
            Self::Unseen => "unseen",
        }
    }
}

/// One message for one recipient. To and Cc are the same for all of them.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub kind: Kind,
    pub at: Millis,
    pub from: MailAddress,
    /// Where answers go: our signed address.
    pub reply_to: Option<String>,
    pub to: Vec<MailAddress>,
    pub cc: Vec<MailAddress>,
    pub subject: String,
    /// Without angle brackets, as are the ids below.
    pub message_id: String,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// No person pressed "Send": the inbox address, for the loop header (RFC 3834).
    pub automatic: Option<String>,
    /// The agent's own words, sent literally.
    pub text: String,
    /// Earlier lines, in the order in which they are to stand.
    pub history: Vec<Line>,
    /// Hidden at the top, so that an answer's new text can be told from ours.
    pub marker: String,
    /// The company, as its customers know it.
    pub company: String,
    pub files: Vec<File>,
    /// Files too large to travel along, by links that end at `links_until`.
    pub links: Vec<Link>,
    pub links_until: Millis,
}

/// Where a file may be fetched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    pub name: String,
    pub bytes: u64,
    pub url: String,
}

/// An earlier message as quoted: who, when, what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub at: Millis,
    pub text: String,
    /// Whether one of us said it.
    pub ours: bool,
    /// Names of its files.
    pub files: Vec<String>,
}

/// A file that travels with the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content_type: String,
    /// Without angle brackets; set for an image the HTML shows.
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

/// A mail ready to be signed and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// CRLF line ends, 7-bit but for addresses that are not ASCII.
    pub bytes: Vec<u8>,
    pub message_id: String,
}

/// Why a mail cannot be made. Trying again would not help.
#[derive(Debug)]
pub enum ComposeError {
    /// A header's value holds what would end the header, or an address that is none.
    Header {
        name: &'static str,
        value: String,
    },
    Template(render::Error),
}

impl std::fmt::Display for ComposeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header { name, value } => {
                write!(f, "the {name} header cannot hold {value:?}")
            }
            Self::Template(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ComposeError {}

impl From<render::Error> for ComposeError {
    fn from(error: render::Error) -> Self {
        Self::Template(error)
    }
}

/// Composes the mail in the recipient's language and time zone, as `voice` says.
///
/// # Errors
/// [`ComposeError`]; nothing half-made is returned.
pub fn mail(
    outgoing: &Outgoing,
    templates: &Templates,
    voice: &Voice,
) -> Result<Composed, ComposeError> {
    let headers = headers::of(outgoing)?;
    let bodies = body::render(outgoing, templates, voice)?;
    let part = mime::tree(outgoing, bodies)?;
    Ok(Composed {
        bytes: mime::write(headers, part),
        message_id: outgoing.message_id.clone(),
    })
}
