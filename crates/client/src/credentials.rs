//! Who the requests are from: the port, and the one renewal at a time.
//!
//! Owns secrets in memory and the single flight. Never stores a secret, never shows one.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use outrigger_engine::event::Refreshed;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Text that must not be seen: a token, a password. Shows itself as `[redacted]`, and overwrites its memory when it is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Whoever asks answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A value with a secret in it as JSON, in memory that is overwritten when it is dropped.
pub(crate) fn secret_json(value: &impl Serialize) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    // Large enough for a session: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_JSON_BYTES));
    serde_json::to_writer(&mut *bytes, value)?;
    Ok(bytes)
}

const SECRET_JSON_BYTES: usize = 4 << 10;

/// Where the host has its access token from. Implementations keep the tokens; the host sees to it that one renewal runs at a time.
pub trait Credentials: Send + Sync + 'static {
    /// The token that requests carry now. Must not block.
    fn access_token(&self) -> Option<Secret>;

    /// Gets a token that takes the place of `refused`, which the server did not take. [`Refreshed::InvalidGrant`] only where the server says
    /// so in type, since it makes the user sign in again.
    fn refresh(&self, refused: Option<Secret>) -> BoxFuture<'_, Refreshed>;
}

/// Requests without credentials.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn access_token(&self) -> Option<Secret> {
        None
    }

    fn refresh(&self, _refused: Option<Secret>) -> BoxFuture<'_, Refreshed> {
        async { Refreshed::InvalidGrant }.boxed()
    }
}

/// One token that cannot be renewed.
#[derive(Debug, Clone)]
pub struct FixedToken(pub Secret);

impl Credentials for FixedToken {
    fn access_token(&self) -> Option<Secret> {
        Some(self.0.clone())
    }

    fn refresh(&self, _refused: Option<Secret>) -> BoxFuture<'_, Refreshed> {
        async { Refreshed::InvalidGrant }.boxed()
    }
}

/// A renewal that takes longer has failed.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(60);

/// One renewal at a time; who asks while one runs gets its result.
pub(crate) struct Refresher {
    credentials: Arc<dyn Credentials>,
    rounds: AtomicU64,
    last: Mutex<Refreshed>,
}

impl Refresher {
    pub(crate) fn new(credentials: Arc<dyn Credentials>) -> Self {
        Self {
            credentials,
            rounds: AtomicU64::new(0),
            last: Mutex::new(Refreshed::Failed),
        }
    }

    pub(crate) fn access_token(&self) -> Option<Secret> {
        self.credentials.access_token()
    }

    /// Renews, unless `refused` is no longer the token in use, or a renewal ended while this one waited for its turn.
    pub(crate) async fn renew(&self, refused: Option<Secret>) -> Refreshed {
        let round = self.rounds.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        if self.credentials.access_token() != refused {
            return Refreshed::Renewed;
        }
        if self.rounds.load(Ordering::Acquire) != round {
            return *last;
        }
        let renewal = AssertUnwindSafe(self.credentials.refresh(refused)).catch_unwind();
        *last = match tokio::time::timeout(REFRESH_TIMEOUT, renewal).await {
            Ok(Ok(refreshed)) => refreshed,
            Ok(Err(_panic)) => {
                tracing::error!("the credentials panicked while they were renewed");
                Refreshed::Failed
            }
            Err(_elapsed) => Refreshed::Failed,
        };
        self.rounds.fetch_add(1, Ordering::Release);
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex as StdMutex;
    use tokio::sync::Notify;

    /// Renews to `token-<n>` once it is let.
    struct Scripted {
        token: StdMutex<Secret>,
        renewals: AtomicU64,
        go: Notify,
        outcome: Refreshed,
    }

    impl Scripted {
        fn new(outcome: Refreshed) -> Arc<Self> {
            Arc::new(Self {
                token: StdMutex::new(Secret::new("token-0")),
                renewals: AtomicU64::new(0),
                go: Notify::new(),
                outcome,
            })
        }
    }

    impl Credentials for Scripted {
        fn access_token(&self) -> Option<Secret> {
            Some(self.token.lock().unwrap().clone())
        }

        fn refresh(&self, _refused: Option<Secret>) -> BoxFuture<'_, Refreshed> {
            async {
                let round = self.renewals.fetch_add(1, Ordering::SeqCst) + 1;
                self.go.notified().await;
                if self.outcome == Refreshed::Renewed {
                    *self.token.lock().unwrap() = Secret::new(format!("token-{round}"));
                }
                self.outcome
            }
            .boxed()
        }
    }

    async fn a_hundred_ask(outcome: Refreshed) -> u64 {
        let credentials = Scripted::new(outcome);
        let refresher = Arc::new(Refresher::new(credentials.clone()));
        let refused = credentials.access_token();
        let all = futures_util::future::join_all((0..100).map(|_| refresher.renew(refused.clone())));
        let (all, ()) = tokio::join!(all, async { credentials.go.notify_one() });
        assert!(all.into_iter().all(|refreshed| refreshed == outcome));
        assert_eq!(
            refresher.renew(Some(Secret::new("an older one"))).await,
            Refreshed::Renewed
        );
        credentials.renewals.load(Ordering::SeqCst)
    }

    #[tokio::test]
    async fn a_hundred_refusals_are_one_renewal() {
        assert_eq!(a_hundred_ask(Refreshed::Renewed).await, 1);
    }

    #[tokio::test]
    async fn a_hundred_refusals_share_one_failure() {
        assert_eq!(a_hundred_ask(Refreshed::Failed).await, 1);
        assert_eq!(a_hundred_ask(Refreshed::InvalidGrant).await, 1);
    }

    #[test]
    fn a_secret_overwrites_its_memory() {
        fn is_overwritten<T: ZeroizeOnDrop>() {}
        is_overwritten::<Secret>();
        let mut secret = Secret::new("hush");
        secret.zeroize();
        assert_eq!(secret.expose(), "");
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(
            format!("{:?}", FixedToken(Secret::new("hush"))),
            "FixedToken([redacted])"
        );
    }
}
