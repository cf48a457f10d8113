//! What people and programs see: pages, API, widget.

pub mod api;
