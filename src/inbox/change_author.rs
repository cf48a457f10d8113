//! Whose a mail is, corrected by an agent: the person in the forwarded block was not the customer, or
//! was.

use super::{Done, Refused, line};
use crate::rules::addresses::parts;
use crate::rules::contacts::{is_service, key, same};
use casella_index::model::*;
use casella_index::{Event, Rows, Tx};

/// Gives a mail to the person of this address, and with it its conversation, if the mail is the first
/// in it. The former author is kept as the one to change back to.
pub fn change_author(tx: &mut Tx<'_>, id: MessageId, address: &str, name: &str) -> Done {
    let mut message = line::message(tx, id)?;
    let key = key(address)
        .ok_or_else(|| Refused::invalid("address", format!("{address} is not an address")))?;
    let Some(email) = message
        .email
        .as_mut()
        .filter(|_| message.direction == Direction::In)
    else {
        return Err(Refused::conflict(
            "no_mail",
            "only the author of a mail that came can be changed",
            "leave it",
        ));
    };
    let former = message.author.clone();
    let former_address = former.address.clone().unwrap_or_default();
    if same(&former_address, address) {
        return Ok(());
    }
    email.swapped_from = Some(MailAddress {
        name: former.name,
        address: former_address,
    })
    .filter(|former| parts(&former.address).is_some());
    message.author = Author {
        kind: AuthorKind::Contact,
        name: name.to_owned(),
        address: Some(address.to_owned()),
        agent: None,
    };
    let (conversation, seq) = (message.conversation, message.seq);
    let act = tx.record(Event::MessageChanged(Box::new(message)))?;
    let contact = contact(tx, key, address, name)?;
    if is_first(tx, conversation, seq)? {
        super::tag::change(tx, conversation, |row| row.contact = Some(contact))?;
    }
    line::tell(
        tx,
        conversation,
        "author_changed",
        &[
            ("message", id.to_string()),
            ("address", address.to_owned()),
            (line::UNDO, act.to_string()),
        ],
    )?;
    Ok(())
}

/// Undoes the swap of a forward (or of [`change_author`]): one click on the message.
pub fn swap_back(tx: &mut Tx<'_>, id: MessageId) -> Done {
    let message = line::message(tx, id)?;
    let former = message.email.and_then(|email| email.swapped_from);
    let former = former.ok_or_else(|| {
        Refused::conflict(
            "not_swapped",
            "this message is its sender's own",
            "choose another author instead",
        )
    })?;
    change_author(tx, id, &former.address, &former.name)
}

fn contact(tx: &mut Tx<'_>, key: String, address: &str, name: &str) -> Done<ContactId> {
    if let Some(known) = tx.contact_of(&key)? {
        return Ok(known.id);
    }
    let now = tx.now();
    let fresh = Contact {
        id: tx.new_contact()?,
        name: name.to_owned(),
        addresses: vec![ContactAddress {
            address: address.to_owned(),
            key,
            verified: false,
            ..ContactAddress::default()
        }],
        service: is_service(address),
        created_at: now,
        updated_at: now,
        ..Contact::default()
    };
    tx.record(Event::ContactCreated(fresh.clone()))?;
    Ok(fresh.id)
}

fn is_first(tx: &Tx<'_>, conversation: ConversationId, seq: u32) -> Done<bool> {
    let mails = tx.thread(conversation, 0, 200)?.into_iter();
    let first = mails
        .filter(|message| matches!(message.direction, Direction::In | Direction::Out))
        .map(|message| message.seq)
        .next();
    Ok(first == Some(seq))
}
