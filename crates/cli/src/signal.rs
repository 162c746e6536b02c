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

/// Listens from now on; what is given back is ready once this process is asked to end.
#[cfg(unix)]
pub(crate) fn listen() -> Result<impl Future<Output = Signal> + Send, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let deaf = |error| Error::Failed(format!("signals cannot be listened to: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    })
}

/// Listens from now on; what is given back is ready once this process is asked to end.
#[cfg(not(unix))]
pub(crate) fn listen() -> Result<impl Future<Output = Signal> + Send, Error> {
    Ok(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            // It cannot be listened to: the system ends the process in its own way.
            Err(_) => std::future::pending().await,
        }
    })
}
