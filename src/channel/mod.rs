//! The ways in and out. Channels never import each other; a fourth is one folder and one line here.

pub mod chat;
pub mod email;
pub mod messenger;
