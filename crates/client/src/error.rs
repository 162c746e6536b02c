//! The one error type of the host.
//!
//! Owns what can go wrong around the engine, each with what was attempted and what to do. What servers answer to writes is not an error
//! here: it is an [`Outcome`](outrigger_engine::Outcome).

use outrigger_engine as engine;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What the host refuses, or could not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the engine says.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The service was closed.
    #[error("the service is closed")]
    Closed,
    /// The service has stopped by itself, because its database failed.
    #[error("the service has stopped: {reason}; what was written before is kept, open it again")]
    Stopped {
        /// Why.
        reason: Arc<str>,
    },
    /// The settings cannot be used.
    #[error("{0}")]
    Config(String),
    /// A file or folder of the service's own could not be used.
    #[error("cannot {what} {}: {source}", path.display())]
    Storage {
        /// What was attempted, as a verb.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else than a database.
    #[error("{} is not a database, or its key is another one; it was left as it is: name another file, or move this one away", path.display())]
    NotADatabase {
        /// Which.
        path: PathBuf,
    },
    /// The database is damaged.
    #[error(
        "the database {} is damaged; it was left as it is: copy it with its -wal file before anything else, then restore a backup or run \
         `sqlite3 {} .recover`",
        path.display(), path.display()
    )]
    Corrupt {
        /// Which.
        path: PathBuf,
    },
    /// The database cannot be written.
    #[error("the database {} cannot be written: allow its owner to write it and its folder", path.display())]
    ReadOnly {
        /// Which.
        path: PathBuf,
    },
    /// The database is of another app, server or account, or of a newer version.
    #[error("the database {} cannot be used: {reason}", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no such file to attach.
    #[error("{} is not there", path.display())]
    FileMissing {
        /// Which.
        path: PathBuf,
    },
    /// What was to be attached is a folder or a device.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// The file to attach is empty.
    #[error("{} is empty", path.display())]
    FileEmpty {
        /// Which.
        path: PathBuf,
    },
    /// The file to attach is larger than allowed.
    #[error("{} has {size} bytes, of at most {size_max}", path.display())]
    FileTooLarge {
        /// Which.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The largest that is allowed.
        size_max: u64,
    },
    /// The file to attach cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    FileUnreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Nobody answered a [`fetch`](crate::SyncService::fetch).
    #[error("the server was not reached: {reason}")]
    Unreached {
        /// What failed; no secrets.
        reason: String,
    },
    /// The session has ended: the user must sign in again.
    #[error("the session has ended: sign in again; what waits is kept")]
    SignInNeeded,
    /// The session could not be kept.
    #[error("the session cannot be kept: {0}")]
    Session(io::Error),
}

/// What kind of error it is, for programs that branch on it.
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
    /// The database is another's, or not a database.
    Foreign,
    /// The database failed or is damaged.
    Database,
    /// A file or folder of the service's own cannot be used.
    Storage,
    /// The service is closed.
    Closed,
    /// The server was not reached.
    Network,
    /// The user must sign in.
    SignIn,
}

impl Error {
    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Engine(error) => of_engine(error.kind()),
            Self::Closed => ErrorKind::Closed,
            Self::Stopped { .. } | Self::Corrupt { .. } => ErrorKind::Database,
            Self::Storage { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                ErrorKind::DiskFull
            }
            Self::Storage { .. } | Self::ReadOnly { .. } | Self::Session(_) => ErrorKind::Storage,
            Self::NotADatabase { .. } | Self::Foreign { .. } => ErrorKind::Foreign,
            Self::FileTooLarge { .. } => ErrorKind::Limit,
            Self::Unreached { .. } => ErrorKind::Network,
            Self::SignInNeeded => ErrorKind::SignIn,
            Self::Config(_)
            | Self::FileMissing { .. }
            | Self::NotAFile { .. }
            | Self::FileEmpty { .. }
            | Self::FileUnreadable { .. } => ErrorKind::Input,
        }
    }
}

fn of_engine(kind: engine::ErrorKind) -> ErrorKind {
    match kind {
        engine::ErrorKind::Input => ErrorKind::Input,
        engine::ErrorKind::Limit => ErrorKind::Limit,
        engine::ErrorKind::DiskFull => ErrorKind::DiskFull,
        engine::ErrorKind::Locked => ErrorKind::Locked,
        engine::ErrorKind::Foreign => ErrorKind::Foreign,
        _ => ErrorKind::Database,
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error.into())
    }
}
