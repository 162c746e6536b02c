//! What can go wrong with the server as a whole, for whoever starts it.
//!
//! Owns one enum. Never what a caller is answered with: that is [`crate::problem`].

use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Why the server could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database could not be opened or brought to this version.
    #[error("cannot open the database {path}: {message}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        message: String,
    },
    /// The database was written by a newer version of the server.
    #[error(
        "the database {path} is of a newer version ({found}, this server knows {known}): update the server"
    )]
    NewerDatabase {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this server knows.
        known: i64,
    },
    /// The file belongs to another program.
    #[error("the database {path} was not made by this server: choose another data directory")]
    ForeignDatabase {
        /// Which file.
        path: PathBuf,
    },
    /// A file or folder could not be made, read or written.
    #[error("cannot use {path}: {source}")]
    Files {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another server has this data directory open.
    #[error("the data directory {path} is in use by another server")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The store failed outside any request.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The listening socket failed.
    #[error("cannot listen: {0}")]
    Listen(std::io::Error),
}

impl Error {
    pub(crate) fn open(path: &Path, source: rusqlite::Error) -> Self {
        Self::Open {
            path: path.to_owned(),
            message: source.to_string(),
        }
    }

    pub(crate) fn files(path: &Path, source: std::io::Error) -> Self {
        Self::Files {
            path: path.to_owned(),
            source,
        }
    }
}
