//! The inbox as an mbox: mails byte for byte as they came or went, chat lines made into mails.
//!
//! The format is mboxrd, which loses nothing and which [`super::import`] reads back.

use crate::clock::{Millis, SECOND};
use crate::error::Failure;
use crate::inbox::Inbox;
use casella_index::model::*;
use casella_index::tables::MESSAGES;
use casella_index::{Rows, StoreError};
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use std::io::Write;

/// Rows read at once.
const AT_ONCE: usize = 1_000;

/// Every message that was written by or to someone outside, oldest first: no notes, no events.
///
/// # Errors
/// The store's.
pub fn messages(inbox: &Inbox) -> Result<Vec<MessageId>, StoreError> {
    let mut found: Vec<(Millis, MessageId)> = Vec::new();
    let mut next = MessageId(0);
    loop {
        let rows = inbox.read()?.range(&MESSAGES, next.., AT_ONCE)?;
        let Some((last, _)) = rows.last() else { break };
        next = MessageId(last.0 + 1);
        let outside = rows
            .iter()
            .filter(|(_, m)| matches!(m.direction, Direction::In | Direction::Out));
        found.extend(outside.map(|(id, message)| (message.at, *id)));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// Writes one message at the end of an mbox.
///
/// # Errors
/// The store's, or the file's.
pub fn write_mbox(inbox: &Inbox, id: MessageId, out: &mut impl Write) -> Result<(), Failure> {
    let rows = inbox.read().map_err(Failure::new)?;
    let Some(message) = rows.message(id).map_err(Failure::new)? else {
        return Ok(());
    };
    let conversation = rows
        .conversation(message.conversation)
        .map_err(Failure::new)?;
    drop(rows);
    let raw = match message.email.as_ref().and_then(|email| email.raw) {
        Some(raw) => inbox.store.blob(raw).map_err(Failure::new)?,
        None => composed(inbox, &message, &conversation.unwrap_or_default())?,
    };
    quoted(&message, &raw, out).map_err(Failure::new)
}

/// `From ` line, the mail with its `From ` lines quoted, a blank line.
fn quoted(message: &Message, raw: &[u8], out: &mut impl Write) -> std::io::Result<()> {
    let sender = message.author.address.as_deref().unwrap_or_default();
    let is_plain = !sender.is_empty() && !sender.contains(char::is_whitespace);
    let sender = if is_plain { sender } else { "MAILER-DAEMON" };
    let at = Timestamp::from_second(message.at.div_euclid(SECOND)).unwrap_or_default();
    writeln!(out, "From {sender} {}", at.strftime("%a %b %e %T %Y"))?;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let marks = line.iter().take_while(|b| **b == b'>').count();
        if line[marks..].starts_with(b"From ") {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
    }
    if !raw.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}

/// A chat line as a mail, or a mail that was never composed.
fn composed(
    inbox: &Inbox,
    message: &Message,
    conversation: &Conversation,
) -> Result<Vec<u8>, Failure> {
    let body = inbox.store.body(message).map_err(Failure::new)?;
    let config = &inbox.config.inbox;
    let us = person(&config.from.name, &config.from.address);
    let them = match message.direction {
        Direction::In => person(
            &message.author.name,
            message.author.address.as_deref().unwrap_or_default(),
        ),
        _ => other_side(message),
    };
    let (from, to) = match message.direction {
        Direction::In => (them, us),
        _ => (person(&message.author.name, &config.from.address), them),
    };
    let channel = message
        .channels
        .first()
        .copied()
        .unwrap_or_default()
        .as_str();
    let subject = [&message.subject, &conversation.subject]
        .into_iter()
        .find(|s| !s.is_empty());
    let id = match &message.email {
        Some(email) => email.message_id.clone(),
        None => format!(
            "casella.{}.{}@{}",
            conversation.id,
            message.id,
            config.reply_domain()
        ),
    };
    let mut mail = MessageBuilder::new()
        .from(from)
        .to(to)
        .date(message.at.div_euclid(SECOND))
        .message_id(id)
        .subject(subject.map_or_else(
            || format!("Conversation {}", conversation.id),
            String::clone,
        ))
        .text_body(body.text);
    for file in &message.attachments {
        if let AttachmentSource::Blob(blob) = file.source {
            let bytes = inbox.store.blob(blob).map_err(Failure::new)?;
            mail = mail.attachment(file.content_type.clone(), file.name.clone(), bytes);
        }
    }
    let channel = mail_builder::headers::text::Text::new(channel);
    mail.header("X-Casella-Channel", channel)
        .write_to_vec()
        .map_err(Failure::new)
}

fn other_side(message: &Message) -> Address<'static> {
    let to = message.email.iter().flat_map(|email| &email.to).next();
    to.map_or_else(|| person("", ""), |to| person(&to.name, &to.address))
}

/// Somebody without an address is written as nobody's in particular (RFC 2606 section 2).
fn person(name: &str, address: &str) -> Address<'static> {
    let known = address.contains('@');
    let address = if known {
        address
    } else {
        "visitor@chat.invalid"
    };
    let name = (!name.is_empty()).then(|| name.to_owned());
    Address::new_address(name, address.to_owned())
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
