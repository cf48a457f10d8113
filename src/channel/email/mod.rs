//! Mail: the SMTP receiver, reading, composing, delivering.

pub mod deliver;
pub mod dkim;
pub mod parse;
pub mod sanitise;
pub mod smtp;
