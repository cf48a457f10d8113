//! Pictures of the web in one sender's mails: asked for each time, or always shown.

use super::{Done, Refused};
use crate::rules::contacts::key;
use casella_index::{Event, Rows, Tx};

/// Remembers that pictures in mails from this address are shown without asking, or that they are not any
/// more. It is the address that is remembered, not the person: another of theirs asks again.
pub fn show_pictures(tx: &mut Tx<'_>, address: &str, always: bool) -> Done {
    let unknown = || Refused::unknown("contact with the address", address);
    let key = key(address).ok_or_else(unknown)?;
    let mut contact = tx.contact_of(&key)?.ok_or_else(unknown)?;
    for own in contact.addresses.iter_mut().filter(|own| own.key == key) {
        own.pictures = always;
    }
    contact.updated_at = tx.now();
    tx.record(Event::ContactChanged(contact))?;
    Ok(())
}
