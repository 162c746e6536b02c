//! Credentials of Outrigger's own server: a pair of rotating tokens, kept durably, renewed by one process at a time.
//!
//! Owns `POST /v1/sessions/refresh` and the order *lock, read again, renew, keep, use*. Never keeps anything itself: that is the
//! [`SessionStore`]'s.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use outrigger_engine::event::Refreshed;
use outrigger_engine::http::Response;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use url::Url;
use zeroize::Zeroize as _;

use crate::credentials::{Credentials, Secret, secret_json};
use crate::error::Error;
use crate::transport;

/// A session, as the server gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What requests carry.
    pub access_token: Secret,
    /// What gets the next pair.
    pub refresh_token: Secret,
    /// Whose it is.
    pub account: Account,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The server's id of the account.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Held while one process renews; let go when dropped.
pub type SessionLock = Box<dyn Any + Send>;

/// Where a session is kept. All methods may block.
pub trait SessionStore: Send + Sync + 'static {
    /// The session kept last, if any.
    ///
    /// # Errors
    /// What the store says, also where what is kept cannot be read. [`io::ErrorKind::NotConnected`] where it is kept, but cannot be had now.
    fn load(&self) -> io::Result<Option<Session>>;

    /// Keeps a session in place of the last: whole, and durable once this returns.
    ///
    /// # Errors
    /// What the store says; then the last one is still kept.
    fn save(&self, session: &Session) -> io::Result<()>;

    /// Forgets the session.
    ///
    /// # Errors
    /// What the store says.
    fn clear(&self) -> io::Result<()>;

    /// Locks out other processes, or says that another one is inside (`None`).
    ///
    /// # Errors
    /// What the store says.
    fn try_lock(&self) -> io::Result<Option<SessionLock>>;
}

const LOCK_POLL: Duration = Duration::from_millis(25);
const LOCK_TIMEOUT: Duration = Duration::from_secs(45);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 1 << 20;
const INVALID_GRANT: &str = "urn:outrigger:problem:invalid-grant";

/// The session of one account with one server.
pub struct SessionCredentials {
    store: Arc<dyn SessionStore>,
    session: RwLock<Option<Session>>,
    http: reqwest::Client,
    refresh: Url,
}

impl SessionCredentials {
    /// Over what the store keeps; it may be nothing yet. A keyring that cannot be used now is asked again when the session is to be renewed: until
    /// then nothing is sent in anybody's name, and what is written waits.
    ///
    /// # Errors
    /// [`Error::Session`] where the store cannot be read, [`Error::Config`] where the URL cannot be used.
    pub async fn open(server: &Url, store: Arc<dyn SessionStore>) -> Result<Self, Error> {
        let session = match blocking(&store, |store| store.load()).await {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                tracing::warn!(%error, "the session is not known yet");
                None
            }
            loaded => loaded.map_err(Error::Session)?,
        };
        Ok(Self {
            store,
            session: RwLock::new(session),
            http: transport::http_client(server, "outrigger")?,
            refresh: transport::url_below(server, "/v1/sessions/refresh")?,
        })
    }

    /// The session in use.
    pub fn session(&self) -> Option<Session> {
        self.session
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps and uses the session of somebody who signed in.
    ///
    /// # Errors
    /// [`Error::Session`] where it could not be kept; then it is not used either.
    pub async fn adopt(&self, session: Session) -> Result<(), Error> {
        let kept = session.clone();
        // A renewal of the former session, by any process, must not be kept over this one.
        let _lock = self.lock().await.map_err(Error::Session)?;
        blocking(&self.store, move |store| store.save(&kept))
            .await
            .map_err(Error::Session)?;
        self.hold(Some(session));
        Ok(())
    }

    /// Forgets the session, here and in the store.
    ///
    /// # Errors
    /// [`Error::Session`] where the store still keeps it.
    pub async fn forget(&self) -> Result<(), Error> {
        self.hold(None);
        let _lock = self.lock().await.map_err(Error::Session)?;
        blocking(&self.store, |store| store.clear())
            .await
            .map_err(Error::Session)
    }

    fn hold(&self, session: Option<Session>) {
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = session;
    }

    async fn renew(&self, refused: Option<Secret>) -> io::Result<Refreshed> {
        let _lock = self.lock().await?;
        let Some(kept) = blocking(&self.store, |store| store.load()).await? else {
            return Ok(Refreshed::InvalidGrant);
        };
        if Some(&kept.access_token) != refused.as_ref() {
            // Another process has renewed it meanwhile.
            self.hold(Some(kept));
            return Ok(Refreshed::Renewed);
        }
        let renewed = match self.ask(&kept).await {
            Asked::Renewed(renewed) => *renewed,
            Asked::InvalidGrant => return Ok(Refreshed::InvalidGrant),
            Asked::Failed(reason) => {
                tracing::warn!(reason, "the session was not renewed");
                return Ok(Refreshed::Failed);
            }
        };
        if renewed.account.id != kept.account.id {
            tracing::error!("the server renewed the session of another account; it was not used");
            return Ok(Refreshed::Failed);
        }
        let to_keep = renewed.clone();
        blocking(&self.store, move |store| store.save(&to_keep)).await?;
        self.hold(Some(renewed));
        Ok(Refreshed::Renewed)
    }

    async fn lock(&self) -> io::Result<SessionLock> {
        let deadline = tokio::time::Instant::now() + LOCK_TIMEOUT;
        loop {
            if let Some(lock) = blocking(&self.store, |store| store.try_lock()).await? {
                return Ok(lock);
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process holds the session",
                ));
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    async fn ask(&self, kept: &Session) -> Asked {
        let refresh = RefreshRequest {
            refresh_token: &kept.refresh_token,
        };
        let body = match secret_json(&refresh) {
            Ok(body) => reqwest::Body::from(bytes::Bytes::from_owner(body)),
            Err(_) => return Asked::Failed("BUG: a token is JSON".to_owned()),
        };
        let request = self
            .http
            .post(self.refresh.clone())
            .timeout(REQUEST_TIMEOUT)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Asked::Failed(transport::reason(error)),
        };
        let mut response = match transport::read_answer(response, ANSWER_BYTES_MAX).await {
            Ok(response) => response,
            Err(reason) => return Asked::Failed(reason),
        };
        let asked = Asked::of(&response);
        response.body.zeroize();
        asked
    }
}

impl Asked {
    fn of(response: &Response) -> Self {
        match response.status {
            200 => match response.json() {
                Ok(session) => Self::Renewed(session),
                Err(_) => Self::Failed("the answer is not a session".to_owned()),
            },
            400 if response
                .json::<Problem>()
                .is_ok_and(|problem| problem.kind == INVALID_GRANT) =>
            {
                Asked::InvalidGrant
            }
            status => Self::Failed(format!("status {status}")),
        }
    }
}

impl Credentials for SessionCredentials {
    fn access_token(&self) -> Option<Secret> {
        self.session
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|session| session.access_token.clone())
    }

    fn refresh(&self, refused: Option<Secret>) -> BoxFuture<'_, Refreshed> {
        async move {
            self.renew(refused).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the session was not renewed");
                Refreshed::Failed
            })
        }
        .boxed()
    }
}

#[derive(Serialize)]
struct RefreshRequest<'a> {
    refresh_token: &'a Secret,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
}

enum Asked {
    Renewed(Box<Session>),
    InvalidGrant,
    Failed(String),
}

/// A store's blocking call, off the async threads.
async fn blocking<T: Send + 'static>(
    store: &Arc<dyn SessionStore>,
    call: impl FnOnce(&dyn SessionStore) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let store = Arc::clone(store);
    tokio::task::spawn_blocking(move || call(&*store))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}
