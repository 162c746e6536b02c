//! The one error type of the engine.
//!
//! Owns what can be refused or go wrong at the door. What servers answer is not an error here: see `verdict`.

use crate::app::Invalid;
use crate::ids::{Entity, MutationId};

/// What the engine refuses, or could not do. Nothing was changed when it is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The app's own rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The mutation changes or names something that is not here.
    #[error("{entity} is not here: it was deleted, or never seen on this device")]
    Missing {
        /// What is missing.
        entity: Entity,
    },
    /// A mutation names a file that was not brought with it.
    #[error("the file {sha256} was not brought with the write")]
    FileMissing {
        /// Its digest.
        sha256: String,
    },
    /// A write brings a copy that was never staged, or was let go since.
    #[error("the copy {file} is not here any more: stage the file again, then write")]
    NotStaged {
        /// Its name in the attachment folder.
        file: String,
    },
    /// A limit on what may wait.
    #[error("{what}: {have} of at most {max}; what waits is kept, send it or discard some, then write again")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// How much there would be.
        have: u64,
        /// How much may be.
        max: u64,
    },
    /// No such mutation in the queue.
    #[error("no mutation {0} waits: it arrived, was discarded or never was")]
    Unknown(MutationId),
    /// The call does not fit the state that the mutation is in.
    #[error("{0}")]
    Refused(&'static str),
    /// The disk is full.
    #[error("the disk is full: new writes are refused, what waits is kept; free some space")]
    DiskFull,
    /// The disk ran full, and what waits drains into the space that was reserved for it.
    #[error(
        "the disk is nearly full: new writes are refused until there is space, what waits is sent; free some space"
    )]
    OnReserve,
    /// Another process holds the database.
    #[error("another process holds the database and did not let go in time; try again")]
    Locked,
    /// The file is not a database of this app, server or account, or is one of a newer version.
    #[error("{0}")]
    Foreign(String),
    /// Anything else that SQLite says.
    #[error("the database failed: {0}")]
    Database(rusqlite::Error),
}

/// What kind of error it is, for hosts that branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for is wrong; asking again will not help.
    Input,
    /// A limit; room must be made first.
    Limit,
    /// The disk is full.
    DiskFull,
    /// Another process is in the way; asking again will help.
    Locked,
    /// The database is another's.
    Foreign,
    /// The database failed.
    Database,
}

impl Error {
    /// Its kind.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_)
            | Self::Missing { .. }
            | Self::FileMissing { .. }
            | Self::NotStaged { .. }
            | Self::Unknown(_)
            | Self::Refused(_) => ErrorKind::Input,
            Self::Limit { .. } => ErrorKind::Limit,
            Self::DiskFull | Self::OnReserve => ErrorKind::DiskFull,
            Self::Locked => ErrorKind::Locked,
            Self::Foreign(_) => ErrorKind::Foreign,
            Self::Database(_) => ErrorKind::Database,
        }
    }

    /// One word for it, for programs that cannot see the variants.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Missing { .. } => "missing",
            Self::FileMissing { .. } => "file-missing",
            Self::NotStaged { .. } => "not-staged",
            Self::Limit { .. } => "limit",
            Self::Unknown(_) => "unknown",
            Self::Refused(_) => "refused",
            Self::DiskFull | Self::OnReserve => "disk-full",
            Self::Locked => "locked",
            Self::Foreign(_) => "foreign",
            Self::Database(_) => "database",
        }
    }

    /// Whether it comes of what was stored or read, not of the storage: the same data will fail again, other data will not.
    pub(crate) fn is_of_data(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                None | Some(
                    ErrorCode::ConstraintViolation
                        | ErrorCode::TypeMismatch
                        | ErrorCode::TooBig
                        | ErrorCode::ParameterOutOfRange
                )
            ),
            _ => false,
        }
    }

    /// Whether the transaction it came from cannot be gone on with.
    pub(crate) const fn is_fatal(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Locked | Self::Database(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::NotADatabase) => Self::Foreign("the file is not a database".to_owned()),
            _ => Self::Database(error),
        }
    }
}
