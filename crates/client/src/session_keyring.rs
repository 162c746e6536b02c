//! A session kept in the operating system's keyring, and in a file where there is none that answers.
//!
//! Owns which of the two holds it, and the order in which it moves from one to the other. Never waits for a keyring longer than its bound, and
//! never holds a lock of its own: the lock is the file's, so that processes on either side keep each other out.
//!
//! The file always says where the session is: it holds the session, or a note that the keyring does. **Invariant:** what the file says is true
//! at every moment. Into the keyring: first the session, then the note. Out of it: the file, in one step. So what a crash, a keyring that was
//! locked meanwhile, or a set that arrives late leaves behind in the keyring is never read.

use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

use crate::credentials::secret_json;
use crate::session::{Session, SessionLock, SessionStore};
use crate::session_file::{Kept, SessionFile};

/// Under this name people find it in their keyring's own program.
const SERVICE: &str = "outrigger";
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one that said no is left alone: it may ask its user each time.
const REST: Duration = Duration::from_secs(60);

/// Opens a keyring, as often as one is needed: between two renewals the user may have signed out of their desktop.
type Open = dyn Fn() -> Result<Arc<CredentialStore>, KeyringError> + Send + Sync;

/// A [`SessionStore`] in the keyring of this user of the system, else in the file beside it.
pub struct SessionKeyring {
    file: SessionFile,
    open: Arc<Open>,
    /// One call at a time; while one is stuck there is no keyring.
    stuck: Arc<AtomicBool>,
    patience: Duration,
    rest: Duration,
    said_no: Mutex<Option<Instant>>,
}

impl SessionKeyring {
    /// In the keyring of the operating system: the Secret Service of a desktop (GNOME Keyring, KWallet, KeePassXC), macOS's keychain, Windows'
    /// credential manager. A session that `file` holds is used, and moves over when it is renewed.
    pub fn new(file: SessionFile) -> Self {
        Self::over(file, native)
    }

    /// In a keyring of another kind.
    pub fn over(
        file: SessionFile,
        open: impl Fn() -> Result<Arc<CredentialStore>, KeyringError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            file,
            open: Arc::new(open),
            stuck: Arc::new(AtomicBool::new(false)),
            patience: PATIENCE,
            rest: REST,
            said_no: Mutex::new(None),
        }
    }

    /// How long the keyring may take to answer, with a person who types its password. 20 s.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How long a keyring that said no, or nothing, is left alone: it may ask its user each time. 60 s.
    #[must_use]
    pub fn with_rest(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// The file that says where the session is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Does something with the entry of this file.
    fn with_entry<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
    ) -> io::Result<T> {
        let said_no = || self.said_no.lock().unwrap_or_else(PoisonError::into_inner);
        let last = *said_no();
        if last.is_some_and(|at| at.elapsed() < self.rest) {
            return Err(unreachable("it said no, or nothing, a moment ago"));
        }
        let done = self.ask(work);
        let refused = matches!(&done, Err(error) if error.kind() != io::ErrorKind::NotFound);
        *said_no() = refused.then(Instant::now);
        done
    }

    /// Asks it, on a thread of its own: a keyring that asks somebody who is not there answers never.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Entry) -> Result<T, KeyringError> + Send + 'static,
    ) -> io::Result<T> {
        if self.stuck.swap(true, Ordering::AcqRel) {
            return Err(unreachable("it has not answered the last question yet"));
        }
        let (stuck, open) = (Arc::clone(&self.stuck), Arc::clone(&self.open));
        let user = self.file.path().display().to_string();
        let (answer, answered) = mpsc::channel();
        let asking = move || {
            let done = open()
                .and_then(|store| store.build(SERVICE, &user, None))
                .and_then(|entry| work(&entry));
            stuck.store(false, Ordering::Release);
            // Whoever asked may have gone on without it.
            let _ = answer.send(done);
        };
        let thread = std::thread::Builder::new().name("outrigger-keyring".to_owned());
        if let Err(error) = thread.spawn(asking) {
            self.stuck.store(false, Ordering::Release);
            return Err(error);
        }
        match answered.recv_timeout(self.patience) {
            Ok(Ok(done)) => Ok(done),
            // Only said in words: the other form of some of these errors shows what was read.
            Ok(Err(KeyringError::NoEntry)) => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the keyring holds no session any more",
            )),
            Ok(Err(error)) => Err(unreachable(&error.to_string())),
            Err(_) => Err(unreachable("it did not answer in time")),
        }
    }

    fn keep_in_keyring(&self, session: &Session) -> io::Result<()> {
        let bytes = secret_json(session)?;
        self.with_entry(move |entry| entry.set_secret(&bytes))
    }
}

impl fmt::Debug for SessionKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKeyring")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl SessionStore for SessionKeyring {
    fn load(&self) -> io::Result<Option<Session>> {
        match self.file.kept()? {
            Kept::Nothing => return Ok(None),
            Kept::Session(session) => return Ok(Some(*session)),
            Kept::InKeyring => {}
        }
        let read = self.with_entry(|entry| entry.get_secret().map(Zeroizing::new));
        let bytes = match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| {
            let text = "what the keyring holds is no session; sign in again";
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        match self.keep_in_keyring(session) {
            Ok(()) => self.file.note_keyring(),
            Err(error) => {
                tracing::warn!(%error, "the session is kept in a file");
                self.file.save(session)
            }
        }
    }

    fn clear(&self) -> io::Result<()> {
        let held = matches!(self.file.kept(), Ok(Kept::InKeyring));
        match self.with_entry(Entry::delete_credential) {
            Err(error) if held && error.kind() != io::ErrorKind::NotFound => Err(error),
            // Where the file has it, nothing of worth is in the keyring: what it may still hold was renewed since.
            _ => self.file.clear(),
        }
    }

    fn try_lock(&self) -> io::Result<Option<SessionLock>> {
        self.file.try_lock()
    }
}

/// There is no keyring, it is locked, or it does not answer. What is in it may still be.
fn unreachable(reason: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::NotConnected,
        format!("the keyring cannot be used: {reason}"),
    )
}

#[cfg(target_os = "macos")]
fn native() -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn native() -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
fn native() -> Result<Arc<CredentialStore>, KeyringError> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(any(target_os = "ios", target_os = "android", not(any(unix, windows))))]
fn native() -> Result<Arc<CredentialStore>, KeyringError> {
    Err(KeyringError::NotSupportedByStore(
        "none is known for this system".to_owned(),
    ))
}
