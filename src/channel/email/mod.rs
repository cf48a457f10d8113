//! Mail: the SMTP receiver, reading, composing, delivering.

pub mod smtp;
