use super::{ContactId, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person we can write to, known by one or more mail addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    /// The first is the one we write to.
    pub addresses: Vec<ContactAddress>,
    pub phone: String,
    pub tags: Vec<String>,
    /// Columns of an import and whatever agents add.
    pub fields: BTreeMap<String, String>,
    /// Where this person wants answers, when a Reply-To we trust said so.
    pub answer_to: Option<String>,
    /// A machine or no-reply sender: asks for an address before we write.
    pub service: bool,
    pub blocked: bool,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// This contact lives on in another; its addresses and conversations moved there.
    pub merged_into: Option<ContactId>,
    /// Contacts that live on in this one, and can be taken out again.
    pub absorbed: Vec<ContactId>,
    pub erased: bool,
}

impl Contact {
    /// The address we write to, if any.
    pub fn address(&self) -> Option<&str> {
        self.answer_to
            .as_deref()
            .or_else(|| self.addresses.first().map(|a| a.address.as_str()))
    }

    /// What to call this person: the name, else the address, else nothing.
    pub fn display(&self) -> &str {
        if self.name.is_empty() {
            self.address().unwrap_or_default()
        } else {
            &self.name
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactAddress {
    /// As first written by its owner.
    pub address: String,
    /// What makes it unique: lower-case, IDNA, provider rules applied.
    pub key: String,
    /// A mail came from it, or a site vouched for it; not merely typed into a widget.
    pub verified: bool,
    /// Pictures of the web in its mails are shown without asking first.
    pub pictures: bool,
}

/// Why we no longer write to an address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suppression {
    /// `bounce` or `complaint`.
    pub reason: String,
    /// The other side's words.
    pub detail: String,
    pub at: Millis,
    /// Soft bounces so far, newest last; three in 14 days suppress.
    pub soft: Vec<Millis>,
    pub hard: bool,
}
