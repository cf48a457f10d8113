//! `/api/v1`: JSON for programs, one file per noun.
//!
//! Every call brings `Authorization: Bearer TOKEN`; [`caller::program`] is the door. What a thing
//! looks like is said once, in [`shape`].

mod caller;
mod contacts;
mod conversations;
mod events;
mod messages;
mod paging;
mod saved_replies;
mod search;
mod shape;

use super::App;
use crate::http::{Refusal, Router};
use casella_index::StoreError;
use hyper::Method;

/// Room for a JSON body without files.
const SMALL: usize = 1024 * 1024;

/// Every call a program can make.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(conversations::routes())
        .merge(messages::routes())
        .merge(contacts::routes())
        .merge(saved_replies::routes())
        .get("/api/v1/search", caller::program(search::search))
        .get("/api/v1/events", caller::program(events::events))
        .refusing(
            Method::DELETE,
            "/api/v1/conversations/{id}",
            caller::program(conversations::delete),
        )
}

fn store(error: StoreError) -> Refusal {
    super::refuse(error.into())
}
