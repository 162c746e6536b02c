//! The id map: which local id is which server id, and in which version the entity was last seen.
//!
//! Owns the table `outrigger_id`. Never decides when an id is learned.

use outrigger_planted::{self as planted, Bug};
use rand::rngs::StdRng;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, ffi, params};
use std::cell::Cell;

use crate::ids::{Entity, IdClock, Key, Kind, LocalId, ServerId, Sha256};
use crate::queue;
use crate::time::Wall;

/// What the server calls things: read-only, for making requests and reading answers.
#[derive(Debug)]
pub struct Ids<'a> {
    db: &'a Connection,
    /// What the database said where it could not be read. An app may take it for "there is no id": the engine must not.
    failed: Cell<Option<ffi::Error>>,
}

impl<'a> Ids<'a> {
    /// Over a database that the engine keeps.
    pub fn new(db: &'a Connection) -> Self {
        Self {
            db,
            failed: Cell::new(None),
        }
    }

    /// Whether everything that was asked for could be read: if not, what was made of the answers means nothing.
    pub(crate) fn were_read(&self) -> rusqlite::Result<()> {
        match self.failed.take() {
            Some(error) => Err(rusqlite::Error::SqliteFailure(error, None)),
            None => Ok(()),
        }
    }

    fn read<T: FromSql>(&self, sql: &str, about: impl Params) -> rusqlite::Result<Option<T>> {
        let read = self
            .db
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(about, |row| row.get(0)))
            .optional();
        if let Err(rusqlite::Error::SqliteFailure(error, _)) = &read {
            self.failed.set(Some(*error));
        }
        read
    }

    /// The server's id of an entity, once it has one.
    ///
    /// # Errors
    /// What the database says.
    pub fn server_id(&self, entity: &Entity) -> rusqlite::Result<Option<ServerId>> {
        self.read(
            "SELECT server_id FROM outrigger_id WHERE local_id = ?1",
            [entity.id],
        )
    }

    /// The local id of what the server calls so, if it was ever seen here.
    ///
    /// # Errors
    /// What the database says.
    pub fn local_id(&self, kind: &Kind, server_id: &ServerId) -> rusqlite::Result<Option<LocalId>> {
        self.read(
            "SELECT local_id FROM outrigger_id WHERE kind = ?1 AND server_id = ?2",
            params![kind, server_id],
        )
    }

    /// The version (`ETag`) in which the entity was last seen on the server.
    ///
    /// # Errors
    /// What the database says.
    pub fn version(&self, entity: &Entity) -> rusqlite::Result<Option<String>> {
        self.read(
            "SELECT version FROM outrigger_id WHERE local_id = ?1",
            [entity.id],
        )
        .map(Option::flatten)
    }

    /// What the server called a finished upload.
    ///
    /// # Errors
    /// What the database says.
    pub fn upload(&self, sha256: &Sha256) -> rusqlite::Result<Option<String>> {
        self.read(
            "SELECT remote FROM outrigger_attachment WHERE sha256 = ?1 AND done = 1",
            [sha256],
        )
        .map(Option::flatten)
    }
}

/// The same, able to give local ids to what is seen for the first time.
pub struct IdMap<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) clock: &'a mut IdClock,
    pub(crate) wall: Wall,
    pub(crate) rng: &'a mut StdRng,
}

impl IdMap<'_> {
    /// The local id of what the server calls so. Where it was never seen it gets one: that of the pending mutation which created it under
    /// `created_by`, if there is such, so that a create whose answer was lost is not shown twice; else a new one.
    ///
    /// # Errors
    /// What the database says.
    pub fn local_id(
        &mut self,
        kind: &Kind,
        server_id: &ServerId,
        created_by: Option<Key>,
    ) -> rusqlite::Result<LocalId> {
        if let Some(known) = Ids::new(self.db).local_id(kind, server_id)? {
            return Ok(known);
        }
        let local_id = match created_by {
            Some(key) if !planted::is(Bug::CreatedShownTwice) => queue::entity_under_key(self.db, key, kind)?,
            _ => None,
        };
        let local_id = local_id.unwrap_or_else(|| LocalId(self.clock.next(self.wall, self.rng)));
        learn(self.db, &Entity::new(kind.clone(), local_id), server_id, None)?;
        Ok(local_id)
    }

    /// Records what the server calls an entity whose local id follows from others, so that it is the same however it is seen first.
    ///
    /// # Errors
    /// What the database says.
    pub fn bind(&mut self, entity: &Entity, server_id: &ServerId) -> rusqlite::Result<()> {
        if Ids::new(self.db).server_id(entity)?.as_ref() == Some(server_id) {
            return Ok(());
        }
        learn(self.db, entity, server_id, None)
    }

    /// The id that the local user of this id-derived entity has: no server id stands behind a like or a follow.
    pub fn derived(&self, of: LocalId, role: &str) -> LocalId {
        LocalId::derived(of, role)
    }
}

/// Records what the server calls an entity, and its version where one is known. What it called so before is gone there, and forgotten by `REPLACE`: a
/// backend that counts its rows may give the id of a deleted one anew.
pub(crate) fn learn(
    db: &Connection,
    entity: &Entity,
    server_id: &ServerId,
    version: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = match version {
        Some(_) => {
            "INSERT OR REPLACE INTO outrigger_id (local_id, kind, server_id, version) VALUES (?1, ?2, ?3, ?4)"
        }
        None => {
            "INSERT OR REPLACE INTO outrigger_id (local_id, kind, server_id, version)
             VALUES (?1, ?2, ?3, coalesce(?4, (SELECT version FROM outrigger_id WHERE local_id = ?1)))"
        }
    };
    db.prepare_cached(sql)?
        .execute(params![entity.id, entity.kind, server_id, version])?;
    Ok(())
}

/// Forgets what the server called an entity.
pub(crate) fn forget(db: &Connection, entity: &Entity) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM outrigger_id WHERE local_id = ?1")?
        .execute([entity.id])?;
    Ok(())
}

/// Records in which version an entity was last seen.
pub(crate) fn see_version(db: &Connection, entity: &Entity, version: &str) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE outrigger_id SET version = ?2 WHERE local_id = ?1")?
        .execute(params![entity.id, version])?;
    Ok(())
}

/// Forgets in which versions everything was last seen: they say nothing of a server that begins another life.
pub(crate) fn forget_versions(db: &Connection) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE outrigger_id SET version = NULL WHERE version IS NOT NULL",
        [],
    )?;
    Ok(())
}
