//! Why a verb did not do what it was asked.

use casella_index::StoreError;
use std::fmt;

/// A verb's answer when it says no. The words are for programs and logs; pages translate by
/// [`Refused::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such thing, e.g. `conversation 12`.
    Unknown(String),
    /// The request makes no sense: which field, and why.
    Invalid { field: &'static str, why: String },
    /// It makes sense, but not as things are. `reason` is one word, of the catalogue's `refused.`.
    Conflict {
        reason: &'static str,
        why: String,
        remedy: String,
    },
    /// The store could not.
    Store(StoreError),
}

impl Refused {
    pub fn unknown(what: &str, id: impl fmt::Display) -> Self {
        Refused::Unknown(format!("{what} {id}"))
    }

    pub fn invalid(field: &'static str, why: impl fmt::Display) -> Self {
        Refused::Invalid {
            field,
            why: why.to_string(),
        }
    }

    pub fn conflict(
        reason: &'static str,
        why: impl fmt::Display,
        remedy: impl fmt::Display,
    ) -> Self {
        Refused::Conflict {
            reason,
            why: why.to_string(),
            remedy: remedy.to_string(),
        }
    }

    /// The catalogue key of its sentence.
    pub fn key(&self) -> String {
        match self {
            Refused::Unknown(_) => "refused.unknown".into(),
            Refused::Invalid { .. } => "refused.invalid".into(),
            Refused::Conflict { reason, .. } => format!("refused.{reason}"),
            Refused::Store(_) => "refused.store".into(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        match self {
            Refused::Conflict { remedy, .. } => remedy,
            Refused::Store(_) => "try again in a moment",
            Refused::Unknown(_) => "look it up in the list of its kind",
            Refused::Invalid { .. } => "correct it and try again",
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unknown(what) => write!(f, "there is no {what}"),
            Refused::Invalid { field, why } => write!(f, "`{field}`: {why}"),
            Refused::Conflict { why, .. } => f.write_str(why),
            Refused::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// What a verb answers.
pub type Done<T = ()> = Result<T, Refused>;

impl From<Refused> for crate::error::Failure {
    fn from(refused: Refused) -> Self {
        let failure = match &refused {
            Refused::Invalid { .. } => crate::error::Failure::misuse(&refused),
            _ => crate::error::Failure::new(&refused),
        };
        // The store's own words end with what to do.
        match &refused {
            Refused::Store(_) => failure,
            _ => failure.remedy(refused.remedy()),
        }
    }
}
