//! The one error type of the bench.
//!
//! Owns what can keep a figure from being measured. That a figure is bad is no error.

use std::io;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file, a process or a socket.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A database of the bench's own.
    #[error("a database of the bench cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] outrigger_engine::Error),
    /// The client.
    #[error(transparent)]
    Client(#[from] outrigger_client::Error),
    /// The server, where it is started.
    #[error(transparent)]
    Server(#[from] outrigger_server::Error),
    /// A request of the bench's own.
    #[error("a request was not answered: {0}")]
    Http(#[from] reqwest::Error),
    /// Something did not happen as it must for the figure to mean anything.
    #[error("{0}")]
    Unmeasured(String),
}

impl Error {
    /// What the system said to an attempt.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
