//! The chat widget: its loader, its frame, and the calls it makes (`/chat/v1`).

mod api;
mod demo;
mod frame;
mod identify;
mod key;

pub use frame::sites;

use super::app::App;
use crate::http::Router;

/// Every route a site's visitor uses.
pub fn routes() -> Router<App> {
    Router::new()
        .get("/widget.js", frame::loader)
        .get("/widget/frame", frame::frame)
        .post("/chat/v1/visitors", api::come)
        .get("/chat/v1/history", api::history)
        .post("/chat/v1/messages", api::say)
        .post("/chat/v1/identify", identify::identify)
        .post("/chat/v1/seen", api::seen)
        .post("/chat/v1/typing", api::typing)
        .post("/chat/v1/page", api::page)
        .post("/chat/v1/here", api::here)
        .get("/chat/v1/files/{message}/{k}", api::file)
        .get("/chat/v1/events", api::events)
}

/// The sample shop of `casella serve --demo`.
pub fn demo_routes() -> Router<App> {
    Router::new().get("/demo/", demo::shop)
}
