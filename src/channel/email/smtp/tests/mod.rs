//! The receiver over real sockets: dialogs from files, a desk that keeps what it is given, and what
//! no dialog can show.

mod bounds;
mod client;
mod decoder;
mod desk;
mod dialog;
mod dialogs;
mod embedded;
mod starttls;
