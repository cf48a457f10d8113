//! The contact behind a mail.

use super::Incoming;
use crate::inbox::Done;
use crate::rules::contacts::{self, Resemblance, is_service, key, resemblance};
use crate::rules::mail::Address;
use crate::rules::threading::Decision;
use casella_index::model::*;
use casella_index::{Event, Rows, Tx};

/// The contact an address belongs to, if it is one already.
pub(super) fn known(tx: &Tx<'_>, author: &Address) -> Done<Option<Contact>> {
    match key(&author.address) {
        Some(key) => Ok(tx.contact_of(&key)?),
        None => Ok(None),
    }
}

/// The contact a mail is from, made if unknown. A mail proves its address (it is no longer merely typed
/// into a widget), gives a nameless contact its name, and may say where to answer.
pub(super) fn meet(tx: &mut Tx<'_>, incoming: &Incoming, known: Option<Contact>) -> Done<Contact> {
    let fresh = known.is_none();
    let before = match known {
        Some(contact) => contact,
        None => Contact {
            id: tx.new_contact()?,
            created_at: incoming.at(tx.now()),
            service: is_service(&incoming.author.address),
            ..Contact::default()
        },
    };
    let mut after = before.clone();
    learn(&mut after, incoming);
    if fresh {
        after.updated_at = tx.now();
        tx.record(Event::ContactCreated(after.clone()))?;
    } else if after != before {
        after.updated_at = tx.now();
        tx.record(Event::ContactChanged(after.clone()))?;
    }
    Ok(after)
}

fn learn(contact: &mut Contact, incoming: &Incoming) {
    let author = &incoming.author;
    if contact.name.is_empty() && !author.name.contains('@') {
        contact.name.clone_from(&author.name);
    }
    if let Some(key) = key(&author.address) {
        match contact.addresses.iter_mut().find(|known| known.key == key) {
            Some(known) => known.verified = true,
            None => contact.addresses.push(ContactAddress {
                address: author.address.clone(),
                key,
                verified: true,
            }),
        }
    }
    // Only a person's own mail says where to answer them: not a forward, a form or a machine.
    let own =
        contacts::same(&incoming.reading.mail.from.address, &author.address) && !incoming.silent;
    if own {
        let answer = contacts::answer_address(
            &incoming.reading.mail,
            author,
            &incoming.team,
            incoming.proof.dmarc_pass,
        );
        contact.answer_to = answer
            .reply_to
            .map(|to| to.address)
            .or_else(|| contact.answer_to.take());
    }
}

/// A warning where the sender could be mistaken for the person this conversation is with.
pub(super) fn warning(
    tx: &Tx<'_>,
    incoming: &Incoming,
    conversation: &Conversation,
    decision: &Decision,
) -> Done<Option<String>> {
    let other = match decision.suggestion {
        Some(suggestion) => tx
            .living(suggestion)?
            .and_then(|suggested| suggested.contact),
        None => conversation.contact.filter(|_| decision.external),
    };
    let Some(other) = other else { return Ok(None) };
    let Some(other) = tx.living_contact(other)? else {
        return Ok(None);
    };
    let known = other.addresses.iter().map(|address| Address {
        name: other.name.clone(),
        address: address.address.clone(),
    });
    let found = known
        .into_iter()
        .find_map(|known| resemblance(&incoming.author, &known).map(|how| (known, how)));
    Ok(found.map(|(known, how)| match how {
        Resemblance::SameName => format!(
            "The sender bears the same name as {}, from another address.",
            known.address
        ),
        Resemblance::LookAlikeAddress => format!(
            "The sender's address looks like {}, and is another.",
            known.address
        ),
        Resemblance::NamedAsAddress => format!(
            "The sender's name shows {}, and it comes from another address.",
            known.address
        ),
    }))
}
