//! Users: who wrote what. Read from the server, never changed here.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::UserId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserRow {
    #[serde(default)]
    pub(crate) name: String,
}

impl Row for UserRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached("SELECT name FROM users WHERE id = ?1")?
            .query_row([id], |row| Ok(Self { name: row.get(0)? }))
            .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO users (id, name) VALUES (?1, ?2)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
        )?
        .execute(params![id, self.name])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM users WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

pub(crate) fn is_known(db: &Connection, user: UserId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?
        .exists([user])
}
