//! Processes that stand still, and go on.
//!
//! Owns the signals and how one sees that they have arrived. Never ends a process.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

/// Nothing here takes that long on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Stops a process; every thread of it stands still once this returns.
pub(crate) async fn stop(child: &Child) {
    send(child, Signal::STOP);
    until("it stands still", || threads(child).all(|state| state == 'T')).await;
}

/// Lets it go on.
pub(crate) fn go_on(child: &Child) {
    send(child, Signal::CONT);
}

/// Stops a process at a moment at which it does not hold the write lock of a database: with that, nobody else could do anything.
pub(crate) async fn stop_outside_of_a_commit(child: &Child, database: &Path) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        stop(child).await;
        if is_free(database) {
            return;
        }
        go_on(child);
        assert!(Instant::now() < deadline, "it never lets go of its database");
        tokio::task::yield_now().await;
    }
}

/// Waits for what can only be seen by looking.
pub(crate) async fn until(what: &str, mut is_it: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_it() {
        assert!(Instant::now() < deadline, "it never was so that {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn is_free(database: &Path) -> bool {
    let db = Connection::open(database).unwrap();
    db.busy_timeout(Duration::ZERO).unwrap();
    db.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok()
}

fn send(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

/// The state of each thread, by the letter that the system has for it.
fn threads(child: &Child) -> impl Iterator<Item = char> {
    let tasks = PathBuf::from(format!("/proc/{}/task", child.id().unwrap()));
    std::fs::read_dir(tasks).unwrap().filter_map(|task| {
        // A thread may end while one looks.
        let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    })
}
