//! Who may be the same person as a contact, for one click to merge them.

use super::{addresses, named};
use crate::http::Refusal;
use crate::inbox::Done;
use crate::rules::contacts::{Known, Likeness, likeness};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::view::contacts::CandidateView;
use casella_index::model::{Contact, ContactId};
use casella_index::tables::CONTACTS;
use casella_index::{Rows, Snapshot};

/// Contacts read at a time, and compared in all, newest first.
const STEP: usize = 500;
const COMPARED: usize = 50_000;
/// Candidates shown.
const SHOWN: usize = 5;

/// The likeliest few. All contacts are looked through, on a thread that may take its time.
pub async fn of(app: &App, viewer: &Viewer, id: ContactId) -> Result<Vec<CandidateView>, Refusal> {
    let (ours, words) = (app.clone(), viewer.words(app));
    let work = move || found(&ours.inbox.read()?, id);
    let found = tokio::task::spawn_blocking(work)
        .await
        .map_err(Refusal::internal)?;
    let found = found.map_err(|e| viewer.refuse(app, e))?;
    let view = |(why, other): (Likeness, Contact)| CandidateView {
        id: other.id.0,
        name: named(&other, &words.t("contacts.unnamed")),
        addresses: addresses(&other, ", "),
        reason: words.t(&format!("contacts.like.{}", why.as_str())),
    };
    Ok(found.into_iter().map(view).collect())
}

fn found(rows: &Snapshot, id: ContactId) -> Done<Vec<(Likeness, Contact)>> {
    let Some(contact) = rows.living_contact(id)?.filter(|contact| !contact.service) else {
        return Ok(Vec::new());
    };
    let mut alike = Vec::new();
    let mut end = ContactId(u64::MAX);
    for _ in 0..COMPARED / STEP {
        let step = rows.range_back(&CONTACTS, ContactId(0)..end, STEP)?;
        let Some((lowest, _)) = step.last() else {
            break;
        };
        end = *lowest;
        let others = step.into_iter().map(|(_, other)| other);
        let others = others.filter(|other| other.id != contact.id && may_merge(other));
        alike.extend(others.filter_map(|other| Some((compared(&contact, &other)?, other))));
    }
    alike.sort_by_key(|(why, other)| (*why, std::cmp::Reverse(other.updated_at)));
    alike.truncate(SHOWN);
    Ok(alike)
}

fn may_merge(other: &Contact) -> bool {
    other.merged_into.is_none() && !other.erased && !other.service
}

fn compared(a: &Contact, b: &Contact) -> Option<Likeness> {
    let all = |contact: &Contact| -> Vec<String> {
        let addresses = contact.addresses.iter();
        addresses.map(|one| one.address.clone()).collect()
    };
    let (own, other) = (all(a), all(b));
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    likeness(known(a, &own), known(b, &other))
}

fn known<'a>(contact: &'a Contact, addresses: &'a [&'a str]) -> Known<'a> {
    Known {
        name: &contact.name,
        phone: &contact.phone,
        addresses,
    }
}
