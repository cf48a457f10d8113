//! Pure rules: values and `now` in, values out. Nothing here opens a file or a socket, or asks the time.

pub mod html_text;
pub mod html_tree;
pub mod mail;
pub mod retry;
pub mod token;
