//! What people and programs see: pages, API, widget.

pub mod api;
pub mod app;
mod refuse;
pub mod widget;

pub use app::App;
pub use refuse::refuse;
