//! Casella: a unified inbox in one binary.
//!
//! # Layout
//!
//! Imports point one way: `index <- rules <- inbox <- channel <- workers <- web <- cli`;
//! `http` and `render` sit beside `inbox` and know only `index`. A test keeps the arrows.
//!
//! - [`rules`] are pure: values and `now` in, values out. They never open a file, a socket or a clock.
//! - [`inbox`] holds the verbs, one file each: what agents, visitors and mail do to the store.
//! - [`channel`] speaks to the world: `email`, `chat`, `messenger`; none imports another.
//! - [`workers`] follow the journal: outbox, indexer, follow-up mails, webhooks.
//! - [`web`] is the agents' pages, the JSON API and the widget.
//! - [`http`] is a small server that knows no page; [`render`] is the template registry.

pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod error;
pub mod fetch;
pub mod http;
pub mod inbox;
pub mod language;
pub mod net;
pub mod render;
pub mod rules;
pub mod tls;
pub mod web;
pub mod workers;
