//! A message of the store as a document of the index.
//!
//! Rows are read in a short snapshot ([`Source`]); the texts, which may lie in a segment, are
//! fetched after it is dropped.

use crate::error::StoreError;
use crate::model::*;
use crate::rows::Rows;
use crate::store::Store;

use super::schema::Doc;

/// A message with what its conversation says of who takes part.
pub struct Source {
    message: Message,
    participants: String,
}

impl Source {
    /// Reads what can be found of a message; `None` if nothing can.
    pub fn read(rows: &impl Rows, id: MessageId) -> Result<Option<Source>, StoreError> {
        match rows.message(id)? {
            Some(message) => Source::of(rows, message),
            None => Ok(None),
        }
    }

    /// The same, of a row already read.
    pub fn of(rows: &impl Rows, message: Message) -> Result<Option<Source>, StoreError> {
        if message.direction == Direction::Event {
            return Ok(None);
        }
        let participants = participants(rows, message.conversation)?;
        Ok(Some(Source {
            message,
            participants,
        }))
    }

    /// The document, with the texts fetched. A text that can no longer be read is left out: the
    /// message is still found by the rest.
    pub fn document(self, store: &Store) -> Doc {
        let body = store.body(&self.message).unwrap_or_else(|error| {
            tracing::warn!(message = %self.message.id, %error, "indexed without its text");
            StoredBody::default()
        });
        let message = self.message;
        Doc {
            message: message.id.0,
            conversation: message.conversation.0,
            at: message.at,
            from: sender(&message),
            to: recipients(&message),
            participants: self.participants,
            text: [body.text, body.quoted_text].join("\n"),
            channels: channels(&message),
            has_attachment: message.attachments.iter().any(|a| !a.inline),
            attachments: message.attachments.into_iter().map(|a| a.name).collect(),
            subject: message.subject,
        }
    }
}

/// The contact, the visitor, the Messenger person and the subject an agent gave: found from each
/// message of the conversation.
fn participants(rows: &impl Rows, id: ConversationId) -> Result<String, StoreError> {
    let Some(conversation) = rows.conversation(id)? else {
        return Ok(String::new());
    };
    let mut said = vec![conversation.subject];
    if let Some(contact) = conversation.contact
        && let Some(contact) = rows.living_contact(contact)?
    {
        said.extend(contact.addresses.into_iter().map(|a| a.address));
        said.extend([contact.name, contact.phone]);
    }
    if let Some(visitor) = conversation.visitor
        && let Some(visitor) = rows.visitor(visitor)?
    {
        said.push(visitor.name);
        said.extend(visitor.email);
    }
    said.extend(conversation.messenger.map(|person| person.name));
    Ok(said.join("\n"))
}

fn sender(message: &Message) -> String {
    let author = &message.author;
    let address = author.address.as_deref().unwrap_or_default();
    let mut said = format!("{} {address}", author.name);
    if let Some(email) = &message.email
        && email.from.address != address
    {
        said = format!("{said}\n{}", named(&email.from));
    }
    said
}

fn recipients(message: &Message) -> String {
    let Some(email) = &message.email else {
        return String::new();
    };
    let all = email.to.iter().chain(&email.cc).chain(&email.bcc);
    all.map(named).collect::<Vec<_>>().join("\n")
}

fn named(address: &MailAddress) -> String {
    format!("{} {}", address.name, address.address)
}

fn channels(message: &Message) -> Vec<&'static str> {
    match message.direction {
        Direction::Note => vec!["note"],
        _ => message.channels.iter().map(|c| c.as_str()).collect(),
    }
}
