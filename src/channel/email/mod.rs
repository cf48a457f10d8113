//! Mail: the SMTP receiver, reading, composing, delivering.
