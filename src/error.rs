//! What can go wrong, told to a person: one line, with the culprit and the remedy.
//!
//! [`Failure`] is for whatever ends a command or a start. Verbs of the inbox have refusals of their
//! own, because a refusal there is an answer and not an accident.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The exit code of a stated failure.
pub const FAILED: u8 = 1;
/// The exit code of wrong use: a bad argument, a bad configuration.
pub const MISUSED: u8 = 2;

/// A failure that ends a command. Displays as `where: what; remedy`, always on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened, as a sentence without its full stop.
    pub what: String,
    /// The culprit: a file and key, an address, a command.
    pub place: Option<String>,
    /// What the reader can do about it.
    pub remedy: Option<String>,
    /// The exit code: [`FAILED`] or [`MISUSED`].
    pub code: u8,
}

/// What a command returns.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A stated failure, exit code 1.
    pub fn new(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
            place: None,
            remedy: None,
            code: FAILED,
        }
    }

    /// What the system said of a file or a folder, with what can be done about it.
    pub fn io(error: &std::io::Error) -> Self {
        Self::new(casella_index::error::told(error))
    }

    /// Wrong use, exit code 2.
    pub fn misuse(what: impl fmt::Display) -> Self {
        Self {
            code: MISUSED,
            ..Self::new(what)
        }
    }

    /// Names the culprit.
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// Names the remedy.
    pub fn remedy(mut self, remedy: impl fmt::Display) -> Self {
        self.remedy = Some(remedy.to_string());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        if let Some(place) = &self.place {
            line.push_str(place);
            line.push_str(": ");
        }
        line.push_str(&self.what);
        if let Some(remedy) = &self.remedy {
            line.push_str("; ");
            line.push_str(remedy);
        }
        f.write_str(&one_line(&line))
    }
}

impl std::error::Error for Failure {}

fn one_line(text: &str) -> String {
    text.split(['\r', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_with_culprit_and_remedy() {
        let failure = Failure::new("the address is\n in use")
            .at("`http.listen` 127.0.0.1:80")
            .remedy("choose another port");
        assert_eq!(
            failure.to_string(),
            "`http.listen` 127.0.0.1:80: the address is in use; choose another port"
        );
        assert_eq!(failure.code, FAILED);
    }

    #[test]
    fn wrong_use_exits_with_two() {
        assert_eq!(Failure::misuse("no such role").code, MISUSED);
    }
}
