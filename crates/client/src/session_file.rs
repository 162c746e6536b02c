//! A session kept in a file that only its owner may read.
//!
//! Owns the file, its replacement in one step, the note in it that a keyring holds the session instead, and the lock file beside it. Never looks
//! into a session.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::credentials::secret_json;
use crate::files;
use crate::session::{Session, SessionLock, SessionStore};

/// What the file says when the session is elsewhere.
const IN_KEYRING: &str = r#"{"kept_in":"keyring"}"#;

/// A [`SessionStore`] in a file.
#[derive(Debug, Clone)]
pub struct SessionFile {
    path: PathBuf,
}

/// What a file says of the session.
#[derive(Debug)]
pub(crate) enum Kept {
    /// There is none.
    Nothing,
    /// This one.
    Session(Box<Session>),
    /// The keyring holds it.
    InKeyring,
}

/// Where a session is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionPlace {
    /// In the file, which only its owner may read.
    File,
    /// In the operating system's keyring.
    Keyring,
}

impl SessionFile {
    /// In this file; its folder is made when it is first needed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the session is kept, if there is one. Asks no keyring.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no session.
    pub fn place(&self) -> io::Result<Option<SessionPlace>> {
        Ok(match self.kept()? {
            Kept::Nothing => None,
            Kept::Session(_) => Some(SessionPlace::File),
            Kept::InKeyring => Some(SessionPlace::Keyring),
        })
    }

    pub(crate) fn kept(&self) -> io::Result<Kept> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::Nothing),
            Err(error) => return Err(error),
        };
        if *bytes == IN_KEYRING.as_bytes() {
            return Ok(Kept::InKeyring);
        }
        let session = serde_json::from_slice(&bytes).map_err(|_| {
            let path = self.path.display();
            unfit(format!("{path} holds no session; sign in again, or restore it"))
        })?;
        Ok(Kept::Session(session))
    }

    /// Notes that the keyring holds the session from now on.
    #[cfg_attr(
        not(feature = "keyring"),
        expect(dead_code, reason = "only a keyring needs it")
    )]
    pub(crate) fn note_keyring(&self) -> io::Result<()> {
        match self.kept() {
            Ok(Kept::InKeyring) => Ok(()),
            _ => self.replace(IN_KEYRING.as_bytes()),
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let folder = files::parent(&self.path);
        files::create_private_folder(folder)?;
        let draft = files::beside(&self.path, ".new");
        files::remove(&draft)?;
        let mut file = files::private(OpenOptions::new().write(true).create_new(true)).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&draft, &self.path)?;
        files::sync_folder(folder)
    }
}

fn unfit(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl SessionStore for SessionFile {
    fn load(&self) -> io::Result<Option<Session>> {
        match self.kept()? {
            Kept::Nothing => Ok(None),
            Kept::Session(session) => Ok(Some(*session)),
            Kept::InKeyring => Err(unfit(
                "the session is in the keyring, which is not asked here; sign in again".to_owned(),
            )),
        }
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        self.replace(&secret_json(session)?)
    }

    fn clear(&self) -> io::Result<()> {
        files::remove(&self.path)?;
        files::sync_folder(files::parent(&self.path))
    }

    fn try_lock(&self) -> io::Result<Option<SessionLock>> {
        files::create_private_folder(files::parent(&self.path))?;
        let lock_path = files::beside(&self.path, ".lock");
        let lock: File =
            files::private(OpenOptions::new().write(true).create(true).truncate(false)).open(lock_path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Box::new(lock))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::Secret;
    use crate::session::Account;

    fn session(access: &str) -> Session {
        Session {
            access_token: Secret::new(access),
            refresh_token: Secret::new("refresh"),
            account: Account {
                id: "usr_1".into(),
                name: "ada".into(),
            },
        }
    }

    #[test]
    fn what_is_saved_is_loaded_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionFile::new(folder.path().join("deep/session.json"));
        assert_eq!(store.load().unwrap(), None);
        store.save(&session("one")).unwrap();
        store.save(&session("two")).unwrap();
        assert_eq!(store.load().unwrap(), Some(session("two")));
        store.clear().unwrap();
        store.clear().unwrap();
        assert_eq!(store.load().unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let store = SessionFile::new(folder.path().join("deep/session.json"));
        store.save(&session("one")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.path()), 0o600);
        assert_eq!(mode(&folder.path().join("deep")), 0o700);
    }

    #[test]
    fn one_holds_the_lock_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (
            SessionFile::new(folder.path().join("s")),
            SessionFile::new(folder.path().join("s")),
        );
        let held = one.try_lock().unwrap();
        assert!(held.is_some());
        assert!(other.try_lock().unwrap().is_none());
        drop(held);
        assert!(other.try_lock().unwrap().is_some());
    }

    #[test]
    fn a_broken_file_is_said_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionFile::new(folder.path().join("session.json"));
        std::fs::write(store.path(), b"{\"access").unwrap();
        assert_eq!(store.load().unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(std::fs::read(store.path()).unwrap(), b"{\"access");
    }
}
