//! Two contacts turn out to be one person, or one turns out to be two.

use super::{Done, Refused, line};
use crate::rules::contacts::key;
use casella_index::model::{Contact, ContactAddress, ContactId};
use casella_index::{Event, Rows, Tx};

/// Merges `from` into `into`, which keeps its name and main address; `from` remembers what was its own,
/// so that [`unmerge`] can undo it.
pub fn merge_contacts(tx: &mut Tx<'_>, from: ContactId, into: ContactId) -> Done<Contact> {
    let (mut from, mut into) = (line::contact(tx, from)?, line::contact(tx, into)?);
    if from.id == into.id {
        return Err(Refused::invalid(
            "into",
            "a contact cannot be merged into itself",
        ));
    }
    let now = tx.now();
    take_over(&mut into, &from);
    into.absorbed.push(from.id);
    into.updated_at = now;
    from.merged_into = Some(into.id);
    from.updated_at = now;
    tx.record(Event::ContactsMerged {
        from,
        into: into.clone(),
    })?;
    Ok(into)
}

fn take_over(into: &mut Contact, from: &Contact) {
    if into.name.is_empty() {
        into.name.clone_from(&from.name);
    }
    if into.phone.is_empty() {
        into.phone.clone_from(&from.phone);
    }
    into.answer_to = into.answer_to.take().or_else(|| from.answer_to.clone());
    into.blocked |= from.blocked;
    for (name, value) in &from.fields {
        into.fields
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
    let new_tags = from.tags.iter().filter(|tag| !into.tags.contains(tag));
    let new_tags: Vec<_> = new_tags.cloned().collect();
    into.tags.extend(new_tags);
    let new_addresses = from
        .addresses
        .iter()
        .filter(|address| into.addresses.iter().all(|known| known.key != address.key));
    let new_addresses: Vec<_> = new_addresses.cloned().collect();
    into.addresses.extend(new_addresses);
}

/// Takes a merged contact out again, with what was its own before and the conversations its owner began.
pub fn unmerge(tx: &mut Tx<'_>, id: ContactId) -> Done<Contact> {
    let missing = || Refused::unknown("merged contact", id);
    let mut goes = tx.contact(id)?.ok_or_else(missing)?;
    let mut stays = line::contact(tx, goes.merged_into.ok_or_else(missing)?)?;
    let own = |address: &ContactAddress| goes.addresses.iter().any(|a| a.key == address.key);
    let (goes_back, kept): (Vec<_>, Vec<_>) = stays.addresses.drain(..).partition(own);
    goes.addresses = goes_back;
    goes.merged_into = None;
    stays.addresses = kept;
    stays.absorbed.retain(|absorbed| *absorbed != id);
    goes.updated_at = tx.now();
    stays.updated_at = tx.now();
    tx.record(Event::ContactChanged(stays.clone()))?;
    tx.record(Event::ContactChanged(goes.clone()))?;
    move_conversations(tx, stays.id, &goes)?;
    Ok(goes)
}

/// Takes these addresses, and the conversations their owner began, out of a contact into one of its own.
/// At least one address must stay.
pub fn split_contact(tx: &mut Tx<'_>, id: ContactId, addresses: &[String]) -> Done<Contact> {
    let mut stays = line::contact(tx, id)?;
    let keys: Vec<String> = addresses
        .iter()
        .filter_map(|address| key(address))
        .collect();
    let (goes, kept): (Vec<_>, Vec<_>) = stays
        .addresses
        .iter()
        .cloned()
        .partition(|address| keys.contains(&address.key));
    if goes.is_empty() {
        return Err(Refused::invalid(
            "addresses",
            "none of them belongs to this contact",
        ));
    }
    if kept.is_empty() {
        return Err(Refused::invalid("addresses", "one address must stay"));
    }
    let now = tx.now();
    let fresh = Contact {
        id: tx.new_contact()?,
        name: former_name(tx, &stays, &keys)?,
        addresses: goes,
        created_at: now,
        updated_at: now,
        ..Contact::default()
    };
    stays.addresses = kept;
    stays.updated_at = now;
    tx.record(Event::ContactChanged(stays.clone()))?;
    tx.record(Event::ContactCreated(fresh.clone()))?;
    move_conversations(tx, stays.id, &fresh)?;
    Ok(fresh)
}

/// The name a merged contact bore that had one of these addresses.
fn former_name(tx: &Tx<'_>, stays: &Contact, keys: &[String]) -> Done<String> {
    for (_, contact) in tx.all(&casella_index::tables::CONTACTS)? {
        let was = contact.merged_into == Some(stays.id)
            && contact
                .addresses
                .iter()
                .any(|address| keys.contains(&address.key));
        if was {
            return Ok(contact.name);
        }
    }
    Ok(String::new())
}

/// A conversation goes with whoever wrote its first mail.
fn move_conversations(tx: &mut Tx<'_>, from: ContactId, to: &Contact) -> Done {
    for id in tx.conversations_of(from)? {
        let first = tx
            .thread(id, 0, 50)?
            .into_iter()
            .find_map(|message| message.author.address);
        let owner = first.and_then(|address| key(&address));
        if owner.is_some_and(|owner| to.addresses.iter().any(|address| address.key == owner)) {
            super::tag::change(tx, id, |conversation| conversation.contact = Some(to.id))?;
        }
    }
    Ok(())
}
