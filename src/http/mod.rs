//! The small hyper server: router, request, respond, sse, limits. It knows no page.
//!
//! [`Server`] accepts connections (HTTP/1.1 and HTTP/2, with or without TLS) and hands each
//! [`Request`] to the [`Router`], which calls one handler: `async fn(State, Request) -> Answer`.
//! An [`Answer`] is a [`Response`] or a [`Refusal`]; how refusals look is said once, in
//! [`Router::refusals`]. Sessions, roles and templates are the web's business.

pub mod body;
mod connection;
pub mod form;
mod handover;
pub mod limits;
pub mod origin;
pub mod refusal;
pub mod request;
pub mod respond;
pub mod router;
pub mod server;
pub mod sse;

#[cfg(test)]
mod tests;

pub use body::Body;
pub use form::{File, Form};
pub use refusal::Refusal;
pub use request::Request;
pub use respond::{Response, With};
pub use router::Router;
pub use server::{Server, Terms};

/// What a handler returns.
pub type Answer = Result<Response, Refusal>;
