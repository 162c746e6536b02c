//! How a service is opened.
//!
//! Owns the settings and their defaults. Never reads an environment variable or a file.

use outrigger_engine::Limits;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

use crate::credentials::Credentials;
use crate::database_key::DatabaseKey;

/// The settings of a [`SyncService`](crate::SyncService). Made by [`Config::new`]; everything else has a default and is a field.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// The database file. Made where it is missing, readable by its owner only.
    pub database: PathBuf,
    /// Encrypts the database with SQLCipher, where the app is built with it: rusqlite's feature `bundled-sqlcipher`. Attachments that wait are files
    /// of their own, and are not encrypted.
    pub database_key: Option<DatabaseKey>,
    /// The folder of attachments that wait. Made where it is missing, readable by its owner only.
    pub attachments: PathBuf,
    /// The server's base URL, `http` or `https`.
    pub server: Url,
    /// The server's id of the account whose database this is.
    pub account: String,
    /// Who the requests are from.
    pub credentials: Arc<dyn Credentials>,
    /// What may wait at most.
    pub limits: Limits,
    /// At most so many requests at once. `None`: 4 where the app offers batches, else 16.
    pub concurrency: Option<usize>,
    /// How often to look whether something can be sent, besides all other occasions. 30 s.
    pub period: Duration,
    /// Whether to ask the operating system when the network comes and goes. Never done for a server on this machine.
    pub watch_network: bool,
    /// Whether other processes may open the database too.
    pub shared: bool,
    /// Whether a write is safe from power loss once [`mutate`](crate::SyncService::mutate) returns. Without, the last ones may be lost then;
    /// a killed process loses nothing either way.
    pub durable: bool,
    /// The `User-Agent`.
    pub user_agent: String,
    /// The space held back on the disk, so that the queue can drain when it is full. 4 MiB. It must hold what one step writes: below 192 KiB a full disk
    /// may have to be freed before anything moves. While there is no room for twice as much, new writes are refused.
    pub reserve_bytes: u64,
    /// The largest body of an answer that is read. 64 MiB.
    pub answer_bytes_max: u64,
    /// How long a commit waits for another process, twice at most. 10 s.
    pub busy_timeout: Duration,
    /// How long [`fetch`](crate::SyncService::fetch) waits. 30 s.
    pub fetch_timeout: Duration,
}

impl Config {
    /// For this database, folder of attachments, server and account.
    pub fn new(
        database: impl Into<PathBuf>,
        attachments: impl Into<PathBuf>,
        server: Url,
        account: impl Into<String>,
        credentials: Arc<dyn Credentials>,
    ) -> Self {
        Self {
            database: database.into(),
            database_key: None,
            attachments: attachments.into(),
            server,
            account: account.into(),
            credentials,
            limits: Limits::default(),
            concurrency: None,
            period: Duration::from_secs(30),
            watch_network: true,
            shared: false,
            durable: true,
            user_agent: concat!("outrigger/", env!("CARGO_PKG_VERSION")).to_owned(),
            reserve_bytes: 4 << 20,
            answer_bytes_max: 64 << 20,
            busy_timeout: Duration::from_secs(10),
            fetch_timeout: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database", &self.database)
            .field("attachments", &self.attachments)
            .field("server", &self.server.origin().ascii_serialization())
            .field("account", &self.account)
            .field("concurrency", &self.concurrency)
            .field("period", &self.period)
            .field("watch_network", &self.watch_network)
            .field("shared", &self.shared)
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}
