//! Mail: the SMTP receiver, reading, composing, delivering.

pub mod deliver;
pub mod parse;
pub mod smtp;
