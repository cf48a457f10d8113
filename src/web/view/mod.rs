//! What the pages show, as typed values: one file per page, each the shape its template reads.
//!
//! Views are made from rows of the store and from texts of the catalogue. They ask for nothing
//! themselves; the handlers beside this folder load what they need.

pub mod composer;
pub mod contacts;
pub mod height;
pub mod invite;
pub mod list;
pub mod message;
pub mod messenger;
pub mod person;
pub mod plain;
pub mod saved;
pub mod search;
pub mod settings;
pub mod thread;
pub mod window;

use crate::render::{Templates, Voice};
use serde::Serialize;

/// The catalogue in the reader's language.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub templates: &'a Templates,
    pub voice: &'a Voice,
}

impl Words<'_> {
    /// The text of `key`.
    pub fn t(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text of `key` with its parameters.
    pub fn with(&self, key: &str, parameters: &[(&str, &str)]) -> String {
        self.templates.text(self.voice.language, key, parameters)
    }

    /// The text of `key` for so many.
    pub fn count(&self, key: &str, count: usize) -> String {
        self.with(key, &[("count", &count.to_string())])
    }
}

/// What stands around every page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shell {
    pub title: String,
    /// Which link of the navigation is current: `inbox`, `contacts`, `search`, `saved`, `settings`.
    pub room: &'static str,
    /// `light`, `dark`, or empty for what the system says.
    pub theme: String,
    /// Open conversations nobody has opened: above 0 lights the red dot.
    pub unread: usize,
    pub me: Me,
    pub banners: Vec<Banner>,
    pub flash: Option<Flash>,
}

/// The agent who reads.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Me {
    pub id: u64,
    pub name: String,
    pub sound: bool,
    pub notify: bool,
    /// From where in the journal this page's news begin.
    pub since: u64,
}

/// Something everybody should know until it is over.
#[derive(Debug, Clone, Serialize)]
pub struct Banner {
    pub id: String,
    pub tone: &'static str,
    pub symbol: &'static str,
    pub text: String,
    /// To be copied: a code.
    pub detail: Option<String>,
    pub link: Option<Link>,
    /// To be opened elsewhere, in a tab of its own.
    pub outside: Option<Link>,
    /// Where a POST hides it.
    pub dismiss: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub url: String,
    pub text: String,
}

/// What was just done.
#[derive(Debug, Clone, Serialize)]
pub struct Flash {
    pub tone: &'static str,
    pub text: String,
    /// The journal's sequence of the act, to take it back.
    pub undo: Option<u64>,
}

/// Something about this form or thread: `good`, `info`, `warning` or `danger`.
#[derive(Debug, Clone, Serialize)]
pub struct Notice {
    pub id: String,
    pub tone: &'static str,
    pub text: String,
    pub remedy: Option<String>,
    pub forms: Vec<ButtonForm>,
}

impl Notice {
    pub fn new(tone: &'static str, text: impl Into<String>) -> Notice {
        Notice {
            id: tone.to_owned(),
            tone,
            text: text.into(),
            remedy: None,
            forms: Vec::new(),
        }
    }

    pub fn danger(text: impl Into<String>) -> Notice {
        Notice::new("danger", text)
    }
}

/// A form that is one button.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ButtonForm {
    pub action: String,
    pub hidden: Vec<Field>,
    pub label: String,
    pub symbol: &'static str,
}

/// A field's name and value.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Field {
    pub name: String,
    pub value: String,
}

impl Field {
    pub fn new(name: &str, value: impl Into<String>) -> Field {
        Field {
            name: name.to_owned(),
            value: value.into(),
        }
    }
}

/// One choice of a list of choices.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
    /// Why it cannot be chosen.
    pub reason: Option<String>,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Choice {
        Choice {
            value: value.into(),
            label: label.into(),
            selected,
            reason: None,
        }
    }
}

/// A labelled fact.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub note: Option<String>,
    pub tone: &'static str,
    pub url: Option<String>,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Fact {
        Fact {
            label: label.into(),
            value: value.into(),
            ..Fact::default()
        }
    }
}
