//! The words mail programs write around what they quote, by language: tables only, no rules.
//!
//! Every entry is folded (see [`super::lines::fold`]): lower case, single spaces, no marks of
//! writing direction.

pub mod devices;
pub mod labels;
pub mod separators;
pub mod wrote;
