//! An open conversation: its head, its lines, its details.

use super::message::MessageView;
use super::{ButtonForm, Choice, Fact, Notice, composer::Composer, window::WindowTag};
use crate::render::Millis;
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub struct Thread {
    pub id: u64,
    pub subject: String,
    pub who: String,
    pub who_url: Option<String>,
    pub address: Option<String>,
    pub online: bool,
    /// The page the visitor looks at.
    pub looking_at: Option<String>,
    pub complete: bool,
    pub spam: bool,
    pub window: Option<WindowTag>,
    /// The list's address, to go back to.
    pub back: String,
    /// The list's filters, for forms to come back with.
    pub list_query: String,
    pub can_write: bool,
    pub actions: Vec<ButtonForm>,
    pub notices: Vec<Notice>,
    /// The address of the thread's earlier part.
    pub earlier: Option<String>,
    pub items: Vec<Item>,
    pub composer: Option<Composer>,
    pub details: Details,
}

/// A line of the thread.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Item {
    /// Another day begins.
    Day {
        id: String,
        at: Millis,
    },
    /// Something that was done.
    Event {
        id: u64,
        text: String,
        symbol: &'static str,
        at: Millis,
        /// The journal's sequence of the act, where it can be taken back.
        undo: Option<u64>,
    },
    /// A line that stands on the page already.
    Same {
        id: u64,
    },
    Message(Box<MessageView>),
}

/// Who it is, whose work it is, what else there is.
#[derive(Debug, Default, Serialize)]
pub struct Details {
    pub who: String,
    pub picture: Option<String>,
    pub contact_url: Option<String>,
    /// Contact, chat visitor or Messenger visitor.
    pub kind: Option<String>,
    pub facts: Vec<Fact>,
    pub can_write: bool,
    pub action: String,
    pub list_query: String,
    pub assignees: Vec<Choice>,
    pub assignee: String,
    pub tags: String,
    pub others: Vec<Other>,
}

/// Another conversation of the same person.
#[derive(Debug, Serialize)]
pub struct Other {
    pub number: u64,
    pub url: String,
    pub subject: String,
    pub at: Millis,
}
