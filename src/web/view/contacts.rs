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
    /// Each with its proof; two or more can be parted.
    pub addresses: Vec<AddressView>,
    pub several: bool,
    /// Contacts that live on in this one.
    pub absorbed: Vec<AbsorbedView>,
    /// Where the form to merge begins: the contact it was just split from.
    pub merge_into: String,
    /// Who may be the same person.
    pub candidates: Vec<CandidateView>,
    /// Lists who bears the same name.
    pub namesakes: Option<String>,
    /// Columns of an import and whatever else is known.
    pub fields: Vec<Fact>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct AddressView {
    pub address: String,
    pub tone: &'static str,
    pub note: String,
    /// Why we no longer write there.
    pub suppressed: Option<String>,
    /// Pictures in its mails are shown without asking.
    pub pictures: bool,
}

/// A contact that may be the same person, and what speaks for it.
#[derive(Debug, Serialize)]
pub struct CandidateView {
    pub id: u64,
    pub name: String,
    pub addresses: String,
    pub reason: String,
}

#[derive(Debug, Serialize)]
pub struct AbsorbedView {
    pub id: u64,
    pub name: String,
    pub at: Millis,
}

#[derive(Debug, Default, Serialize)]
pub struct ContactForm {
    pub name: String,
    pub addresses: String,
    pub phone: String,
    pub tags: String,
}
