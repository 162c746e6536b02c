//! Who else has the database open: another process, or another service in this one.
//!
//! Owns two lock files beside the database. They hold nothing; the system lets go of their locks when a process dies, however it does. So one
//! that opens alone knows that nobody drains, and need not wait for a lease to end.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::database::storage;
use crate::error::Error;
use crate::files;

/// How long one that must be alone waits for another that is just closing, and how long anybody waits for the gate.
const PATIENCE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// Being there; ends when dropped.
#[derive(Debug)]
pub(crate) struct Presence {
    _lock: File,
}

/// The way in: one at a time, so that no two find themselves alone. Others wait until it is dropped.
#[derive(Debug)]
pub(crate) struct Gate {
    _lock: File,
    /// Whether nobody else was there.
    pub(crate) alone: bool,
}

/// Enters. `shared`: others may be there too; else it is an error if they are.
pub(crate) fn enter(database: &Path, shared: bool) -> Result<(Presence, Gate), Error> {
    let gate = open(database, ".gate")?;
    wait_for(|| gate.try_lock()).map_err(|error| explain(database, error))?;
    let presence = open(database, ".lock")?;
    let alone = if shared {
        let alone = is_taken(presence.try_lock()).map_err(|error| storage("lock", database, error))?;
        if alone {
            // Nobody can come in between, for the gate is held.
            presence
                .unlock()
                .map_err(|error| storage("lock", database, error))?;
        }
        wait_for(|| presence.try_lock_shared()).map_err(|error| explain(database, error))?;
        alone
    } else {
        wait_for(|| presence.try_lock()).map_err(|error| explain(database, error))?;
        true
    };
    Ok((Presence { _lock: presence }, Gate { _lock: gate, alone }))
}

fn open(database: &Path, suffix: &str) -> Result<File, Error> {
    let path = files::beside(database, suffix);
    files::private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&path)
        .map_err(|error| storage("open", &path, error))
}

fn is_taken(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn wait_for(take: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match take() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
            other => return other,
        }
    }
}

fn explain(database: &Path, error: TryLockError) -> Error {
    match error {
        TryLockError::WouldBlock => Error::Engine(outrigger_engine::Error::Locked),
        TryLockError::Error(error) => storage("lock", database, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_is_alone_until_all_have_gone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let come = || {
            let (presence, gate) = enter(&database, true).unwrap();
            (presence, gate.alone)
        };
        let (first, alone) = come();
        assert!(alone);
        let (second, alone) = come();
        assert!(!alone);
        drop(first);
        let (third, alone) = come();
        assert!(!alone);
        drop((second, third));
        assert!(come().1);
    }

    #[test]
    fn who_must_be_alone_waits_for_one_that_goes() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let (first, gate) = enter(&database, false).unwrap();
        drop(gate);
        let next = std::thread::spawn({
            let database = database.clone();
            move || enter(&database, false).map(|(_, gate)| gate.alone)
        });
        drop(first);
        assert!(next.join().unwrap().unwrap());
    }
}
