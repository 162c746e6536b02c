//! What the service shows to whoever looks: its state, its changes, what was settled, and why it ended.
//!
//! Owns the board; the writer thread writes on it. Never decides what is shown.

use outrigger_engine::{SyncKind, SyncState};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

use crate::changes::{Change, ChangeSender, Changes};
use crate::error::Error;
use crate::settled::Waiters;

pub(crate) struct Board {
    state: watch::Sender<SyncState>,
    /// `None` once the service has ended, so that streams end too.
    changes: Mutex<Option<ChangeSender>>,
    failure: Arc<OnceLock<Arc<str>>>,
    pub(crate) waiters: Waiters,
}

impl Board {
    pub(crate) fn new() -> Self {
        let failure = Arc::new(OnceLock::new());
        Self {
            state: watch::Sender::new(SyncState::IDLE),
            changes: Mutex::new(Some(ChangeSender::new())),
            waiters: Waiters::new(Arc::clone(&failure)),
            failure,
        }
    }

    pub(crate) fn state(&self) -> watch::Receiver<SyncState> {
        self.state.subscribe()
    }

    pub(crate) fn show(&self, state: SyncState) {
        self.state.send_replace(state);
    }

    pub(crate) fn changes(&self) -> Result<Changes, Error> {
        let changes = self.change_sender();
        changes
            .as_ref()
            .map(ChangeSender::subscribe)
            .ok_or_else(|| self.ended())
    }

    pub(crate) fn tell(&self, change: Change) {
        if let Some(changes) = &*self.change_sender() {
            changes.tell(change);
        }
    }

    /// Why a call on the service cannot be answered any more.
    pub(crate) fn ended(&self) -> Error {
        ended(&self.failure)
    }

    /// The service stops by itself: everybody is told why.
    pub(crate) fn fail(&self, reason: &str) {
        tracing::error!(reason, "the service has stopped");
        let _ = self.failure.set(reason.into());
        self.state.send_modify(|state| {
            state.kind = SyncKind::Error;
            state.in_flight = 0;
            state.next_attempt_in_ms = None;
            state.message = Some(format!("the service has stopped: {reason}"));
        });
    }

    /// The service has ended: whoever waits is let go.
    pub(crate) fn end(&self) {
        self.waiters.close();
        self.change_sender().take();
    }

    fn change_sender(&self) -> MutexGuard<'_, Option<ChangeSender>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why it ended, by what was noted.
pub(crate) fn ended(failure: &OnceLock<Arc<str>>) -> Error {
    match failure.get() {
        Some(reason) => Error::Stopped {
            reason: Arc::clone(reason),
        },
        None => Error::Closed,
    }
}
