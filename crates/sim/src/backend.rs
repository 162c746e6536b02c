//! The server of a world: the real core on a simulated disk, which is killed, loses its power and is restored from backups.
//!
//! Owns the server's process and disk, and the log of effects that the oracle reads: triggers write it in the transaction of each effect, so that it tells
//! of what was committed and of nothing else. Never judges what it holds.

use bytes::Bytes;
use outrigger_disk::{Disk, Image, Process};
use outrigger_engine::http as client;
use outrigger_server::blobs::{BlobError, Blobs, MemoryBlobs};
use outrigger_server::exchange::{Body, Caller, Request, Response};
use outrigger_server::ids::{Now, Timestamp, UploadId};
use outrigger_server::store::sqlite::SqliteStore;
use outrigger_server::{Argon2id, PasswordCost, Server, Settings};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rusqlite::Connection;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::invariant::{Checked, Invariant, Violation, hold};

const DATABASE: &str = "server.db";
const EFFECTS: &str = include_str!("backend/effects.sql");

/// The bytes of uploads, which outlive the process.
#[derive(Debug, Clone, Default)]
struct SharedBlobs(Arc<MemoryBlobs>);

impl Blobs for SharedBlobs {
    fn write_part(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Result<(), BlobError> {
        self.0.write_part(id, offset, bytes)
    }

    fn sync_part(&self, id: &UploadId) -> Result<(), BlobError> {
        self.0.sync_part(id)
    }

    fn read_part(&self, id: &UploadId, length: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), BlobError> {
        self.0.read_part(id, length, each)
    }

    fn publish(&self, id: &UploadId, length: u64) -> Result<(), BlobError> {
        self.0.publish(id, length)
    }

    fn parts(&self) -> Result<Vec<UploadId>, BlobError> {
        self.0.parts()
    }

    fn remove_part(&self, id: &UploadId) -> Result<(), BlobError> {
        self.0.remove_part(id)
    }

    fn remove(&self, id: &UploadId) -> Result<(), BlobError> {
        self.0.remove(id)
    }

    fn read(&self, id: &UploadId, offset: u64, length: u64) -> Result<Bytes, BlobError> {
        self.0.read(id, offset, length)
    }
}

/// Something that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Committed {
    /// `post+`, `post`, `post-` and so on: made, changed, removed.
    pub(crate) what: String,
    /// The server's id of it; of a like and a follow, what it is of.
    pub(crate) object: String,
    /// The server's id of the account that did it.
    pub(crate) actor: String,
    /// What it says, or how much there is of it.
    pub(crate) text: String,
}

/// The server of a world.
pub(crate) struct Backend {
    disk: Disk,
    process: Process,
    server: Option<Server<SqliteStore, SharedBlobs>>,
    blobs: SharedBlobs,
    settings: Settings,
    random: StdRng,
    auditor: Option<Connection>,
    seen: i64,
    backup: Option<Image>,
    started_ms: i64,
}

impl Backend {
    pub(crate) fn start(seed: u64, access_token_s: u64, now_ms: i64) -> Checked<Self> {
        let disk = Disk::new(seed ^ 0x5e4e);
        let mut backend = Self {
            process: disk.process(),
            disk,
            server: None,
            blobs: SharedBlobs::default(),
            settings: Settings {
                access_token_ttl: Duration::from_secs(access_token_s),
                account_rate: Some(outrigger_server::Rate {
                    per_second: 200.0,
                    burst: 1_000.0,
                }),
                session_rate: None,
                ..Settings::default()
            },
            random: StdRng::seed_from_u64(seed ^ 0x0a11),
            auditor: None,
            seen: 0,
            backup: None,
            started_ms: now_ms,
        };
        backend.rise(now_ms)?;
        backend
            .auditor()?
            .execute_batch(EFFECTS)
            .map_err(|error| broken("the log of effects", &error))?;
        Ok(backend)
    }

    /// Whether it answers.
    pub(crate) const fn is_up(&self) -> bool {
        self.server.is_some()
    }

    /// Starts it, unless it runs.
    pub(crate) fn rise(&mut self, now_ms: i64) -> Checked {
        if self.server.is_some() {
            return Ok(());
        }
        if self.disk.is_dead(self.process) {
            self.process = self.disk.process();
        }
        let path = self.disk.path(self.process, DATABASE);
        let rewrite = || self.disk.rewrite_log(self.process, DATABASE);
        let opened = SqliteStore::open_with(&path, &mut self.random, rewrite).and_then(|store| {
            let passwords = Box::new(Argon2id::new(PasswordCost::LEAST));
            Server::new(
                store,
                self.blobs.clone(),
                passwords,
                self.settings.clone(),
                &mut self.random,
            )
        });
        let server = opened.map_err(|error| broken("the server's database does not open", &error))?;
        self.started_ms = now_ms;
        self.server = Some(server);
        self.check_whole()
    }

    /// Invariant 21, of the server.
    fn check_whole(&mut self) -> Checked {
        let said: String = self
            .auditor()?
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .map_err(|error| broken("the server's database cannot be checked", &error))?;
        hold(Invariant::Intact, said == "ok", || {
            format!("the server's database: {said}")
        })
    }

    /// Answers a request. `None` where it is not there, or dies over it.
    pub(crate) fn call(
        &mut self,
        now_ms: i64,
        token: Option<&str>,
        request: &Request,
    ) -> Option<client::Response> {
        let server = self.server.as_ref()?;
        let wall_ms = clock::SERVER_START_MS + now_ms;
        let now = Now {
            wall: Timestamp::from_millis(wall_ms),
            monotonic: Duration::from_millis((now_ms - self.started_ms).max(0).cast_unsigned()),
        };
        let caller = token.map_or_else(Caller::anonymous, Caller::bearer);
        let response = server.handle(now, &mut self.random, &caller, request);
        let response = plain(&self.blobs, response, wall_ms);
        if self.disk.is_dead(self.process) {
            self.server = None;
            return None;
        }
        Some(response)
    }

    /// The process ends without a word.
    pub(crate) fn kill(&mut self) {
        self.disk.kill(self.process);
        self.server = None;
    }

    /// It ends within a transaction, before so many operations of its disk.
    pub(crate) fn kill_after(&mut self, operations: u64) {
        if self.server.is_some() {
            self.disk.kill_after(self.process, operations);
        }
    }

    /// Whatever death was ahead of it, it lives on.
    pub(crate) fn spare(&mut self) {
        self.disk.kill_after(self.process, u64::MAX);
    }

    pub(crate) fn cut_power(&mut self) {
        self.auditor = None;
        self.disk.cut_power();
        self.server = None;
    }

    pub(crate) fn make_backup(&mut self) {
        // As a snapshot of the file system would have it: the database with its log.
        self.backup = Some(self.disk.copy());
    }

    /// Puts the last backup in place of what it has, as an operator would: stopped, replaced, given a new epoch. False where there is none.
    pub(crate) fn restore(&mut self, now_ms: i64) -> Checked<bool> {
        let Some(backup) = self.backup.clone() else {
            return Ok(false);
        };
        self.kill();
        self.auditor = None;
        self.disk.put_back(&backup);
        self.rise(now_ms)?;
        if let Some(server) = &self.server {
            server
                .store()
                .renew_epoch(&mut self.random)
                .map_err(|error| broken("the epoch was not renewed", &error))?;
        }
        // What was cached of the old epoch goes with the process.
        self.server = None;
        self.rise(now_ms)?;
        self.seen = 0;
        Ok(true)
    }

    /// What was committed since this was last asked; everything, after a restore.
    pub(crate) fn committed(&mut self) -> Checked<Vec<Committed>> {
        let seen = self.seen;
        let read = |db: &Connection| -> rusqlite::Result<(i64, Vec<Committed>)> {
            let mut last = seen;
            let mut statement = db.prepare_cached(
                "SELECT n, what, object, actor, text FROM sim_effects WHERE n > ?1 ORDER BY n",
            )?;
            let rows = statement.query_map([seen], |row| {
                last = row.get(0)?;
                Ok(Committed {
                    what: row.get(1)?,
                    object: row.get(2)?,
                    actor: row.get(3)?,
                    text: row.get(4)?,
                })
            })?;
            let rows = rows.collect::<rusqlite::Result<_>>()?;
            Ok((last, rows))
        };
        let (last, rows) =
            read(self.auditor()?).map_err(|error| broken("the effects cannot be read", &error))?;
        self.seen = last;
        Ok(rows)
    }

    /// A connection that only looks.
    pub(crate) fn auditor(&mut self) -> Checked<&Connection> {
        if self.auditor.is_none() {
            let process = self.disk.process();
            let opened = self.disk.open(process, DATABASE);
            self.auditor =
                Some(opened.map_err(|error| broken("the server's database cannot be looked at", &error))?);
        }
        match &self.auditor {
            Some(auditor) => Ok(auditor),
            None => Err(broken("no auditor", &"BUG")),
        }
    }

    /// The same, where it is open.
    pub(crate) const fn auditor_if_open(&self) -> Option<&Connection> {
        self.auditor.as_ref()
    }

    /// Which life of its database this is.
    pub(crate) fn epoch(&self) -> Option<String> {
        self.server.as_ref().map(|server| server.epoch().to_owned())
    }

    /// The bytes of an upload as the server would serve them.
    pub(crate) fn blob(&self, id: &str) -> Option<Bytes> {
        self.blobs.read(&UploadId::named(id), 0, u64::MAX).ok()
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }
}

/// What must not happen to a server whatever is done to it.
pub(crate) fn broken(what: &str, error: &dyn std::fmt::Display) -> Violation {
    Violation {
        invariant: Invariant::Intact,
        seen: format!("{what}: {error}"),
    }
}

/// An answer as a client sees it.
fn plain(blobs: &SharedBlobs, response: Response, wall_ms: i64) -> client::Response {
    let body = match &response.body {
        Body::Bytes(bytes) => bytes.to_vec(),
        Body::Blob { id, .. } => blobs
            .read(id, 0, u64::MAX)
            .map_or_else(|_| Vec::new(), |bytes| bytes.to_vec()),
    };
    let mut headers: Vec<client::Header> = response
        .headers
        .into_iter()
        .map(|(name, value)| (Cow::Owned(name), value))
        .collect();
    headers.push(("date".into(), clock::http_date(wall_ms)));
    client::Response {
        status: response.status,
        headers,
        body,
    }
}
