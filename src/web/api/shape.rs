//! What things look like to programs.

use crate::inbox::reply::window_of;
use crate::inbox::{Done, Inbox, visitor};
use crate::rules::window::{self, Window};
use casella_index::model::*;
use casella_index::{Rows, StoreError};
use jiff::Timestamp;
use serde_json::{Value, json};

/// RFC 3339, UTC, milliseconds.
pub fn moment(at: Millis) -> String {
    let stamp = Timestamp::from_millisecond(at).unwrap_or_default();
    format!("{stamp:.3}")
}

pub fn conversation(inbox: &Inbox, rows: &impl Rows, it: &Conversation) -> Done<Value> {
    let contact = match it.contact {
        Some(id) => rows.living_contact(id)?,
        None => None,
    };
    let assignee = match it.assignee {
        Some(id) => rows.agent(id)?.map(|agent| agent.email),
        None => None,
    };
    Ok(json!({
        "id": it.id,
        "status": it.status,
        "spam": it.spam,
        "channel": it.channel,
        "subject": it.subject,
        "snippet": it.snippet,
        "read": it.read,
        "assignee": assignee,
        "tags": it.tags,
        "contact": contact.as_ref().map(person),
        "visitor": visitor_of(inbox, rows, it)?,
        "messenger": it.messenger.as_ref().map(|person| thread(inbox, person)),
        "messages_count": it.messages_count,
        "created_at": moment(it.created_at),
        "updated_at": moment(it.updated_at),
    }))
}

/// A Messenger thread: whether, how and how long it can be answered.
fn thread(inbox: &Inbox, it: &MessengerPerson) -> Value {
    let now = inbox.clock.now();
    let window = window::at(Some(it.last_inbound), now, window_of(inbox));
    let state = match window {
        Window::Open { .. } => "open",
        Window::HumanAgent { .. } => "human_agent",
        Window::Closed { .. } => "closed",
        Window::NeverOpened => "never_opened",
    };
    json!({
        "page": it.page,
        "window": {"state": state, "ends_at": window.ends(now).map(moment)},
        "locked": it.locked,
        "held_elsewhere": it.owned_elsewhere,
    })
}

fn person(contact: &Contact) -> Value {
    json!({"id": contact.id, "name": contact.name, "emails": emails(contact)})
}

fn emails(contact: &Contact) -> Vec<&str> {
    let addresses = contact.addresses.iter();
    addresses.map(|a| a.address.as_str()).collect()
}

/// The chat visitor, or whoever Meta says writes.
fn visitor_of(inbox: &Inbox, rows: &impl Rows, it: &Conversation) -> Done<Option<Value>> {
    if let Some(messenger) = &it.messenger {
        return Ok(Some(json!({"name": messenger.name, "online": false})));
    }
    let Some(id) = it.visitor else {
        return Ok(None);
    };
    let found = rows.visitor(id)?;
    Ok(found.map(
        |known| json!({"name": visitor::name(&known), "online": inbox.presence.is_online(id)}),
    ))
}

pub fn message(inbox: &Inbox, it: &Message) -> Result<Value, StoreError> {
    let body = inbox.store.body(it)?;
    let mail = it.email.as_ref();
    let mut object = json!({
        "id": it.id,
        "seq": it.seq,
        "conversation": it.conversation,
        "at": moment(it.at),
        "direction": it.direction,
        "author": author(&it.author),
        "channels": it.channels,
        "subject": it.subject,
        "text": body.text,
        "quoted_text": body.quoted_text,
        "html": body.html,
        "attachments": attachments(it),
        "delivery": delivery(&it.delivery),
        "message_id": mail.map(|m| &m.message_id).filter(|id| !id.is_empty()),
        "matched_by": it.matched_by,
        "authentication": mail.and_then(|m| m.authentication.as_ref()),
        "event": it.event,
    });
    if let (Some(facts), Some(fields)) = (&it.messenger, object.as_object_mut()) {
        fields.insert("messenger".into(), messenger_line(facts));
    }
    if let (Some(mail), Some(fields)) = (mail, object.as_object_mut()) {
        fields.insert("mail".into(), envelope(mail));
        fields.insert("paths".into(), mail.paths.iter().map(path).collect());
    }
    Ok(object)
}

/// What only a Messenger line has. `kind` is `message`, `postback`, `echo` or `unsupported`.
fn messenger_line(it: &MessengerFacts) -> Value {
    json!({
        "kind": it.kind,
        "mid": it.mid,
        "reply_to": it.reply_to_mid,
        "payload": it.payload,
        "reactions": it.reactions,
        "edits": it.edits,
        "unsent": it.unsent,
        "outside": it.outside,
        "human_agent": it.human_agent,
    })
}

fn author(it: &Author) -> Value {
    json!({"kind": it.kind, "name": it.name, "address": it.address})
}

fn attachments(it: &Message) -> Vec<Value> {
    let one = |(k, file): (usize, &Attachment)| {
        json!({
            "name": file.name,
            "content_type": file.content_type,
            "size": file.size,
            "inline": file.inline,
            "content_id": file.content_id,
            "error": missing(file),
            "url": format!("/api/v1/messages/{}/attachments/{k}", it.id),
        })
    };
    it.attachments.iter().enumerate().map(one).collect()
}

/// Why a file is not there: `fetching`, or in one word what kept Facebook's from being fetched.
fn missing(file: &Attachment) -> Option<&str> {
    match &file.source {
        AttachmentSource::Remote { error, .. } => Some(error.as_deref().unwrap_or("fetching")),
        AttachmentSource::None => Some("no_address"),
        AttachmentSource::Part(_) | AttachmentSource::Blob(_) => None,
    }
}

fn delivery(it: &Delivery) -> Value {
    json!({
        "state": it.state,
        "detail": it.detail,
        "attempts": it.attempts,
        "recipients": it.recipients,
    })
}

/// Whom a mail names, and what it was found to be.
fn envelope(mail: &EmailFacts) -> Value {
    json!({
        "from": mail.from,
        "reply_to": mail.reply_to,
        "to": mail.to,
        "cc": mail.cc,
        "in_reply_to": mail.in_reply_to,
        "references": mail.references,
        "is_auto_reply": mail.auto_reply,
        "is_bounce": mail.bounce,
        "list_id": mail.list_id,
        "forwarded": mail.forwarded,
        "forwarded_by": mail.forwarded_by,
        "warnings": mail.warnings,
    })
}

fn path(it: &MailPath) -> Value {
    json!({
        "at": moment(it.at),
        "via": it.via,
        "mail_from": it.mail_from,
        "recipients": it.recipients,
        "ip": it.ip,
        "helo": it.helo,
        "tls": it.tls,
    })
}

pub fn contact(it: &Contact) -> Value {
    let address = |a: &ContactAddress| json!({"address": a.address, "verified": a.verified});
    json!({
        "id": it.id,
        "name": it.name,
        "emails": emails(it),
        "addresses": it.addresses.iter().map(address).collect::<Vec<_>>(),
        "phone": it.phone,
        "tags": it.tags,
        "fields": it.fields,
        "blocked": it.blocked,
        "created_at": moment(it.created_at),
        "updated_at": moment(it.updated_at),
    })
}

pub fn saved_reply(it: &SavedReply) -> Value {
    json!({"id": it.id, "category": it.category, "title": it.title, "text": it.text})
}
