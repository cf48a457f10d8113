//! What the HTTP side of the chat holds: the inbox, the bells, the limits.

use super::hub::Hub;
use crate::http::limits::Limit;
use crate::inbox::Inbox;
use casella_index::model::VisitorId;
use std::net::IpAddr;
use std::sync::Arc;

/// Live connections of one visitor; their tabs share one, the second is for the moment of handing over.
pub const MOST_STREAMS: u32 = 2;
/// Characters of one line.
pub const MOST_CHARACTERS: usize = 4_000;
/// One line a second in the long run, so many at once (TRUST.md, "Agents and visitors").
const BURST: u32 = 5;

/// The chat desk; clones are the same.
#[derive(Clone)]
pub struct Desk {
    pub inbox: Inbox,
    pub hub: Hub,
    pub limits: Arc<Limits>,
    /// "Answered by email", in the inbox's language.
    pub by_email: Arc<str>,
}

/// How often a stranger may do what.
pub struct Limits {
    /// New visitors of one address.
    pub visitors: Limit<IpAddr>,
    /// Lines of one visitor a second.
    pub pace: Limit<VisitorId>,
    /// Lines of one visitor a minute.
    pub lines: Limit<VisitorId>,
}

impl Desk {
    pub fn new(inbox: Inbox, by_email: &str) -> Desk {
        let per_minute = inbox.config.limits.chat_per_minute;
        let visitors = inbox.config.limits.visitors_per_minute;
        let pace = if per_minute == 0 { 0 } else { 60 };
        let limits = Limits {
            visitors: Limit::new(visitors, visitors),
            pace: Limit::new(pace, BURST),
            lines: Limit::new(per_minute, per_minute),
        };
        Desk {
            inbox,
            hub: Hub::default(),
            limits: Arc::new(limits),
            by_email: by_email.into(),
        }
    }
}
