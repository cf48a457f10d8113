//! Mail: the SMTP receiver, reading, composing, delivering.

pub mod authentication;
pub mod compose;
pub mod deliver;
pub mod dkim;
pub mod dns;
pub mod export;
mod gather;
pub mod import;
pub mod inspect;
pub mod parse;
pub mod post;
pub mod read;
pub mod receive;
pub mod sanitise;
pub mod smtp;
