//! The database within one transaction: its statements, each looked up once.
//!
//! Owns the statements while the transaction runs. SQLite prepares each once and for all (rusqlite keeps them); but finding one among them by its text
//! costs as much as a small query, and a transaction of a hundred answers asks the same dozen questions a hundred times.

use rusqlite::{CachedStatement, Connection, ffi};
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// A connection, and the statements that were used on it in this transaction.
pub(crate) struct Db<'c> {
    connection: &'c Connection,
    /// By where the text is, which is a constant of the program. One in use is `None`.
    statements: RefCell<Vec<(&'static str, Option<CachedStatement<'c>>)>>,
}

impl<'c> Db<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            statements: RefCell::default(),
        }
    }

    /// A statement, prepared.
    pub(crate) fn prepare_cached(&self, sql: &'static str) -> rusqlite::Result<Prepared<'_, 'c>> {
        self.is_whole()?;
        let kept = self
            .statements
            .borrow_mut()
            .iter_mut()
            .find(|(known, _)| std::ptr::eq(*known, sql))
            .and_then(|(_, statement)| statement.take());
        let statement = match kept {
            Some(statement) => statement,
            None => self.connection.prepare_cached(sql)?,
        };
        Ok(Prepared {
            db: self,
            sql,
            statement: Some(statement),
        })
    }

    /// Whether the transaction is still there. SQLite rolls it back by itself where the disk fails or is full; a statement after that would be committed
    /// alone.
    pub(crate) fn is_whole(&self) -> rusqlite::Result<()> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK),
            Some("the transaction was rolled back".to_owned()),
        ))
    }

    fn keep(&self, sql: &'static str, statement: CachedStatement<'c>) {
        let mut statements = self.statements.borrow_mut();
        match statements.iter_mut().find(|(known, _)| std::ptr::eq(*known, sql)) {
            Some((_, kept)) => *kept = Some(statement),
            None => statements.push((sql, Some(statement))),
        }
    }
}

impl Deref for Db<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// A statement in use; kept for the next use when dropped.
pub(crate) struct Prepared<'d, 'c> {
    db: &'d Db<'c>,
    sql: &'static str,
    statement: Option<CachedStatement<'c>>,
}

impl<'c> Deref for Prepared<'_, 'c> {
    type Target = CachedStatement<'c>;

    fn deref(&self) -> &Self::Target {
        self.statement
            .as_ref()
            .expect("BUG: a statement is in use until it is dropped")
    }
}

impl DerefMut for Prepared<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.statement
            .as_mut()
            .expect("BUG: a statement is in use until it is dropped")
    }
}

impl Drop for Prepared<'_, '_> {
    fn drop(&mut self) {
        if let Some(statement) = self.statement.take() {
            self.db.keep(self.sql, statement);
        }
    }
}

/// A payload version as it was stored. One that no program writes is read as one that no program knows: that row is shown as unreadable, and the others are not held
/// up by it.
pub(crate) fn stored_version(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}
