//! The door: events in, one transaction, effects out.
//!
//! Owns the transaction and the order of its steps. Never decides what an event means: each has a module of its own.

use rusqlite::Connection;
use std::sync::Arc;

use crate::app::App;
use crate::error::Error;
use crate::event::{Effect, Event};
use crate::time::Now;

/// What may wait at most. Beyond it a new write is refused; what waits already is never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Mutations.
    pub items_max: u64,
    /// Bytes of payloads.
    pub payload_bytes_max: u64,
    /// Bytes of one payload.
    pub one_payload_bytes_max: u64,
    /// Bytes of attachments.
    pub attachment_bytes_max: u64,
    /// Bytes of one attachment.
    pub one_attachment_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items_max: 2_000_000,
            payload_bytes_max: 4 << 30,
            one_payload_bytes_max: 1 << 20,
            attachment_bytes_max: 8 << 30,
            one_attachment_bytes_max: 1 << 30,
        }
    }
}

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server this database belongs to: its base URL.
    pub server: String,
    /// The account this database belongs to: the server's id of it.
    pub account: String,
    /// The seed of the engine's randomness: jitter and ids. From the operating system, but in tests.
    pub seed: [u8; 32],
    /// The present.
    pub now: Now,
    /// What may wait.
    pub limits: Limits,
    /// At most so many requests at once.
    pub concurrency: usize,
    /// Whether other processes may open the database too: then it is looked at twice a second for what they wrote.
    pub shared: bool,
    /// Whether a commit waits for the disk (`synchronous=FULL`). Without, the last writes before a power loss may be lost; a killed process
    /// loses nothing either way.
    pub durable: bool,
}

/// The engine: one database, one app.
pub struct Engine<A: App> {
    db: Connection,
    app: Arc<A>,
}

impl<A: App> Engine<A> {
    /// Opens a database that the host has opened: creates or upgrades its tables and checks that it is this app's, server's and account's.
    ///
    /// # Errors
    /// [`Error::Foreign`] for a database that is another's or newer; it is left as it is.
    pub fn open(db: Connection, app: Arc<A>, options: Options) -> Result<Self, Error> {
        let _ = options;
        Ok(Self { db, app })
    }

    /// Takes events, decides, commits, and says what is to be done. All of them share one transaction; a refused one does not undo its
    /// neighbours. On an error nothing was changed, and the same events may be handed in again.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Locked`] or [`Error::Database`]; what is wrong with a call is in its [`Effect::Reply`].
    pub fn handle(&mut self, now: Now, events: &[Event<A>]) -> Result<Vec<Effect>, Error> {
        let _ = (now, events, &self.app);
        Ok(Vec::new())
    }

    /// The connection, for reads between transactions.
    pub fn db(&self) -> &Connection {
        &self.db
    }
}
