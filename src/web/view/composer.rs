//! The form that answers.

use super::{Choice, Notice, saved::Category};
use serde::Serialize;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Composer {
    pub action: String,
    /// The same key twice is the same answer: a double click sends one.
    pub key: String,
    /// Where a browser keeps the unsent text.
    pub draft: String,
    pub list_query: String,
    pub notice: Option<Notice>,
    pub channels: Vec<Choice>,
    pub reachable: bool,
    pub reach_hint: Option<String>,
    /// Where mail goes.
    pub to: Option<String>,
    /// Shows subject, Cc and Bcc at once.
    pub open_more: bool,
    pub subject: String,
    pub cc: String,
    pub bcc: String,
    /// Mail needs an address first.
    pub needs_address: bool,
    pub text: String,
    pub placeholder: String,
    /// Why nothing can be sent.
    pub locked: Option<String>,
    /// A mail sent now carries the chat.
    pub follow_up: Option<String>,
    /// Messenger's HUMAN_AGENT way is open.
    pub human_agent: Option<String>,
    pub note: bool,
    /// Messenger's limit, in UTF-16 units.
    pub limit: usize,
    pub categories: Vec<Category>,
}
