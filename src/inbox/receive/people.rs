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
                ..ContactAddress::default()
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

/// Whom the sender could be mistaken for: the person this conversation is with, or may belong to, or one
/// of our own people.
pub(super) fn resembles(
    tx: &Tx<'_>,
    incoming: &Incoming,
    conversation: &Conversation,
    decision: &Decision,
) -> Done<Option<Resembles>> {
    let sender = &incoming.author;
    if incoming.imported || contacts::is_team(&incoming.team, &sender.address) {
        return Ok(None);
    }
    let other = match decision.suggestion {
        Some(suggestion) => tx
            .living(suggestion)?
            .and_then(|suggested| suggested.contact),
        None => conversation.contact.filter(|_| decision.external),
    };
    let other = other.map(|id| tx.living_contact(id)).transpose()?.flatten();
    let theirs = other.iter().flat_map(|contact| {
        let named = |address: &ContactAddress| person(&contact.name, &address.address);
        contact.addresses.iter().map(named)
    });
    let agents = tx.agents()?;
    let ours = agents.iter().filter(|agent| !agent.disabled);
    let ours = ours.map(|agent| person(&agent.name, &agent.email));
    let found = theirs
        .chain(ours)
        .find_map(|known| resemblance(sender, &known).map(|how| (how, known.address)));
    Ok(found.map(|(how, address)| Resembles {
        how: match how {
            Resemblance::SameName => "same_name",
            Resemblance::LookAlikeAddress => "look_alike",
            Resemblance::NamedAsAddress => "named_as",
        }
        .to_owned(),
        address,
    }))
}

fn person(name: &str, address: &str) -> Address {
    Address {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}
