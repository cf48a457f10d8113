//! Promises of the store, kept on real files and on disks that fail.

mod support;
mod writes;
