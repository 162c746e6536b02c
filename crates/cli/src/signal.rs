//! Being asked to end.
//!
//! Owns the signals that are listened to. Never ends anything itself.

use crate::error::Error;

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The user, with Ctrl-C.
    Interrupt,
    /// The system.
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix tells the two apart"))]
    Terminate,
}

/// Waits until this process is asked to end.
#[cfg(unix)]
pub(crate) async fn received() -> Result<Signal, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let deaf = |error| Error::Failed(format!("signals cannot be listened to: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    tokio::select! {
        _ = interrupt.recv() => Ok(Signal::Interrupt),
        _ = terminate.recv() => Ok(Signal::Terminate),
    }
}

/// Waits until this process is asked to end.
#[cfg(not(unix))]
pub(crate) async fn received() -> Result<Signal, Error> {
    tokio::signal::ctrl_c()
        .await
        .map(|()| Signal::Interrupt)
        .map_err(|error| Error::Failed(format!("signals cannot be listened to: {error}")))
}
