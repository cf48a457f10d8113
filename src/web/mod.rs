//! What people and programs see: pages, API, widget.

pub mod api;
pub mod app;
pub mod content;
pub mod door;
mod files;
pub mod frame_heights;
mod health;
pub mod live_rows;
pub mod meta;
pub mod pages;
mod refuse;
pub mod view;
mod webhooks;
pub mod widget;

pub use app::App;
pub use refuse::refuse;

use crate::http::router::Asked;
use crate::http::{Refusal, Response, Router};

/// Everything HTTP answers.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(health::routes())
        .merge(api::routes())
        .merge(webhooks::routes())
        .merge(pages::routes())
        .merge(files::routes())
        .merge(widget::routes())
        .merge(widget::demo_routes())
        .refusals(refusal)
}

/// Programs are refused in JSON, people on a page.
fn refusal(app: &App, asked: &Asked, refusal: &Refusal) -> Response {
    const PROGRAMS: [&str; 5] = ["/api/", "/chat/", "/webhooks/", "/healthz", "/metrics"];
    match PROGRAMS.iter().any(|p| asked.path.starts_with(p)) {
        true => refusal.json(),
        false => pages::show_refusal(app, asked, refusal),
    }
}
