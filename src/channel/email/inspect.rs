//! How Casella reads one mail, as the JSON of `casella inspect`.

use super::read;
use crate::rules::mail::{Address, Attachment, Bounce, Forwarded, Millis, Reading, Team};
use serde_json::{Value, json};

/// Reads any bytes at all; what cannot be read is shown as it came, with a warning.
pub fn run(raw: Vec<u8>, team: &Team) -> Value {
    let raw: std::sync::Arc<[u8]> = raw.into();
    let reading = read::guarded(raw.clone(), None, team);
    object(&reading.unwrap_or_else(|why| read::unread(&raw, why)))
}

/// The object CONTRACT names, no field more or less.
pub fn object(reading: &Reading) -> Value {
    let mail = &reading.mail;
    json!({
        "message_id": mail.message_id,
        "from": mail.from,
        "reply_to": mail.reply_to.iter().find(|a| !a.address.is_empty()),
        "to": mail.to,
        "cc": mail.cc,
        "subject": mail.subject,
        "date": mail.date.and_then(timestamp),
        "author": reading.author,
        "forwarded": forwarded(&reading.forwarded),
        "text": mail.text,
        "reply_text": reading.parted.reply_text,
        "quoted_text": rest(reading),
        "html": reading.html,
        "is_auto_reply": reading.kind.auto_reply,
        "is_bounce": reading.kind.bounce,
        "bounce": bounce(reading.bounce.as_ref()),
        "list_id": reading.kind.list_id,
        "attachments": mail.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "warnings": mail.warnings,
    })
}

fn timestamp(millis: Millis) -> Option<String> {
    let stamp = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn forwarded(found: &Forwarded) -> Value {
    json!({
        "kind": found.kind,
        "by": found.by.as_ref().map(address),
        "author": found.author.as_ref().map(address),
        "subject": found.subject,
        "date": found.date.and_then(timestamp),
        "text": found.text,
    })
}

fn address(address: &Address) -> Value {
    json!({"name": address.name, "address": address.address})
}

/// Everything that is not newly written: the signature, then what is quoted.
fn rest(reading: &Reading) -> String {
    let parts = [
        reading.parted.signature.as_deref().unwrap_or_default(),
        &reading.parted.quoted_text,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.trim().is_empty()).collect();
    parts.join("\n\n")
}

fn bounce(bounce: Option<&Bounce>) -> Value {
    json!({
        "recipient": bounce.and_then(|b| b.recipient.as_deref()),
        "status": bounce.and_then(|b| b.status.as_deref()),
        "permanent": bounce.and_then(|b| b.permanent),
        "original_message_id": bounce.and_then(|b| b.original_message_id.as_deref()),
    })
}

fn attachment(attachment: &Attachment) -> Value {
    json!({
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
    })
}
