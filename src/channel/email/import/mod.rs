//! Mail out of archives: `.eml` files, Maildirs and mboxes, by the same verb as live mail.
//!
//! [`files`] finds what holds mail, [`mbox`] takes it apart, [`run`] reads it on all cores and
//! writes it, in order, in large transactions. Mail that is held already is known by the duplicate
//! rule, so an import can be stopped and run again; for an mbox the place is remembered too.
//! Nothing is sent, and nothing lights a dot: an archive is news to nobody.

mod files;
mod mbox;
mod prepare;
mod report;
mod run;

pub use files::{Archive, Kind, archives};
pub use report::{Doubt, Progress, Report};
pub use run::{Importer, Stop};
