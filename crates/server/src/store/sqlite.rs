//! The embedded adapter: one SQLite file in WAL mode, one writer, readers beside it.
//!
//! Owns connections, transactions and the migration of the file. Never decides anything about the domain: the modules
//! below it are the port's methods, one file for each of its traits.

mod accounts;
mod clients;
mod comments;
mod conversations;
mod log;
mod migrate;
#[cfg(test)]
mod plans;
mod posts;
mod uploads;

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outrigger_planted::{self as planted, Bug};
use rand::CryptoRng;
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, OptionalExtension, Statement};

use self::log::Log;
use super::{Change, Keep, Result, Snapshot, Store, StoreError, Transaction};
use crate::error::Error;
use crate::ids::{Position, Timestamp};

/// How long a connection waits for another process (a backup, a shell) to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More statements than the adapter has, so that each is prepared once.
const STATEMENT_CACHE: usize = 256;
/// Pages that the writer keeps in memory, in KiB: more than a group of batches changes, so that none is written twice.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Pages of the journal after which the writer copies them into the database: seldom enough that pages which change with
/// every group are copied once for many.
const CHECKPOINT_PAGES: i64 = 4_000;
/// Readers kept open between reads; more come and go under load.
const READERS_KEPT: usize = 8;

/// A database in one file, or in memory for tests and simulations.
#[derive(Debug)]
pub struct SqliteStore {
    // Closed first: the last connection to close tidies up the journal, which a reader may not.
    readers: Option<Readers>,
    writer: Mutex<Connection>,
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings it to this version. A file that is not ours, or of a newer
    /// version, is refused untouched.
    pub fn open(path: &Path, random: &mut dyn CryptoRng) -> std::result::Result<Self, Error> {
        Self::open_with(path, random, || outrigger_wal::rewrite_file(path))
    }

    /// The same where files are not the operating system's: `rewrite` writes the log anew, see [`outrigger_wal::make_certain`].
    pub fn open_with(
        path: &Path,
        random: &mut dyn CryptoRng,
        rewrite: impl FnOnce() -> io::Result<()>,
    ) -> std::result::Result<Self, Error> {
        let mut writer = Connection::open(path).map_err(|source| Error::open(path, source))?;
        configure(&writer).map_err(|source| Error::open(path, source))?;
        outrigger_wal::make_certain(&writer, rewrite).map_err(|source| Error::open(path, source))?;
        migrate::migrate(&mut writer, path, random)?;
        configure_writer(&writer).map_err(|source| Error::open(path, source))?;
        let readers = Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
        };
        Ok(Self {
            writer: Mutex::new(writer),
            readers: Some(readers),
        })
    }

    /// A database that ends with this value. Reads wait for writes.
    pub fn in_memory(random: &mut dyn CryptoRng) -> std::result::Result<Self, Error> {
        let path = Path::new(":memory:");
        let mut writer = Connection::open_in_memory().map_err(|source| Error::open(path, source))?;
        configure(&writer).map_err(|source| Error::open(path, source))?;
        migrate::migrate(&mut writer, path, random)?;
        Ok(Self {
            writer: Mutex::new(writer),
            readers: None,
        })
    }

    /// Gives the database a new epoch: it was restored from a backup, and every client must learn that.
    pub fn renew_epoch(&self, random: &mut dyn CryptoRng) -> Result<()> {
        self.writer()
            .execute(
                "UPDATE server SET epoch = ?1 WHERE id = 1",
                [migrate::new_epoch(random)],
            )
            .map_err(failed)?;
        Ok(())
    }

    /// Copies all that is in the journal into the database file, so that the file alone is whole: for the end of a server. `false` where somebody still looks
    /// at it: what is in the journal is read from there when the file is opened next.
    pub fn settle(&self) -> Result<bool> {
        let is_busy: bool = self
            .writer()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(failed)?;
        Ok(!is_busy)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held has dropped its transaction, which rolled back: the connection is good.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for SqliteStore {
    fn write<T>(&self, mut work: impl FnMut(&mut dyn Transaction) -> Result<T>) -> Result<T> {
        let mut connection = self.writer();
        match run(&mut connection, Savepoints::Hoped, &mut work) {
            Err(StoreError::Again) => run(&mut connection, Savepoints::Kept, &mut work),
            outcome => outcome,
        }
    }

    fn read<T>(&self, work: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T> {
        let Some(readers) = &self.readers else {
            return work(&SqliteTransaction::new(&self.writer(), Savepoints::Hoped));
        };
        let mut connection = readers.take()?;
        let tx = connection.transaction().map_err(failed)?;
        let value = work(&SqliteTransaction::new(&tx, Savepoints::Hoped));
        tx.finish().map_err(failed)?;
        readers.give_back(connection);
        value
    }
}

impl Readers {
    fn take(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
        configure(&connection).map_err(failed)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT {
            idle.push(connection);
        }
    }
}

/// One transaction from its beginning to its end.
fn run<T>(
    connection: &mut Connection,
    savepoints: Savepoints,
    work: &mut impl FnMut(&mut dyn Transaction) -> Result<T>,
) -> Result<T> {
    let begun = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed)?;
    let mut tx = SqliteTransaction::new(&begun, savepoints);
    let value = work(&mut tx);
    if tx.savepoints == Savepoints::Missed {
        return Err(StoreError::Again);
    }
    let value = value?;
    if begun.is_autocommit() {
        // SQLite itself has rolled back, as it does where the disk is full: what was written now would be committed alone.
        return Err(StoreError::Busy("the transaction was rolled back".to_owned()));
    }
    std::mem::take(&mut tx.log).write(&tx)?;
    drop(tx);
    begun.commit().map_err(failed)?;
    Ok(value)
}

/// How what comes after a savepoint can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoints {
    /// Not at all. With a savepoint SQLite copies every page before it is changed, once for each, and nearly all are kept:
    /// a rejection is found before anything is written.
    Hoped,
    /// There was something to undo: the whole transaction is undone, and run again with savepoints.
    Missed,
    /// One by one.
    Kept,
}

/// The connection within one transaction; a snapshot and a transaction differ by the trait that is handed out.
pub(super) struct SqliteTransaction<'c> {
    connection: &'c Connection,
    statements: RefCell<Vec<(&'static str, CachedStatement<'c>)>>,
    savepoints: Savepoints,
    log: Log,
}

impl<'c> SqliteTransaction<'c> {
    fn new(connection: &'c Connection, savepoints: Savepoints) -> Self {
        Self {
            connection,
            statements: RefCell::default(),
            savepoints,
            log: Log::default(),
        }
    }
}

impl Snapshot for SqliteTransaction<'_> {
    fn epoch(&self) -> Result<String> {
        self.with_statement("SELECT epoch FROM server WHERE id = 1", |statement| {
            statement.query_row([], |row| row.get(0))
        })
    }

    fn secret(&self) -> Result<[u8; 32]> {
        self.with_statement("SELECT secret FROM server WHERE id = 1", |statement| {
            statement.query_row([], |row| row.get(0))
        })
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn as_snapshot(&self) -> &dyn Snapshot {
        self
    }

    fn savepoint(&mut self, work: &mut dyn FnMut(&mut dyn Transaction) -> Result<Keep>) -> Result<()> {
        // After some errors (a full disk) SQLite has rolled back everything. What came then would be committed alone.
        if self.connection.is_autocommit() {
            return Err(StoreError::Busy("the transaction was rolled back".to_owned()));
        }
        let logged = self.log.len();
        match self.savepoints {
            Savepoints::Missed => Err(StoreError::Again),
            Savepoints::Hoped => {
                let changed = self.connection.total_changes();
                let outcome = work(self);
                let has_changed = self.connection.total_changes() != changed || self.log.len() != logged;
                if outcome.is_err() || outcome == Ok(Keep::Nothing) && has_changed {
                    self.savepoints = Savepoints::Missed;
                }
                outcome.map(|_| ())
            }
            Savepoints::Kept => {
                self.execute("SAVEPOINT item", [])?;
                let outcome = work(self);
                if outcome != Ok(Keep::Changes) {
                    self.execute("ROLLBACK TO item", [])?;
                    self.log.truncate(logged);
                }
                self.execute("RELEASE item", [])?;
                outcome.map(|_| ())
            }
        }
    }

    fn log_change(&mut self, scope: &str, change: Change<'_>, at: Timestamp) -> Result<()> {
        self.log.add(scope, change, at);
        Ok(())
    }
}

impl SqliteTransaction<'_> {
    /// Does something with a statement, which is looked up by its text once in a transaction.
    fn with_statement<T>(
        &self,
        sql: &'static str,
        work: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let mut statements = self.statements.borrow_mut();
        let known = statements.iter().position(|(known, _)| std::ptr::eq(*known, sql));
        let place = match known {
            Some(place) => place,
            None => {
                statements.push((sql, self.connection.prepare_cached(sql).map_err(failed)?));
                statements.len() - 1
            }
        };
        work(&mut statements[place].1).map_err(failed)
    }

    /// Runs one statement; how many rows it changed.
    fn execute(&self, sql: &'static str, values: impl rusqlite::Params) -> Result<usize> {
        self.with_statement(sql, |statement| statement.execute(values))
    }

    /// Where the row stands that was inserted last.
    fn last_position(&self) -> Position {
        Position(count(self.connection.last_insert_rowid()))
    }

    /// The one row that a statement finds.
    fn find<T>(
        &self,
        sql: &'static str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.with_statement(sql, |statement| statement.query_row(values, read).optional())
    }

    /// Every row that a statement finds.
    fn list<T>(
        &self,
        sql: &'static str,
        values: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.with_statement(sql, |statement| statement.query_map(values, read)?.collect())
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Else SQLite prepares a statement anew for the values that are bound to it, hoping for a better plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What a savepoint may have to undo is small: kept in memory, not in a file of its own.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn configure_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    if planted::is(Bug::ServerNoFsync) {
        connection.pragma_update(None, "synchronous", "OFF")?;
    }
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
}

/// Which errors are of the moment.
fn failed(source: rusqlite::Error) -> StoreError {
    let message = source.to_string();
    match source.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted,
        ) => StoreError::Busy(message),
        _ => StoreError::Failed(message),
    }
}

/// Counts are stored as SQLite integers, which are signed.
fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A count that fits a SQLite integer.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
