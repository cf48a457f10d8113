//! What people and programs see: pages, API, widget.

pub mod api;
pub mod app;
mod health;
mod refuse;
mod webhooks;
pub mod widget;

pub use app::App;
pub use refuse::refuse;

use crate::http::Router;

/// Everything HTTP answers.
pub fn routes() -> Router<App> {
    Router::new()
        .merge(health::routes())
        .merge(webhooks::routes())
        .merge(widget::routes())
}
