//! Where the processes of a demo keep what they have.
//!
//! Owns the names. Never opens anything.

use outrigger_client::SessionFile;
use std::path::{Path, PathBuf};

/// The folder of the server, in that of the world.
pub(crate) fn server(world: &Path) -> PathBuf {
    world.join("server")
}

/// The folder of the client, in that of the world.
pub(crate) fn client(world: &Path) -> PathBuf {
    world.join("client")
}

/// The session of the client, in its folder. So are the others.
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
