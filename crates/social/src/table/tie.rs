//! Ties of the signed-in user: a like to its post, a follow to its user. There is one or there is none.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::{PostId, UserId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LikeRow {
    pub(crate) post: PostId,
}

impl Row for LikeRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached("SELECT post FROM likes WHERE id = ?1")?
            .query_row([id], |row| Ok(Self { post: row.get(0)? }))
            .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("INSERT INTO likes (id, post) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
            .execute(params![id, self.post])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM likes WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FollowRow {
    pub(crate) user: UserId,
}

impl Row for FollowRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached("SELECT user FROM follows WHERE id = ?1")?
            .query_row([id], |row| Ok(Self { user: row.get(0)? }))
            .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("INSERT INTO follows (id, user) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")?
            .execute(params![id, self.user])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM follows WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}
