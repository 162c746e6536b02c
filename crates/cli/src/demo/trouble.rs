//! The one error type of the demo.
//!
//! Owns what can keep a demo from being played to its end. What it proves or disproves is no error: that is an audit's finding.

use std::io;

/// Why a demo could not be played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// A file, a process or a socket.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A database could not be read.
    #[error("a database cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// The client's service.
    #[error(transparent)]
    Client(#[from] outrigger_client::Error),
    /// A process or the server said something that has no place in the story.
    #[error("{0}")]
    Story(String),
}

impl Trouble {
    /// What the system said to an attempt.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
