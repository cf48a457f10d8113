//! What the store can fail with. Callers turn it into an SMTP code, an HTTP status or one line.

use std::fmt;
use std::io::ErrorKind;

/// A failure of the store, told so that a person knows what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Another process holds the data folder.
    Locked { path: String },
    /// A file cannot be read as what it should be. Never repaired by guessing.
    Damaged {
        file: String,
        why: String,
        remedy: String,
    },
    /// The disk is full or nearly so: passes by itself once there is room.
    Full { why: String },
    /// The operating system failed a read or write; nothing of this write was kept.
    Io { what: String, why: String },
    /// An fsync failed or the store was closed: nothing more may be acknowledged.
    Stopped { why: String },
    /// The verb failed half-way and its whole batch was undone: try again.
    Aborted { why: String },
}

/// What the system says of a file or a folder, in words a person can act on: `what; remedy`.
pub fn told(error: &std::io::Error) -> String {
    let words = match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder; check the path",
        ErrorKind::AlreadyExists => {
            "it is there already and never overwritten; choose another name"
        }
        ErrorKind::PermissionDenied => {
            "permission denied; give the user Casella runs as access to it"
        }
        ErrorKind::NotADirectory => "it is no folder, or lies in what is none; check the path",
        ErrorKind::IsADirectory => "it is a folder; name a file",
        ErrorKind::ReadOnlyFilesystem => "its disk is read-only; choose another place",
        ErrorKind::StorageFull => "the disk is full; free some space",
        _ => return error.to_string(),
    };
    words.into()
}

impl StoreError {
    pub(crate) fn io(what: impl Into<String>, error: &std::io::Error) -> StoreError {
        let why = told(error);
        if error.raw_os_error() == Some(28) || error.kind() == std::io::ErrorKind::StorageFull {
            return StoreError::Full {
                why: error.to_string(),
            };
        }
        StoreError::Io {
            what: what.into(),
            why,
        }
    }

    pub(crate) fn damaged(file: impl Into<String>, why: impl fmt::Display) -> StoreError {
        StoreError::Damaged {
            file: file.into(),
            why: why.to_string(),
            remedy: "restore the latest backup (casella restore FILE) into an empty data folder"
                .into(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Locked { path } => {
                write!(
                    f,
                    "the data folder {path} is in use by another Casella; stop it or choose another --data"
                )
            }
            StoreError::Damaged { file, why, remedy } => {
                write!(f, "{file} is damaged ({why}); {remedy}")
            }
            StoreError::Full { why } => write!(f, "the disk is full ({why}); free some space"),
            StoreError::Io { what, why } => write!(f, "{what}: {why}"),
            StoreError::Stopped { why } => {
                write!(f, "the store has stopped: {why}; restart Casella")
            }
            StoreError::Aborted { why } => write!(f, "nothing was written: {why}; try again"),
        }
    }
}

impl std::error::Error for StoreError {}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> StoreError {
                from_redb(error.into())
            }
        }
    )*};
}

from_redb!(
    redb::Error,
    redb::DatabaseError,
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);

fn from_redb(error: redb::Error) -> StoreError {
    match error {
        // What is not there or makes no sense is damage; what the system refuses to do is not.
        redb::Error::Io(io)
            if matches!(io.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) =>
        {
            StoreError::damaged("casella.redb", io)
        }
        redb::Error::Io(io) => StoreError::io("database", &io),
        redb::Error::DatabaseAlreadyOpen => StoreError::Locked {
            path: String::new(),
        },
        redb::Error::Corrupted(why) => StoreError::damaged("casella.redb", why),
        other => StoreError::Io {
            what: "database".into(),
            why: other.to_string(),
        },
    }
}
