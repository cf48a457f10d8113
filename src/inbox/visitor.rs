//! What a visitor of a web site does: comes, writes, says who they are, sees our answers.

use super::line::{self, Texts, snippet};
use super::{Done, Refused};
use crate::rules::{contacts, lifecycle};
use casella_index::model::*;
use casella_index::tables::{CHAT_LINES, VISITOR_KEYS};
use casella_index::{Event, Rows, StoreError, Tx};

/// What a browser tells of itself when it comes.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub language: String,
    pub user_agent: String,
    pub page: String,
    pub name: String,
}

/// A line written in the widget.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: String,
    /// The widget's own id of the line; the same one again is the same line.
    pub client_id: String,
    pub page: Option<String>,
    pub attachments: Vec<Attachment>,
}

/// Who a visitor says they are.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    pub email: String,
    pub name: String,
    /// The site vouched for them: its own id of its user.
    pub vouched: Option<String>,
}

/// The visitor with that key's hash.
pub fn by_key(rows: &impl Rows, key_hash: [u8; 32]) -> Done<Visitor> {
    let id = rows.get(&VISITOR_KEYS, &key_hash)?;
    let visitor = id.map(|id| rows.visitor(id)).transpose()?.flatten();
    visitor.ok_or_else(|| Refused::unknown("visitor", "with this key"))
}

/// A new visitor, known by the hash of their key. No conversation yet.
pub fn come(tx: &mut Tx<'_>, key_hash: [u8; 32], profile: Profile) -> Done<VisitorId> {
    let visitor = Visitor {
        id: tx.new_visitor()?,
        name: profile.name,
        language: profile.language,
        user_agent: profile.user_agent,
        page: profile.page,
        created_at: tx.now(),
        ..Visitor::default()
    };
    let id = visitor.id;
    tx.record(Event::VisitorCreated { visitor, key_hash })?;
    Ok(id)
}

/// Adds a line to the visitor's one conversation, opening it with the first. False when this
/// `client_id` was there already: then nothing is written.
pub fn say(tx: &mut Tx<'_>, id: VisitorId, said: Said) -> Done<(Message, bool)> {
    let mut visitor = visitor(tx, id)?;
    if is_barred(tx, &visitor)? {
        return Err(Refused::conflict("blocked", "this chat is closed", ""));
    }
    if let Some(known) = tx.get(&CHAT_LINES, &(id, said.client_id.clone()))? {
        return Ok((line::message(tx, known)?, false));
    }
    let conversation = home(tx, &mut visitor)?;
    let message = compose(tx, &visitor, &conversation, said)?;
    let effect = lifecycle::joins(conversation.status, conversation.spam, false);
    tx.record(Event::MessageAdded {
        message: Box::new(message.clone()),
        reopens: effect.reopens,
        unread: effect.unread,
    })?;
    Ok((message, true))
}

/// Links the visitor to the contact of that address, made if unknown. Unless the site vouches, the
/// address stays unverified: no other mail of that person joins this chat.
///
/// A user the site vouches for is one visitor on all their devices: a device that has said nothing yet
/// is given, by the hash of its key, to the visitor its user already is.
///
/// # Errors
/// `other_user` when the site vouched for somebody else on this device before.
pub fn identify(
    tx: &mut Tx<'_>,
    id: VisitorId,
    key_hash: [u8; 32],
    identity: Identity,
) -> Done<Visitor> {
    let mut visitor = visitor(tx, id)?;
    if let (Some(before), Some(now)) = (&visitor.vouched, &identity.vouched)
        && before != now
    {
        let why = "this device belongs to another user of the site";
        return Err(Refused::conflict("other_user", why, "start a new visitor"));
    }
    // A typed address never stands in for the one the site has signed.
    if visitor.vouched.is_some() && identity.vouched.is_none() {
        return Ok(visitor);
    }
    let address = identity.email.trim().to_owned();
    let key = contacts::key(&address)
        .ok_or_else(|| Refused::invalid("email", "this is no email address"))?;
    let contact = meet(tx, &address, key, &identity)?;
    if visitor.conversation.is_none()
        && let Some(user) = &identity.vouched
        && let Some(known) = same_user(tx, contact, id, user)?
    {
        tx.record(Event::VisitorCreated {
            visitor: known.clone(),
            key_hash,
        })?;
        return Ok(known);
    }
    if !identity.name.trim().is_empty() {
        identity.name.trim().clone_into(&mut visitor.name);
    }
    visitor.email = Some(address);
    visitor.contact = Some(contact);
    visitor.vouched = identity.vouched.or(visitor.vouched);
    if let Some(conversation) = visitor.conversation {
        join(tx, conversation, contact, visitor.vouched.is_some())?;
    }
    tx.record(Event::VisitorChanged(visitor.clone()))?;
    Ok(visitor)
}

/// The widget showed every agent line up to `seq`. Nothing is written when that is no news.
pub fn see(tx: &mut Tx<'_>, id: VisitorId, seq: u32) -> Done<()> {
    let visitor = visitor(tx, id)?;
    let Some(conversation) = visitor.conversation else {
        return Ok(());
    };
    let newest = line::conversation(tx, conversation)?
        .next_seq
        .saturating_sub(1);
    let seq = seq.min(newest);
    if seq > visitor.seen {
        tx.record(Event::ChatSeen {
            conversation,
            visitor: id,
            seq,
        })?;
    }
    Ok(())
}

/// An answer was handed to the visitor's browser.
pub fn reached(tx: &mut Tx<'_>, id: MessageId) -> Done<()> {
    let message = line::message(tx, id)?;
    if message.delivery.state < DeliveryState::Delivered {
        tx.record(Event::DeliveryReported {
            conversation: message.conversation,
            message: id,
            recipient: None,
            state: DeliveryState::Delivered,
            detail: String::new(),
        })?;
    }
    Ok(())
}

/// Whether the visitor, or the address they gave, is shut out of the chat.
///
/// # Errors
/// The store's.
pub fn is_barred(rows: &impl Rows, visitor: &Visitor) -> Result<bool, StoreError> {
    let contact = match visitor.contact {
        Some(id) => rows.living_contact(id)?,
        None => None,
    };
    Ok(visitor.blocked || contact.is_some_and(|contact| contact.blocked))
}

/// Shuts a visitor out, or lets them in again.
pub fn block(tx: &mut Tx<'_>, id: VisitorId, blocked: bool) -> Done<()> {
    let visitor = visitor(tx, id)?;
    if visitor.blocked != blocked {
        tx.record(Event::VisitorChanged(Visitor { blocked, ..visitor }))?;
    }
    Ok(())
}

/// What to call a visitor: the name they gave, else "Visitor N".
pub fn name(visitor: &Visitor) -> String {
    if visitor.name.is_empty() {
        format!("Visitor {}", visitor.id)
    } else {
        visitor.name.clone()
    }
}

fn visitor(tx: &Tx<'_>, id: VisitorId) -> Done<Visitor> {
    tx.visitor(id)?
        .ok_or_else(|| Refused::unknown("visitor", id))
}

/// The visitor's conversation, opened when this is their first line.
fn home(tx: &mut Tx<'_>, visitor: &mut Visitor) -> Done<Conversation> {
    if let Some(id) = visitor.conversation {
        return line::conversation(tx, id);
    }
    let conversation = Conversation {
        id: tx.new_conversation()?,
        channel: Channel::Chat,
        visitor: Some(visitor.id),
        contact: visitor.contact,
        verified: visitor.vouched.is_some(),
        next_seq: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
        ..Conversation::default()
    };
    tx.record(Event::ConversationOpened(conversation.clone()))?;
    visitor.conversation = Some(conversation.id);
    tx.record(Event::VisitorChanged(visitor.clone()))?;
    Ok(conversation)
}

fn compose(tx: &mut Tx<'_>, visitor: &Visitor, to: &Conversation, said: Said) -> Done<Message> {
    let mut message = line::next(tx, to)?;
    message.author = Author {
        kind: AuthorKind::Visitor,
        name: name(visitor),
        address: visitor.email.clone(),
        agent: None,
    };
    message.channels = vec![Channel::Chat];
    message.snippet = match (snippet(&said.text), said.attachments.first()) {
        (text, Some(file)) if text.is_empty() => file.name.clone(),
        (text, _) => text,
    };
    message.body = Texts::plain(&said.text).keep(tx)?;
    message.attachments = said.attachments;
    message.chat = Some(ChatFacts {
        visitor: visitor.id,
        client_id: said.client_id,
        page: said.page,
        ..ChatFacts::default()
    });
    Ok(message)
}

/// The contact of an address, made if unknown. A visitor's word never changes a known contact.
fn meet(tx: &mut Tx<'_>, address: &str, key: String, identity: &Identity) -> Done<ContactId> {
    if let Some(known) = tx.contact_of(&key)? {
        return Ok(known.id);
    }
    let verified = identity.vouched.is_some();
    let contact = Contact {
        id: tx.new_contact()?,
        name: identity.name.trim().to_owned(),
        addresses: vec![ContactAddress {
            address: address.to_owned(),
            key,
            verified,
            ..ContactAddress::default()
        }],
        created_at: tx.now(),
        updated_at: tx.now(),
        ..Contact::default()
    };
    let id = contact.id;
    tx.record(Event::ContactCreated(contact))?;
    Ok(id)
}

/// The visitor that this user of the site is on another device.
fn same_user(
    tx: &Tx<'_>,
    contact: ContactId,
    device: VisitorId,
    user: &str,
) -> Done<Option<Visitor>> {
    for conversation in tx.conversations_of(contact)? {
        let Some(id) = tx.living(conversation)?.and_then(|c| c.visitor) else {
            continue;
        };
        let known = tx.visitor(id)?.filter(|v| v.id != device && !v.blocked);
        if known
            .as_ref()
            .is_some_and(|v| v.vouched.as_deref() == Some(user))
        {
            return Ok(known);
        }
    }
    Ok(None)
}

fn join(tx: &mut Tx<'_>, id: ConversationId, contact: ContactId, vouched: bool) -> Done<()> {
    let mut conversation = line::conversation(tx, id)?;
    let verified = vouched || (conversation.verified && conversation.contact == Some(contact));
    let blocked = line::contact(tx, contact)?.blocked;
    if conversation.contact != Some(contact) || conversation.verified != verified {
        conversation.contact = Some(contact);
        conversation.verified = verified;
        conversation.spam |= blocked;
        tx.record(Event::ConversationChanged(Box::new(conversation)))?;
    }
    Ok(())
}
