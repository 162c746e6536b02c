//! Sessions: one renewal for all, durable before use, and nothing lost while the user is away.

use outrigger_client::engine::event::Refreshed;
use outrigger_client::engine::{Outcome, SyncKind};
use outrigger_client::{
    Account, Credentials as _, Error, FixedToken, Secret, Session, SessionCredentials, SessionFile,
    SessionLock, SessionStore,
};
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Mutex};
use url::Url;

use crate::server::{Asked, Backend, Server, Told};
use crate::world::{Device, add, state_like, within, writes};

pub(crate) const REFRESH: &str = "/v1/sessions/refresh";

pub(crate) fn session(generation: u32) -> Session {
    Session {
        access_token: Secret::new(format!("access-{generation}")),
        refresh_token: Secret::new(format!("refresh-{generation}")),
        account: Account {
            id: "usr_1".to_owned(),
            name: "ada".to_owned(),
        },
    }
}

pub(crate) fn problem(status: u16, name: &str) -> Told {
    let body = json!({"type": format!("urn:outrigger:problem:{name}"), "title": name, "status": status});
    Told::Json(status, body)
}

/// A backend whose access tokens run out when it says so.
#[derive(Clone)]
struct Guard {
    valid: Arc<Mutex<u32>>,
    backend: Backend,
}

impl Guard {
    async fn start(valid: u32) -> (Self, Server) {
        let guard = Self {
            valid: Arc::new(Mutex::new(valid)),
            backend: Backend::default(),
        };
        let server = Server::start({
            let guard = guard.clone();
            move |asked| guard.answer(asked)
        })
        .await;
        (guard, server)
    }

    fn answer(&self, asked: &Asked) -> Told {
        let valid = self.valid.lock().unwrap();
        if asked.path == REFRESH {
            assert_eq!(asked.header("authorization"), None);
            let expected = format!("refresh-{}", *valid - 1);
            if asked.json() != json!({ "refresh_token": expected }) {
                return problem(400, "invalid-grant");
            }
            return Told::Json(200, as_json(&session(*valid)));
        }
        if asked.header("authorization") != Some(&format!("Bearer access-{valid}")) {
            return problem(401, "unauthorized");
        }
        match asked.path.as_str() {
            "/read" => Told::Json(200, json!({})),
            _ => self.backend.answer(asked),
        }
    }
}

/// As the server gives it: with what a later client may want to know.
fn as_json(session: &Session) -> Value {
    let mut json = serde_json::to_value(session).unwrap();
    json["expires_in"] = json!(900);
    json
}

pub(crate) async fn signed_in(
    server: &Url,
    store: impl SessionStore,
    generation: u32,
) -> Arc<SessionCredentials> {
    let credentials = SessionCredentials::open(server, Arc::new(store)).await.unwrap();
    credentials.adopt(session(generation)).await.unwrap();
    Arc::new(credentials)
}

/// Somebody who has signed in on a device of their own.
pub(crate) struct SignedIn {
    pub(crate) store: SessionFile,
    pub(crate) credentials: Arc<SessionCredentials>,
    pub(crate) device: Device,
    _folder: tempfile::TempDir,
}

impl SignedIn {
    pub(crate) async fn at(server: &Url) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionFile::new(folder.path().join("session.json"));
        let credentials = signed_in(server, store.clone(), 1).await;
        Self {
            device: Device::with_credentials(server, credentials.clone()),
            store,
            credentials,
            _folder: folder,
        }
    }
}

fn renewals(server: &Server) -> usize {
    server
        .asked()
        .iter()
        .filter(|asked| asked.path == REFRESH)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refusals_are_one_renewal() {
    let (guard, server) = Guard::start(2).await;
    let me = SignedIn::at(&server.url).await;
    let service = me.device.open().await;
    let all = (0..40).map(|number| add(&service, &number.to_string())).collect();
    let written = service.mutate_all(writes(all)).await.unwrap();
    let reads = futures_util::future::join_all((0..100).map(|_| service.fetch("/read")));
    for read in within(reads).await {
        assert_eq!(read.unwrap().status, 200);
    }
    for written in written {
        assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    }
    assert_eq!(renewals(&server), 1);
    assert_eq!(guard.backend.texts().len(), 40);
    assert_eq!(me.store.load().unwrap(), Some(session(2)));
}

#[tokio::test]
async fn only_a_typed_no_asks_the_user_to_sign_in_and_nothing_is_lost() {
    let (guard, server) = Guard::start(9).await;
    let me = SignedIn::at(&server.url).await;
    let service = me.device.open().await;
    let written = service.mutate(add(&service, "milk")).await.unwrap();
    let state = state_like(&service, |state| state.kind == SyncKind::Error).await;
    assert_eq!(state.message.as_deref(), Some("sign in again"));
    assert_eq!(state.pending, 1);
    assert!(matches!(
        within(service.fetch("/read")).await,
        Err(Error::SignInNeeded)
    ));

    me.credentials.adopt(session(9)).await.unwrap();
    service.signed_in().await.unwrap();
    assert_eq!(within(written.synced()).await.unwrap(), Outcome::Synced);
    assert_eq!(guard.backend.texts(), ["milk"]);
}

#[tokio::test]
async fn a_renewal_that_fails_is_no_reason_to_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |told: fn() -> Told| {
        let server = Server::start(move |_| told()).await;
        let store = SessionFile::new(folder.path().join("session.json"));
        let credentials = signed_in(&server.url, store, 1).await;
        let refused = credentials.access_token();
        assert_eq!(within(credentials.refresh(refused)).await, Refreshed::Failed);
        assert_eq!(credentials.session(), Some(session(1)));
    };
    check(|| Told::Cut).await;
    check(|| problem(500, "internal")).await;
    check(|| problem(400, "malformed")).await;
    check(|| Told::Json(400, json!({"error": "?"}))).await;
    check(|| Told::Json(200, json!({"access_token": "half"}))).await;
    check(|| {
        let mut other = session(2);
        other.account.id = "usr_2".to_owned();
        Told::Json(200, as_json(&other))
    })
    .await;
}

#[tokio::test]
async fn two_processes_renew_once() {
    let (_guard, server) = Guard::start(2).await;
    let folder = tempfile::tempdir().unwrap();
    let store = SessionFile::new(folder.path().join("session.json"));
    let one = signed_in(&server.url, store.clone(), 1).await;
    let other = signed_in(&server.url, store, 1).await;
    let refused = one.access_token();
    let (first, second) = tokio::join!(one.refresh(refused.clone()), other.refresh(refused));
    assert_eq!((first, second), (Refreshed::Renewed, Refreshed::Renewed));
    assert_eq!(one.session(), Some(session(2)));
    assert_eq!(other.session(), Some(session(2)));
    assert_eq!(renewals(&server), 1);
}

/// Keeps nothing more after the first.
struct Full(Mutex<Option<Session>>);

impl SessionStore for Full {
    fn load(&self) -> io::Result<Option<Session>> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, session: &Session) -> io::Result<()> {
        let mut kept = self.0.lock().unwrap();
        if kept.is_some() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *kept = Some(session.clone());
        Ok(())
    }

    fn clear(&self) -> io::Result<()> {
        self.0.lock().unwrap().take();
        Ok(())
    }

    fn try_lock(&self) -> io::Result<Option<SessionLock>> {
        Ok(Some(Box::new(())))
    }
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_used() {
    let (_guard, server) = Guard::start(2).await;
    let credentials = signed_in(&server.url, Full(Mutex::new(None)), 1).await;
    let refused = credentials.access_token();
    assert_eq!(within(credentials.refresh(refused)).await, Refreshed::Failed);
    assert_eq!(credentials.session(), Some(session(1)));
    credentials.forget().await.unwrap();
    assert_eq!(credentials.session(), None);
    assert_eq!(within(credentials.refresh(None)).await, Refreshed::InvalidGrant);
}

#[tokio::test]
async fn a_token_shows_itself_nowhere() {
    let server = Server::start(|_| Told::Cut).await;
    let token = Arc::new(FixedToken(Secret::new("hush-hush")));
    let device = Device::with_credentials(&server.url, token);
    let service = device.open().await;
    let error = within(service.fetch("/read?secret=hush-hush")).await.unwrap_err();
    service.mutate(add(&service, "milk")).await.unwrap();
    let state = state_like(&service, |state| state.message.is_some()).await;
    let shown = format!("{error} {error:?} {state:?} {service:?}");
    assert!(!shown.contains("hush"), "{shown}");
    let asked = server.was_asked(|asked| asked.path.starts_with("/read")).await;
    assert_eq!(asked.header("authorization"), Some("Bearer hush-hush"));
}
