//! Pure rules: values and `now` in, values out. Nothing here opens a file or a socket, or asks the time.

pub mod addresses;
pub mod bounce;
pub mod contacts;
pub mod envelope;
pub mod file_link;
pub mod follow_up;
pub mod foretold;
pub mod forwarding;
pub mod html_text;
pub mod html_tree;
pub mod kind;
pub mod lifecycle;
pub mod loops;
pub mod mail;
pub mod office_hours;
pub mod pause;
pub mod phrases;
pub mod picture;
pub mod public_address;
pub mod quoting;
pub mod reach;
pub mod retry;
pub mod split;
pub mod subject;
pub mod threading;
pub mod token;
pub mod vouch;
pub mod window;

#[cfg(test)]
mod fuzz;
