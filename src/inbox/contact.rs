//! Contacts: made and changed by agents, programs and imports.

use super::tag::{spam, tidy_tags};
use super::{Done, Refused, line};
use crate::rules::contacts::{is_service, key};
use casella_index::model::{Contact, ContactAddress, ContactId};
use casella_index::{Event, Rows, Tx};
use std::collections::BTreeMap;

const LONGEST: usize = 500;

/// What of a contact is given; `None` leaves it as it was.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    pub name: Option<String>,
    /// All its addresses, the one to write to first.
    pub addresses: Option<Vec<String>>,
    pub phone: Option<String>,
    pub tags: Option<Vec<String>>,
    /// Fields to set; an empty value removes one.
    pub fields: BTreeMap<String, String>,
    pub blocked: Option<bool>,
}

/// Makes a contact. Needs a name or an address; an address that is somebody's already is refused.
pub fn create(tx: &mut Tx<'_>, edit: Edit) -> Done<Contact> {
    let fresh = Contact {
        id: tx.new_contact()?,
        created_at: tx.now(),
        ..Contact::default()
    };
    let contact = edited(tx, fresh, edit)?;
    if contact.name.is_empty() && contact.addresses.is_empty() {
        return Err(Refused::invalid(
            "email",
            "a contact needs a name or an address",
        ));
    }
    tx.record(Event::ContactCreated(contact.clone()))?;
    Ok(contact)
}

/// Changes a contact. Blocking one puts its conversations among the spam, where its next mails join
/// them without a dot; unblocking brings them back.
pub fn change(tx: &mut Tx<'_>, id: ContactId, edit: Edit) -> Done<Contact> {
    let before = line::contact(tx, id)?;
    let after = edited(tx, before.clone(), edit)?;
    if after != before {
        tx.record(Event::ContactChanged(after.clone()))?;
    }
    if after.blocked != before.blocked {
        set_aside(tx, after.id, after.blocked)?;
    }
    Ok(after)
}

fn set_aside(tx: &mut Tx<'_>, contact: ContactId, aside: bool) -> Done {
    for id in tx.conversations_of(contact)? {
        if let Some(conversation) = tx.living(id)? {
            spam(tx, conversation.id, aside)?;
        }
    }
    Ok(())
}

/// The contact an import's row means: found by any of its addresses and completed, else made. `known`
/// is who else it may mean, where the row has no address. What is known already is not overwritten
/// by an empty column.
pub fn import(tx: &mut Tx<'_>, edit: Edit, known: Option<ContactId>) -> Done<Contact> {
    let addresses = edit.addresses.clone().unwrap_or_default();
    let found = addresses
        .iter()
        .filter_map(|address| key(address))
        .find_map(|key| tx.contact_of(&key).transpose());
    let found = match (found.transpose()?, known) {
        (None, Some(id)) if addresses.is_empty() => tx.living_contact(id)?,
        (found, _) => found,
    };
    let Some(known) = found else {
        return create(tx, edit);
    };
    let mut all: Vec<String> = known
        .addresses
        .iter()
        .map(|known| known.address.clone())
        .collect();
    for address in addresses {
        let given = key(&address).ok_or_else(|| malformed(&address))?;
        let free = tx.contact_of(&given)?.is_none();
        if free {
            all.push(address);
        }
    }
    let tags = edit
        .tags
        .map(|tags| known.tags.iter().cloned().chain(tags).collect());
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    change(
        tx,
        known.id,
        Edit {
            name: filled(edit.name),
            phone: filled(edit.phone),
            addresses: Some(all),
            tags,
            ..edit
        },
    )
}

fn edited(tx: &Tx<'_>, mut contact: Contact, edit: Edit) -> Done<Contact> {
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    contact.name = edit.name.map_or(contact.name, one_line);
    contact.phone = edit.phone.map_or(contact.phone, one_line);
    for (field, text) in [("name", &contact.name), ("phone", &contact.phone)] {
        if text.len() > LONGEST {
            return Err(Refused::invalid(
                field,
                format!("longer than {LONGEST} bytes"),
            ));
        }
    }
    if let Some(addresses) = edit.addresses {
        contact.addresses = owned_addresses(tx, &contact, &addresses)?;
        contact.service = contact
            .addresses
            .first()
            .is_some_and(|first| is_service(&first.address));
    }
    if let Some(tags) = edit.tags {
        contact.tags = tidy_tags(&tags)?;
    }
    for (name, value) in edit.fields {
        if value.is_empty() {
            contact.fields.remove(&name);
        } else {
            contact.fields.insert(name, value);
        }
    }
    contact.blocked = edit.blocked.unwrap_or(contact.blocked);
    contact.updated_at = tx.now();
    Ok(contact)
}

/// The rows of these addresses, each kept as it was where known. Nobody else may have one of them.
fn owned_addresses(
    tx: &Tx<'_>,
    contact: &Contact,
    addresses: &[String],
) -> Done<Vec<ContactAddress>> {
    let mut owned: Vec<ContactAddress> = Vec::new();
    for address in addresses
        .iter()
        .map(|address| address.trim())
        .filter(|address| !address.is_empty())
    {
        let key = key(address).ok_or_else(|| malformed(address))?;
        if let Some(other) = tx.contact_of(&key)?.filter(|other| other.id != contact.id) {
            let why = format!("{address} belongs to contact {}", other.id);
            return Err(Refused::conflict(
                "address_taken",
                why,
                "merge the two contacts",
            ));
        }
        if owned.iter().all(|known| known.key != key) {
            let known = contact
                .addresses
                .iter()
                .find(|known| known.key == key)
                .cloned();
            owned.push(known.unwrap_or(ContactAddress {
                address: address.to_owned(),
                key,
                verified: false,
                ..ContactAddress::default()
            }));
        }
    }
    Ok(owned)
}

fn malformed(address: &str) -> Refused {
    Refused::invalid("email", format!("{address} is not an address"))
}
