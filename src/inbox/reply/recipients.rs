//! Whom a mail answers: the person, at the address they wrote from, and who was in copy.

use super::House;
use crate::inbox::Done;
use crate::rules::addresses;
use crate::rules::contacts::{self, same};
use crate::rules::envelope;
use casella_index::Rows;
use casella_index::model::*;

/// How far back the newest mail of the person is looked for.
const LOOK_BACK: usize = 200;

/// What the composer is filled in with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recipients {
    pub to: Vec<MailAddress>,
    pub cc: Vec<MailAddress>,
    /// The sender reads no answers: another address must be given.
    pub service: bool,
    /// The newest mail in the thread that a person sent.
    pub answers: Option<MessageId>,
}

/// Whom an answer by mail goes to, unless the agent says otherwise.
///
/// # Errors
/// The store's.
pub fn suggested(rows: &impl Rows, house: &House, conversation: &Conversation) -> Done<Recipients> {
    let newest = newest_mail(rows, conversation)?;
    let Some(to) = person(rows, conversation, newest.as_ref())? else {
        return Ok(Recipients::default());
    };
    let cc = match &newest {
        Some(mail) => copies(rows, house, mail, &to)?,
        None => Vec::new(),
    };
    Ok(Recipients {
        service: contacts::is_service(&to.address),
        to: vec![to],
        cc,
        answers: newest.map(|mail| mail.id),
    })
}

/// The newest mail from outside whose sender takes part in the conversation.
fn newest_mail(rows: &impl Rows, conversation: &Conversation) -> Done<Option<Message>> {
    let recent = rows.thread_back(conversation.id, u32::MAX, LOOK_BACK)?;
    let spoken = |message: &Message| {
        message.direction == Direction::In
            && message
                .email
                .as_ref()
                .is_some_and(|m| !(m.external || m.auto_reply || m.bounce || m.complaint))
    };
    Ok(recent.into_iter().find(spoken))
}

/// The person and the address to write to: where they want answers, else where they wrote from last,
/// else their first address; for a chat nobody proved the address of, the one typed into the widget.
fn person(
    rows: &impl Rows,
    conversation: &Conversation,
    newest: Option<&Message>,
) -> Done<Option<MailAddress>> {
    let visitor = conversation
        .visitor
        .map(|id| rows.visitor(id))
        .transpose()?;
    let typed = visitor.flatten().filter(|_| !conversation.verified);
    if let Some(visitor) = typed
        && let Some(address) = visitor.email
    {
        return Ok(Some(MailAddress {
            name: visitor.name,
            address,
        }));
    }
    let contact = match conversation.contact {
        Some(id) => rows.living_contact(id)?,
        None => None,
    };
    let Some(contact) = contact else {
        return Ok(None);
    };
    let wrote_from = newest
        .and_then(|mail| mail.email.as_ref())
        .map(|mail| mail.from.address.as_str())
        .filter(|from| contact.addresses.iter().any(|own| same(&own.address, from)));
    let address = contact
        .answer_to
        .as_deref()
        .or(wrote_from)
        .or(contact.address());
    Ok(address.map(|address| MailAddress {
        name: contact.name.clone(),
        address: address.to_owned(),
    }))
}

/// Everyone else the mail went to. A mail that wants answers somewhere its sender did not prove, or
/// that a colleague forwarded, brings nobody along (MAIL.md E3).
fn copies(
    rows: &impl Rows,
    house: &House,
    message: &Message,
    to: &MailAddress,
) -> Done<Vec<MailAddress>> {
    let Some(mail) = &message.email else {
        return Ok(Vec::new());
    };
    let elsewhere = mail.reply_to.iter().any(|reply_to| {
        !same(&reply_to.address, &to.address) && !same(&reply_to.address, &mail.from.address)
    });
    if elsewhere
        || mail.list_id.is_some()
        || matches!(mail.forwarded.as_str(), "manual" | "attached")
    {
        return Ok(Vec::new());
    }
    let agents = rows.agents()?;
    let mut kept: Vec<MailAddress> = Vec::new();
    for other in mail.to.iter().chain(&mail.cc) {
        let known = same(&other.address, &to.address)
            || same(&other.address, &mail.from.address)
            || kept.iter().any(|k| same(&k.address, &other.address));
        let ours = is_ours(house, &other.address)
            || agents
                .iter()
                .any(|agent| same(&agent.email, &other.address));
        if !known && !ours && envelope::address(&other.address).is_some() {
            kept.push(other.clone());
        }
    }
    Ok(kept)
}

/// Our inboxes and signed addresses: a mail to them would come straight back.
pub(super) fn is_ours(house: &House, address: &str) -> bool {
    let signed = addresses::parts(address).is_some_and(|(local, domain)| {
        domain == addresses::domain(&house.reply_domain)
            && (local.starts_with("r+") || local.starts_with("b+"))
    });
    signed || addresses::is_ours(&house.inboxes, address)
}
