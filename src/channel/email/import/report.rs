//! What an import came to.

use crate::inbox::receive::{Outcome, Received};
use std::fmt;

/// Doubtful mails named one by one; the others are counted.
const MOST_NAMED: usize = 50;

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Mails taken in.
    pub mails: u64,
    /// Bytes of mail taken in.
    pub bytes: u64,
}

/// A mail to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// File, and for an mbox the byte behind the mail.
    pub place: String,
    pub why: String,
}

/// Counts of an import, or of what one would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub mails: u64,
    /// Conversations begun.
    pub threads: u64,
    /// Mails that joined a conversation.
    pub joined: u64,
    pub contacts: u64,
    /// Held already, or twice in the archive.
    pub duplicates: u64,
    /// Kept, but shown as bytes only.
    pub unreadable: u64,
    /// Could not be written: run the import again.
    pub failed: u64,
    /// Archives that an earlier run had read in whole or in part.
    pub resumed: u64,
    pub doubtful: u64,
    pub doubts: Vec<Doubt>,
    /// The import was stopped before its end.
    pub stopped: bool,
}

impl Report {
    pub(super) fn count(&mut self, received: &Received) {
        match received.outcome {
            Outcome::Began | Outcome::Unbound => self.threads += 1,
            Outcome::Joined(_) => self.joined += 1,
            Outcome::Duplicate | Outcome::CameBack => self.duplicates += 1,
        }
    }

    pub(super) fn doubt(&mut self, place: &str, why: impl fmt::Display) {
        self.doubtful += 1;
        if self.doubts.len() < MOST_NAMED {
            self.doubts.push(Doubt {
                place: place.to_owned(),
                why: why.to_string(),
            });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mails: {}", self.mails)?;
        writeln!(
            f,
            "threads: {} new, {} mails joined one",
            self.threads, self.joined
        )?;
        writeln!(f, "contacts: {} new", self.contacts)?;
        writeln!(f, "duplicates: {}", self.duplicates)?;
        for (count, what) in [
            (self.unreadable, "unreadable, kept as bytes"),
            (self.failed, "failed, run the import again"),
            (
                self.resumed,
                "archives gone on with where an earlier run ended",
            ),
        ] {
            if count > 0 {
                writeln!(f, "{what}: {count}")?;
            }
        }
        write!(f, "doubtful: {}", self.doubtful)?;
        for doubt in &self.doubts {
            write!(f, "\n  {}: {}", doubt.place, doubt.why)?;
        }
        let more = self.doubtful.saturating_sub(self.doubts.len() as u64);
        if more > 0 {
            write!(f, "\n  and {more} more")?;
        }
        Ok(())
    }
}
