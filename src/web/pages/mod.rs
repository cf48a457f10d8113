//! The agents' pages: one file per noun. Each loads rows, makes a view of them, and renders it; each
//! change is a verb of the inbox and ends in a redirect, so that every page works without scripts.

mod access;
mod act;
mod answer;
mod ask;
mod assets;
mod contacts;
mod conversation;
mod guard;
mod inbox;
mod live;
mod messages;
mod pictures;
mod rows;
mod saved_replies;
mod search;
mod settings;
mod shell;
mod undo;

pub use settings::Traces;
pub use shell::show_refusal;

use super::App;
use super::view::Words;
use crate::http::{Answer, Router, respond};
use casella_index::model::Role;
use guard::page;

/// Every route an agent's browser uses.
pub fn routes() -> Router<App> {
    Router::new()
        .get("/", |_, _| async { Ok(respond::redirect("/inbox")) })
        .get("/assets/{name}", assets::asset)
        .get("/favicon.ico", assets::favicon)
        .merge(access::routes())
        .merge(conversations())
        .merge(contacts::routes())
        .merge(saved_replies::routes())
        .merge(messages::routes())
        .merge(settings::routes())
        .get("/search", page(Role::Viewer, search::search))
        .get("/live", live::live)
        .post("/undo", page(Role::Agent, undo::undo))
}

fn conversations() -> Router<App> {
    use Role::{Agent, Viewer};
    Router::new()
        .get("/inbox", page(Viewer, inbox::inbox))
        .get("/conversations/{id}", page(Viewer, conversation::open))
        .post("/conversations/{id}/messages", page(Agent, answer::answer))
        .post("/conversations/{id}/complete", page(Agent, act::complete))
        .post("/conversations/{id}/reopen", page(Agent, act::reopen))
        .post("/conversations/{id}/unread", page(Agent, act::unread))
        .post("/conversations/{id}/spam", page(Agent, act::spam))
        .post("/conversations/{id}/assign", page(Agent, act::assign))
        .post("/conversations/{id}/tags", page(Agent, act::tags))
        .post(
            "/conversations/{id}/transcript",
            page(Agent, act::transcript),
        )
        .post("/conversations/{id}/ask-email", page(Agent, act::ask_email))
        .post("/conversations/{id}/block", page(Agent, act::block))
        .post(
            "/conversations/{id}/suggestion",
            page(Agent, act::suggestion),
        )
        .get(
            "/conversations/{id}/parts",
            page(Viewer, conversation::parts),
        )
        .post(
            "/conversations/{id}/block-address",
            page(Agent, act::block_address),
        )
        .get(
            "/conversations/{id}/picture",
            page(Viewer, conversation::picture),
        )
        .post("/conversations/{id}/typing", page(Agent, live::typing))
}

/// A page rendered.
fn show<T: serde::Serialize>(
    app: &App,
    viewer: &guard::Viewer,
    template: &str,
    view: &T,
) -> Answer {
    shell::show(app, &viewer.voice, hyper::StatusCode::OK, template, view)
}
