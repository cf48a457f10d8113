//! The form that answers.

use super::{Choice, Link, Notice, saved::Category};
use crate::render::Millis;
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
    /// Mail may lead to this person: its fields are there.
    pub by_mail: bool,
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
    pub locked: Option<Lock>,
    /// A mail sent now carries the chat.
    pub follow_up: Option<String>,
    /// Messenger's HUMAN_AGENT way alone is open: what that means.
    pub human_agent: Option<String>,
    /// Longer than Messenger takes at once: it may go in several messages.
    pub too_long: bool,
    pub note: bool,
    /// Messenger's limit, in UTF-16 units.
    pub limit: usize,
    pub categories: Vec<Category>,
}

/// Why nothing can be sent to the person, and what can still be done.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Lock {
    pub why: String,
    /// Since when.
    pub since: Option<Millis>,
    pub remedy: String,
    /// A way that Meta's approval would open, and until when.
    pub approval: Option<Millis>,
    /// For admins: where to say that Meta approved it.
    pub link: Option<Link>,
}
