//! Whether a mail's pictures of the web are shown without asking.

use crate::channel::email::sanitise::has_remote_images;
use crate::inbox::Done;
use crate::rules::contacts::key;
use crate::web::view::message::Pictures;
use casella_index::model::{Direction, EmailFacts, Message, StoredBody};
use casella_index::{Rows, Snapshot};
use serde_json::Value;

/// Only a contact's address is remembered, and it speaks for no mail that its domain disowns.
pub fn pictures(rows: &Snapshot, message: &Message, body: &StoredBody) -> Done<Pictures> {
    let has_some = body.html.as_deref().is_some_and(has_remote_images);
    let forged = message.email.as_ref().is_some_and(is_forged);
    let sender = message.author.address.as_deref().and_then(key);
    let asked = has_some && !forged && message.direction == Direction::In;
    let Some(sender) = sender.filter(|_| asked) else {
        return Ok(Pictures::Ask);
    };
    let contact = rows.contact_of(&sender)?;
    let mut own = contact.iter().flat_map(|contact| &contact.addresses);
    Ok(match own.find(|own| own.key == sender) {
        Some(own) if own.pictures => Pictures::Show,
        Some(_) => Pictures::AskOrRemember,
        None => Pictures::Ask,
    })
}

fn is_forged(mail: &EmailFacts) -> bool {
    let verdict = mail
        .authentication
        .as_ref()
        .and_then(|facts| facts.get("verdict"));
    verdict.and_then(Value::as_str) == Some("failed")
}
