//! Facebook Messenger: webhook in, Send API out.
//!
//! [`signature`] and [`parse`] are pure: bytes in, values out. Every person gets a conversation and no
//! contact; Meta's word on whether we may still answer is the last.

pub mod connection;
pub mod deliver;
pub mod graph;
pub mod health;
pub mod media;
pub mod parse;
mod parts;
pub mod pauses;
pub mod receive;
pub mod signature;
pub mod trouble;
