//! The checks of `outrigger doctor`: what may be wrong, and what to do about each.
//!
//! Owns the order, from the ground up: folder, disk, account, session, database, queue, server, clock. Only reads; nothing is sent that could
//! change anything, and no check stops the next one.

use outrigger_engine::Parked;
use outrigger_engine::inspect::Filter;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crate::account;
use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::local;
use crate::queue;
use crate::session;
use crate::settings::Account;
use crate::text;

/// Less free space than this is said.
const DISK_BYTES_MIN: u64 = 100 << 20;
/// A clock that differs by more is said.
const CLOCK_DIFFERENCE_MAX: Duration = Duration::from_secs(60);
/// How long another process may hold the database.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// How grave something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// As it should be.
    Well,
    /// Worth knowing.
    Note,
    /// Only the user can decide.
    NeedsYou,
    /// It does not work.
    Broken,
}

/// What a check found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    pub(crate) about: &'static str,
    pub(crate) said: String,
    pub(crate) advice: Option<String>,
}

impl Finding {
    pub(crate) fn new(level: Level, about: &'static str, said: impl Into<String>) -> Self {
        Self {
            level,
            about,
            said: said.into(),
            advice: None,
        }
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    fn of_error(about: &'static str, error: &Error) -> Self {
        let level = match error {
            Error::NeedsYou { .. } | Error::SignedOut => Level::NeedsYou,
            _ => Level::Broken,
        };
        let advice = error.advice();
        Self {
            advice,
            ..Self::new(level, about, error.to_string())
        }
    }
}

/// All checks.
pub(crate) async fn all(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = vec![home(context), disk(context.home.path())];
    let account = match context.account() {
        Ok(account) => account,
        Err(error) => {
            findings.push(Finding::of_error("account", &error));
            return findings;
        }
    };
    let said = format!("{} at {}", account.name, account.server);
    findings.push(Finding::new(Level::Well, "account", said));
    findings.push(session(context).await);
    findings.extend(database(context, &account).await);
    findings.extend(server(&account).await);
    findings
}

fn home(context: &Context<'_>) -> Finding {
    let path = context.home.path();
    match std::fs::metadata(path) {
        Ok(found) if !found.is_dir() => Finding::new(
            Level::Broken,
            "home",
            format!("{} is not a folder", path.display()),
        )
        .advise("name another one with --home"),
        Ok(found) if found.permissions().readonly() => Finding::new(
            Level::Broken,
            "home",
            format!("{} cannot be written", path.display()),
        )
        .advise(format!("chmod u+rwx {}", path.display())),
        Ok(_) => Finding::new(Level::Well, "home", path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::new(
            Level::Note,
            "home",
            format!("{} is not there yet", path.display()),
        ),
        Err(error) => Finding::new(Level::Broken, "home", format!("{}: {error}", path.display())),
    }
}

#[cfg(unix)]
fn disk(path: &Path) -> Finding {
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or(path);
    match rustix::fs::statvfs(there) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let said = format!("{} free", text::bytes(free));
            match free {
                free if free < DISK_BYTES_MIN => Finding::new(Level::NeedsYou, "disk", said)
                    .advise("free some space; while the disk is full nothing new can be written"),
                _ => Finding::new(Level::Well, "disk", said),
            }
        }
        Err(error) => Finding::new(
            Level::Note,
            "disk",
            format!("the free space is not known: {error}"),
        ),
    }
}

#[cfg(not(unix))]
fn disk(_path: &Path) -> Finding {
    Finding::new(Level::Note, "disk", "the free space is not known on this system")
}

async fn session(context: &Context<'_>) -> Finding {
    const ADVICE: &str = "sign in with: outrigger login NAME; what waits is kept";
    let (store, file) = (session::store(&context.home), context.home.session_file());
    let path = file.path().to_owned();
    let looking = tokio::task::spawn_blocking(move || {
        let loaded = store.load()?;
        Ok::<_, std::io::Error>(loaded.and(file.place()?))
    });
    let looked = looking.await.map_err(std::io::Error::other).and_then(|it| it);
    match looked {
        Ok(Some(place)) => match is_seen_by_others(&path) {
            true => Finding::new(Level::NeedsYou, "session", "others can read it")
                .advise(format!("chmod 600 {}", path.display())),
            false => Finding::new(Level::Well, "session", format!("kept {}", session::words(place))),
        },
        Ok(None) => Finding::new(Level::NeedsYou, "session", "there is none").advise(ADVICE),
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => {
            Finding::new(Level::NeedsYou, "session", error.to_string())
                .advise("unlock the keyring, or sign in again; what waits is kept")
        }
        Err(error) => Finding::new(Level::Broken, "session", error.to_string()).advise(ADVICE),
    }
}

#[cfg(unix)]
fn is_seen_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_seen_by_others(_path: &Path) -> bool {
    false
}

async fn database(context: &Context<'_>, account: &Account) -> Vec<Finding> {
    let path = context.home.database(account);
    if !path.exists() {
        let said = "not there yet; it is made when it is first needed";
        return vec![Finding::new(Level::Note, "database", said)];
    }
    let looking = tokio::task::spawn_blocking(move || {
        let whole = integrity(&path);
        if whole.level == Level::Broken {
            return vec![whole];
        }
        vec![whole, lock(&path), waiting(&path)]
    });
    looking.await.unwrap_or_else(|error| {
        let said = format!("the check was cut short: {error}");
        vec![Finding::new(Level::Broken, "database", said)]
    })
}

fn integrity(path: &Path) -> Finding {
    let check = || -> Result<String, outrigger_client::Error> {
        let db = local::open(path)?;
        Ok(db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?)
    };
    let advice = format!(
        "it was left as it is: copy it with its -wal file before anything else, then restore a backup or run `sqlite3 {} .recover`",
        path.display()
    );
    match check() {
        Ok(said) if said == "ok" => Finding::new(Level::Well, "database", "whole"),
        Ok(said) => Finding::new(Level::Broken, "database", format!("damaged: {said}")).advise(advice),
        Err(error) => {
            Finding::new(Level::Broken, "database", format!("{}: {error}", path.display())).advise(advice)
        }
    }
}

/// Whether something can be written, or who is in the way.
fn lock(path: &Path) -> Finding {
    let try_to_write = || -> rusqlite::Result<()> {
        let db = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.busy_timeout(LOCK_PATIENCE)?;
        db.execute_batch("BEGIN IMMEDIATE; ROLLBACK")
    };
    match try_to_write().map_err(outrigger_engine::Error::from) {
        Ok(()) => Finding::new(Level::Well, "lock", "it can be written"),
        Err(outrigger_engine::Error::Locked) => {
            Finding::new(Level::NeedsYou, "lock", "another process holds the database")
                .advise("end the outrigger that stands still, if one does; nothing is lost")
        }
        Err(error) => Finding::new(Level::Broken, "lock", format!("it cannot be written: {error}")).advise(
            format!("allow its owner to write {} and its folder", path.display()),
        ),
    }
}

/// What is parked for one reason: how much, and what to do with it.
type ByReason = BTreeMap<&'static str, (u64, &'static str)>;

fn waiting(path: &Path) -> Finding {
    let look = || -> Result<(u64, ByReason), outrigger_client::Error> {
        let db = local::open(path)?;
        let (mut waiting, mut parked) = (0, ByReason::new());
        queue::each(&db, Filter::All, |item| {
            match &item.parked {
                Some(reason) => parked.entry(reason.word()).or_insert((0, remedy(reason))).0 += 1,
                None => waiting += u64::from(item.upload.is_none()),
            }
            ControlFlow::Continue(())
        })?;
        Ok((waiting, parked))
    };
    match look() {
        Ok((0, parked)) if parked.is_empty() => Finding::new(Level::Well, "queue", "nothing waits"),
        Ok((waiting, parked)) if parked.is_empty() => {
            let said = format!("{} on the way", text::count(waiting, "write is", "writes are"));
            Finding::new(Level::Well, "queue", said)
        }
        Ok((waiting, parked)) => {
            let counts = parked.iter().map(|(word, (count, _))| format!("{count} {word}"));
            let counts: Vec<String> = counts.collect();
            let said = format!("needs you: {}; on the way: {waiting}", counts.join(", "));
            let mut remedies: Vec<&str> = parked.values().map(|(_, remedy)| *remedy).collect();
            remedies.dedup();
            Finding::new(Level::NeedsYou, "queue", said).advise(remedies.join("; "))
        }
        Err(error) => Finding::new(Level::Broken, "queue", error.to_string())
            .advise("a newer version may have written it: update this program"),
    }
}

const fn remedy(parked: &Parked) -> &'static str {
    match parked {
        Parked::Rejected { .. } | Parked::Exhausted { .. } => {
            "see `outrigger queue list --failed`, then `queue retry`, `queue edit` or `queue discard`"
        }
        Parked::Uncertain { .. } => {
            "look whether what is uncertain arrived, then `outrigger queue retry ID` or `queue discard ID`"
        }
        Parked::Unreadable { .. } => {
            "what is unreadable was written by a newer version: update this program, or `outrigger queue export` it"
        }
    }
}

async fn server(account: &Account) -> Vec<Finding> {
    let answer = match account::get(&account.server, "readyz").await {
        Ok(answer) => answer,
        Err(error) => {
            let finding = Finding::new(Level::Note, "server", error.to_string());
            return vec![finding.advise("what you write is kept, and goes out when it is reached")];
        }
    };
    let reached = match answer.status {
        200..=299 => Finding::new(Level::Well, "server", "reached, and ready"),
        status => {
            let said = format!("it answers with status {status}");
            Finding::new(Level::NeedsYou, "server", said)
                .advise("is a portal or proxy in between, or the address wrong?")
        }
    };
    let skew = answer.header("date").and_then(difference);
    [Some(reached), skew.map(clocks)].into_iter().flatten().collect()
}

/// How far this device's clock is from a time of the server's.
fn difference(date: &str) -> Option<Duration> {
    let format = jiff::fmt::rfc2822::DateTimeParser::new();
    let theirs = format.parse_timestamp(date).ok()?.as_millisecond();
    Some(Duration::from_millis(clock::now().0.abs_diff(theirs)))
}

fn clocks(difference: Duration) -> Finding {
    if difference <= CLOCK_DIFFERENCE_MAX {
        return Finding::new(Level::Well, "clock", "the same as the server's");
    }
    let said = format!("{} s from the server's", difference.as_secs());
    Finding::new(Level::Note, "clock", said).advise("times may look odd; nothing is lost or sent twice by it")
}
