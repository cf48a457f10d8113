//! Contacts: the list, and one with its conversations.

use super::{Fact, Notice, Shell, list::Row};
use crate::render::Millis;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct ContactsPage {
    pub shell: Shell,
    pub can_write: bool,
    pub q: String,
    pub contacts: Vec<ContactRow>,
    pub next: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct ContactRow {
    pub id: u64,
    pub name: String,
    pub addresses: String,
    pub phone: String,
    pub tags: Vec<String>,
    pub blocked: bool,
    pub at: Millis,
}

#[derive(Debug, Default, Serialize)]
pub struct ContactPage {
    pub shell: Shell,
    pub notice: Option<Notice>,
    /// `None`: a new one.
    pub id: Option<u64>,
    pub action: String,
    pub name: String,
    pub blocked: bool,
    pub can_write: bool,
    pub form: ContactForm,
    /// Columns of an import and whatever else is known.
    pub fields: Vec<Fact>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Default, Serialize)]
pub struct ContactForm {
    pub name: String,
    pub addresses: String,
    pub phone: String,
    pub tags: String,
}
