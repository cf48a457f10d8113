//! The ways in and out. Channels never import each other; a fourth is one folder and one line here.

use crate::inbox::delivery::Attempt;
use casella_index::model::{Channel, Job};
use std::future::Future;
use std::pin::Pin;

pub mod chat;
pub mod email;
pub mod messenger;

/// How a channel sends what was queued for it. The outbox hands over jobs that are due, one
/// recipient each, records what came of it, and tries again where that may help.
pub trait Deliver: Send + Sync {
    fn channel(&self) -> Channel;

    /// Whether anything leaves at all; otherwise jobs are left held.
    fn is_open(&self) -> bool {
        true
    }

    /// The queue this job stands in.
    fn lane(&self, job: &Job) -> Lane;

    /// One try. It may be repeated after a crash, so it must be recognisable as the same message.
    fn deliver<'a>(&'a self, job: &'a Job) -> Pin<Box<dyn Future<Output = Attempt> + Send + 'a>>;
}

/// Jobs that share a destination: at most `width` at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub name: String,
    pub width: usize,
    /// One that has to be tried again keeps those behind it waiting: a person reads them in order.
    pub in_order: bool,
}
