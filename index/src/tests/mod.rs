//! Promises of the store, kept on real files and on disks that fail.

mod disk;
pub mod support;
mod trust;
mod writes;
