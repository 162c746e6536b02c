//! Where the client of a demo keeps what it has, within its folder.
//!
//! Owns the names. Never opens anything.

use outrigger_client::SessionFile;
use std::path::{Path, PathBuf};

/// The session of the client.
pub(crate) fn session_file(folder: &Path) -> SessionFile {
    SessionFile::new(folder.join("session.json"))
}

/// The database of the client.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join("client.db")
}

/// The attachments of the client.
pub(crate) fn attachments(folder: &Path) -> PathBuf {
    folder.join("attachments")
}
