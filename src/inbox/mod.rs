//! The verbs of the inbox, one file each: what agents, visitors, programs and mail do to the store.
//!
//! A verb is a function of the write in progress: it looks up, asks the rules, and records what was
//! decided, `store.write(stamp, |tx| complete(tx, id))`. Verbs know no channel, no page and no clock;
//! the stamp says when and by whom. A verb that refuses has recorded nothing.

pub mod access;
pub mod agent;
mod assign;
mod change_author;
pub mod chat_settings;
mod complete;
pub mod contact;
mod context;
pub mod delivery;
mod disk;
mod fetch_again;
mod follow_suggestion;
pub mod forwarding_requests;
pub mod keys;
pub mod line;
pub mod live;
mod merge_contacts;
mod move_message;
mod note;
pub mod presence;
mod read;
pub mod receive;
mod refused;
mod release;
mod reopen;
pub mod reply;
pub mod saved_reply;
pub mod search;
mod set_setting;
pub mod settings;
mod show_pictures;
pub mod tag;
pub mod token;
mod undo;
pub mod visitor;

pub use assign::{agent_of, assign, assign_if_free};
pub use change_author::{change_author, swap_back};
pub use complete::complete;
pub use context::{Inbox, Shared};
pub use fetch_again::fetch_again;
pub use follow_suggestion::{follow_suggestion, leave_here};
pub use merge_contacts::{merge_contacts, split_contact, unmerge};
pub use move_message::{move_message, split};
pub use note::{note, note_by};
pub use read::read;
pub use refused::{Done, Refused};
pub use release::release;
pub use reopen::reopen;
pub use set_setting::{audit, set_setting};
pub use show_pictures::show_pictures;
pub use undo::{still_undoes, undo};

#[cfg(test)]
mod tests;
