//! One mail of an archive, made ready for its write, on any core.

use crate::channel::email::read::{self, Unreadable};
use crate::channel::email::receive::{self, Way};
use crate::inbox::Inbox;
use crate::inbox::receive::Incoming;
use crate::rules::mail::{Mail, Team};
use casella_index::model::MailPath;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What every mail of an import is judged by.
pub struct Judge<'a> {
    pub inbox: &'a Inbox,
    pub team: Team,
}

/// A mail ready to be received.
pub struct Prepared {
    pub incoming: Incoming,
    pub message_id: Option<String>,
    /// In bytes.
    pub size: usize,
    pub readable: bool,
    /// What a person may want to look at.
    pub doubt: Option<String>,
}

impl Judge<'_> {
    /// Reads a mail and makes it ready. One that defeats our reading is kept as bytes.
    pub fn prepare(&self, raw: &[u8]) -> Prepared {
        let attempt = || {
            let reading = read::reading(raw, None, &self.team);
            let (message_id, doubt) = (reading.mail.message_id.clone(), doubt(&reading.mail));
            let incoming = receive::prepare(self.inbox, raw, Ok(reading), self.way());
            Prepared {
                incoming,
                message_id,
                size: raw.len(),
                readable: true,
                doubt,
            }
        };
        catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| self.unreadable(raw))
    }

    fn unreadable(&self, raw: &[u8]) -> Prepared {
        let fault = Err(Unreadable::Fault);
        Prepared {
            incoming: receive::prepare(self.inbox, raw, fault, self.way()),
            message_id: None,
            size: raw.len(),
            readable: false,
            doubt: Some("it could not be read; its bytes are kept".to_owned()),
        }
    }

    fn way(&self) -> Way {
        Way {
            authentication: None,
            path: MailPath {
                at: self.inbox.clock.now(),
                via: "import".to_owned(),
                ..MailPath::default()
            },
            team: self.team.clone(),
            imported: true,
        }
    }
}

/// What may have gone wrong with a mail long ago, in one line.
fn doubt(mail: &Mail) -> Option<String> {
    let warnings = mail.warnings.iter().map(|w| w.trim_end_matches('.'));
    let mut said: Vec<&str> = warnings.collect();
    if mail.from.address.is_empty() {
        said.push("it has no sender");
    }
    (!said.is_empty()).then(|| said.join("; "))
}
