//! Contacts: found, made, changed, merged.

use super::caller::{Caller, program};
use super::paging::{limit, parsed};
use super::{SMALL, shape, store};
use crate::http::{Answer, Refusal, Request, Router, respond};
use crate::inbox::contact::{self, Edit};
use crate::inbox::{Refused, merge_contacts};
use crate::rules::contacts::key;
use crate::web::{App, refuse};
use casella_index::model::{Contact, ContactId};
use casella_index::tables::CONTACTS;
use casella_index::{Rows, StoreError};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Rows read at a time while looking through all contacts.
const STRIDE: usize = 1_000;

pub fn routes() -> Router<App> {
    Router::new()
        .get("/api/v1/contacts", program(list))
        .post("/api/v1/contacts", program(create))
        .get("/api/v1/contacts/{id}", program(one))
        .patch("/api/v1/contacts/{id}", program(change))
        .post("/api/v1/contacts/{id}/merge", program(merge))
}

/// By `email` (any of a contact's), by `q` (part of a name or address), or all, oldest first.
async fn list(app: App, _: Caller, request: Request) -> Answer {
    let query = request.query();
    let limit = limit(&query)?;
    let rows = app.inbox.read().map_err(store)?;
    let (found, next) = match query.given("email") {
        Some(email) => (by_email(&rows, email).map_err(store)?, None),
        None => {
            let after = parsed(&query, "cursor")?;
            let words = query.given("q").unwrap_or_default().to_lowercase();
            looked_through(&rows, &words, after, limit).map_err(store)?
        }
    };
    let shown: Vec<Value> = found.iter().map(shape::contact).collect();
    Ok(respond::json(
        StatusCode::OK,
        &json!({"contacts": shown, "next_cursor": next.map(|id| id.to_string())}),
    ))
}

fn by_email(rows: &impl Rows, email: &str) -> Result<Vec<Contact>, StoreError> {
    match key(email) {
        Some(key) => Ok(rows.contact_of(&key)?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}

fn looked_through(
    rows: &impl Rows,
    words: &str,
    after: Option<ContactId>,
    limit: usize,
) -> Result<(Vec<Contact>, Option<ContactId>), StoreError> {
    let mut found = Vec::new();
    let mut from = after.map_or(Bound::Unbounded, Bound::Excluded);
    loop {
        let stride = rows.range(&CONTACTS, (from, Bound::Unbounded), STRIDE)?;
        let Some((last, _)) = stride.last() else {
            return Ok((found, None));
        };
        from = Bound::Excluded(*last);
        for (id, contact) in stride {
            if !fits(&contact, words) {
                continue;
            }
            if found.len() == limit {
                let next = found.last().map(|c: &Contact| c.id);
                return Ok((found, next));
            }
            debug_assert_eq!(id, contact.id);
            found.push(contact);
        }
    }
}

fn fits(contact: &Contact, words: &str) -> bool {
    let addresses = contact.addresses.iter().map(|a| a.address.to_lowercase());
    contact.merged_into.is_none()
        && (contact.name.to_lowercase().contains(words)
            || addresses.into_iter().any(|a| a.contains(words)))
}

async fn one(app: App, _: Caller, request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let rows = app.inbox.read().map_err(store)?;
    let found = rows.living_contact(id).map_err(store)?;
    let found = found.ok_or_else(|| refuse(Refused::unknown("contact", id)))?;
    let conversations = rows.conversations_of(found.id).map_err(store)?;
    let mut shown = shape::contact(&found);
    shown["conversations"] = json!(conversations);
    Ok(respond::json(StatusCode::OK, &shown))
}

/// What of a contact is given; what is left out stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: Option<String>,
    /// The one address, or the one to write to first.
    email: Option<String>,
    emails: Option<Vec<String>>,
    phone: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    blocked: Option<bool>,
}

impl From<Given> for Edit {
    fn from(given: Given) -> Self {
        let addresses = match (given.email, given.emails) {
            (None, emails) => emails,
            (Some(email), emails) => {
                let others = emails.unwrap_or_default();
                Some(std::iter::once(email).chain(others).collect())
            }
        };
        Self {
            name: given.name,
            addresses,
            phone: given.phone,
            tags: given.tags,
            fields: given.fields,
            blocked: given.blocked,
        }
    }
}

async fn create(app: App, caller: Caller, mut request: Request) -> Answer {
    let edit: Edit = request.json::<Given>(SMALL).await?.into();
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| contact::create(tx, edit));
    let made = write.await.map_err(refuse)?;
    Ok(respond::json(StatusCode::CREATED, &shape::contact(&made)))
}

async fn change(app: App, caller: Caller, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let edit: Edit = request.json::<Given>(SMALL).await?.into();
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| contact::change(tx, id, edit));
    let changed = write.await.map_err(refuse)?;
    Ok(respond::json(StatusCode::OK, &shape::contact(&changed)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    into: ContactId,
}

/// The contact of the address goes up in `into`.
async fn merge(app: App, caller: Caller, mut request: Request) -> Answer {
    let from: ContactId = request.param("id")?;
    let Merge { into } = request.json(SMALL).await?;
    if from == into {
        return Err(Refusal::bad_request(
            "a contact cannot be merged into itself",
        ));
    }
    let stamp = caller.stamp(&app);
    let write = app
        .inbox
        .store
        .write(stamp, move |tx| merge_contacts(tx, from, into));
    let merged = write.await.map_err(refuse)?;
    Ok(respond::json(StatusCode::OK, &shape::contact(&merged)))
}
