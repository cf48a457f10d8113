//! Promises of the store, kept on real files and on disks that fail.

mod disk;
mod support;
mod trust;
mod writes;
