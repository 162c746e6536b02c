//! Sessions in a keyring: a real one, one that is not there, one that comes and goes, one that never answers.

use keyring_core::{CredentialStore, Error as KeyringError};
use outrigger_client::engine::event::Refreshed;
use outrigger_client::{
    Account, Credentials as _, Secret, Session, SessionCredentials, SessionFile, SessionKeyring,
    SessionPlace, SessionStore,
};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::server::{Server, Told};

fn session(access: &str) -> Session {
    Session {
        access_token: Secret::new(format!("ora_{access}")),
        refresh_token: Secret::new(format!("orr_{access}")),
        account: Account {
            id: "usr_1".to_owned(),
            name: "ada".to_owned(),
        },
    }
}

/// A keyring that holds what it is given in this process, and is there or not.
#[derive(Clone)]
struct Fickle {
    store: Arc<keyring_core::mock::Store>,
    there: Arc<AtomicBool>,
    refusals: Arc<AtomicUsize>,
}

impl Fickle {
    fn new() -> Self {
        Self {
            store: keyring_core::mock::Store::new().unwrap(),
            there: Arc::new(AtomicBool::new(true)),
            refusals: Arc::default(),
        }
    }

    fn is_there(&self, there: bool) {
        self.there.store(there, Ordering::SeqCst);
    }

    fn over(&self, folder: &Path) -> SessionKeyring {
        let Self {
            store,
            there,
            refusals,
        } = self.clone();
        SessionKeyring::over(file(folder), move || match there.load(Ordering::SeqCst) {
            true => Ok(store.clone() as Arc<CredentialStore>),
            false => {
                refusals.fetch_add(1, Ordering::SeqCst);
                Err(no_access())
            }
        })
        .with_rest(Duration::ZERO)
    }
}

fn no_access() -> KeyringError {
    KeyringError::NoStorageAccess(Box::new(io::Error::other("it is locked")))
}

fn file(folder: &Path) -> SessionFile {
    SessionFile::new(folder.join("session.json"))
}

fn place(folder: &Path) -> Option<SessionPlace> {
    file(folder).place().unwrap()
}

/// Whether any file of the folder holds the text.
fn on_disk(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[cfg(target_os = "linux")]
const MISSING: &str = "dbus-run-session and gnome-keyring-daemon are not installed, so no real keyring was tested: \
    apt-get install dbus gnome-keyring";

/// A real Secret Service: GNOME Keyring on a session bus of its own, over an empty home, unlocked. What is tested with it runs inside, in a
/// process that sees nothing else.
#[cfg(target_os = "linux")]
#[test]
fn a_real_secret_service_keeps_sessions() {
    use std::process::Command;
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !there("dbus-run-session") || !there("gnome-keyring-daemon") {
        assert!(std::env::var_os("CI").is_none(), "{MISSING}");
        eprintln!("{MISSING}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let inside = r#"printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        exec "$0" --ignored --test-threads=1 keyring::inside::"#;
    let ran = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", inside])
        .arg(std::env::current_exe().unwrap())
        .envs(["HOME", "XDG_RUNTIME_DIR"].map(|name| (name, home.path())))
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(said.contains("2 passed"), "{said}");
    assert!(
        !on_disk(&home.path().join("data/keyrings"), "orr_"),
        "it is encrypted"
    );
}

#[cfg(target_os = "linux")]
mod inside {
    use super::*;

    #[ignore = "run by a_real_secret_service_keeps_sessions"]
    #[test]
    fn the_keyring_keeps_the_session_and_no_file_does() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = || SessionKeyring::new(file(folder.path()));
        assert_eq!(keyring().load().unwrap(), None);
        keyring().save(&session("one")).unwrap();
        keyring().save(&session("two")).unwrap();
        assert_eq!(keyring().load().unwrap(), Some(session("two")));
        assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
        assert!(!on_disk(folder.path(), "orr_") && !on_disk(folder.path(), "ora_"));
        keyring().clear().unwrap();
        keyring().clear().unwrap();
        assert_eq!(keyring().load().unwrap(), None);
        assert_eq!(place(folder.path()), None);
    }

    #[ignore = "run by a_real_secret_service_keeps_sessions"]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_who_share_it_renew_once() {
        let folder = tempfile::tempdir().unwrap();
        renew_once(|| Arc::new(SessionKeyring::new(file(folder.path())))).await;
        assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_share_a_keyring_renew_once() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    renew_once(|| Arc::new(fickle.over(folder.path()))).await;
}

/// Two who hold the same session renew it at once: its token is shown once, and both have the next.
async fn renew_once(store: impl Fn() -> Arc<SessionKeyring>) {
    let spent = Arc::new(Mutex::new(0));
    let server = Server::start({
        let spent = Arc::clone(&spent);
        move |_| {
            *spent.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            Told::Json(200, serde_json::to_value(session("two")).unwrap())
        }
    })
    .await;
    store().save(&session("one")).unwrap();
    let one = SessionCredentials::open(&server.url, store()).await.unwrap();
    let other = SessionCredentials::open(&server.url, store()).await.unwrap();
    let refused = one.access_token();
    let renewed = tokio::join!(one.refresh(refused.clone()), other.refresh(refused));
    assert_eq!(renewed, (Refreshed::Renewed, Refreshed::Renewed));
    assert_eq!(*spent.lock().unwrap(), 1, "the token was shown once");
    assert_eq!(other.session(), Some(session("two")));
    assert_eq!(store().load().unwrap(), Some(session("two")));
}

#[test]
fn a_session_in_a_file_moves_over_when_it_is_renewed() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    file(folder.path()).save(&session("old")).unwrap();
    let keyring = fickle.over(folder.path());
    assert_eq!(keyring.load().unwrap(), Some(session("old")));
    keyring.save(&session("new")).unwrap();
    assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
    assert!(!on_disk(folder.path(), "orr_"));
    assert_eq!(keyring.load().unwrap(), Some(session("new")));
}

#[test]
fn where_no_keyring_answers_the_file_keeps_it() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    fickle.is_there(false);
    let keyring = fickle.over(folder.path());
    keyring.save(&session("one")).unwrap();
    assert_eq!(place(folder.path()), Some(SessionPlace::File));
    assert_eq!(keyring.load().unwrap(), Some(session("one")));
    keyring.clear().unwrap();
    assert_eq!(place(folder.path()), None);
}

#[test]
fn what_a_keyring_held_before_it_was_locked_is_never_used_again() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    let keyring = fickle.over(folder.path());
    keyring.save(&session("spent")).unwrap();
    fickle.is_there(false);
    let error = keyring.load().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotConnected);
    assert!(
        keyring.clear().is_err(),
        "what is kept cannot be forgotten unseen"
    );
    assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
    keyring.save(&session("newer")).unwrap();
    fickle.is_there(true);
    assert_eq!(keyring.load().unwrap(), Some(session("newer")));
    keyring.save(&session("newest")).unwrap();
    assert_eq!(keyring.load().unwrap(), Some(session("newest")));
    assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
}

#[tokio::test]
async fn a_locked_keyring_is_no_reason_to_sign_in_again() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    let server = Server::start(|_| Told::Cut).await;
    fickle.over(folder.path()).save(&session("one")).unwrap();
    fickle.is_there(false);
    let store = Arc::new(fickle.over(folder.path()));
    let credentials = SessionCredentials::open(&server.url, store).await.unwrap();
    assert_eq!(credentials.access_token(), None);
    assert_eq!(credentials.refresh(None).await, Refreshed::Failed);
    fickle.is_there(true);
    assert_eq!(credentials.refresh(None).await, Refreshed::Renewed);
    assert_eq!(credentials.session(), Some(session("one")));
}

#[test]
fn a_keyring_that_never_answers_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let (_never, silence) = std::sync::mpsc::channel::<()>();
    let silence = Mutex::new(silence);
    let keyring = SessionKeyring::over(file(folder.path()), move || {
        let _ = silence.lock().unwrap_or_else(PoisonError::into_inner).recv();
        Err(no_access())
    });
    let keyring = keyring
        .with_patience(Duration::from_millis(50))
        .with_rest(Duration::ZERO);
    keyring.save(&session("one")).unwrap();
    keyring.save(&session("two")).unwrap();
    assert_eq!(keyring.load().unwrap(), Some(session("two")));
    assert_eq!(place(folder.path()), Some(SessionPlace::File));
}

#[test]
fn a_keyring_that_said_no_is_not_asked_again_at_once() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    fickle.is_there(false);
    let keyring = fickle.over(folder.path()).with_rest(Duration::from_secs(3600));
    keyring.save(&session("one")).unwrap();
    keyring.save(&session("two")).unwrap();
    assert_eq!(fickle.refusals.load(Ordering::SeqCst), 1);
    assert_eq!(keyring.load().unwrap(), Some(session("two")));
    // Another process, or this one later.
    fickle.is_there(true);
    fickle.over(folder.path()).save(&session("three")).unwrap();
    assert_eq!(place(folder.path()), Some(SessionPlace::Keyring));
}

#[test]
fn what_the_file_says_is_no_session_is_said() {
    let (folder, fickle) = (tempfile::tempdir().unwrap(), Fickle::new());
    fickle.over(folder.path()).save(&session("one")).unwrap();
    let error = file(folder.path()).load().unwrap_err();
    assert!(error.to_string().contains("in the keyring"), "{error}");
    assert!(!format!("{error:?} {:?}", fickle.over(folder.path())).contains("ora_"));
}
