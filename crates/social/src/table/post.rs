//! Posts.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use super::media::{self, MediaRow};
use crate::id::{PostId, UserId};
use crate::time::{millis, position};
use crate::wire;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PostRow {
    pub(crate) author: UserId,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) media: Vec<MediaRow>,
    #[serde(default)]
    pub(crate) created_ms: i64,
    #[serde(default)]
    pub(crate) updated_ms: i64,
    #[serde(default)]
    pub(crate) confirmed: bool,
}

impl PostRow {
    /// As the server has it.
    pub(crate) fn from_wire(post: &wire::Post) -> Self {
        Self {
            author: UserId::of_server(&post.author.id),
            text: post.text.clone(),
            media: media::from_wire(&post.media),
            created_ms: millis(&post.created_at),
            updated_ms: millis(&post.updated_at),
            confirmed: true,
        }
    }

    /// Shows this row, unless one is known, shown or hidden.
    pub(crate) fn add(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        let added = db.prepare_cached(
            "INSERT INTO posts (id, author, text, created_ms, updated_ms, confirmed, hidden, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![id, self.author, self.text, self.created_ms, self.updated_ms, self.confirmed, position(self.created_ms, self.confirmed)])?;
        if added > 0 {
            media::add(db, id, &self.media)?;
        }
        Ok(())
    }
}

impl Row for PostRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        let row = db
            .prepare_cached(
                "SELECT author, text, created_ms, updated_ms, confirmed FROM posts WHERE id = ?1 AND hidden = 0",
            )?
            .query_row([id], |row| {
                Ok(Self {
                    author: row.get(0)?,
                    text: row.get(1)?,
                    media: Vec::new(),
                    created_ms: row.get(2)?,
                    updated_ms: row.get(3)?,
                    confirmed: row.get(4)?,
                })
            })
            .optional()?;
        let Some(mut row) = row else { return Ok(None) };
        row.media = media::read(db, id)?;
        Ok(Some(row))
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO posts (id, author, text, created_ms, updated_ms, confirmed, hidden, position)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)
             ON CONFLICT (id) DO UPDATE SET author = excluded.author, text = excluded.text, created_ms = excluded.created_ms,
                 updated_ms = excluded.updated_ms, confirmed = excluded.confirmed, hidden = 0, position = excluded.position",
        )?
        .execute(params![
            id,
            self.author,
            self.text,
            self.created_ms,
            self.updated_ms,
            self.confirmed,
            position(self.created_ms, self.confirmed)
        ])?;
        media::write(db, id, &self.media)
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM posts WHERE id = ?1")?
            .execute([id])?;
        media::remove(db, id)
    }
}

/// Whether it is shown.
pub(crate) fn is_shown(db: &Connection, post: PostId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM posts WHERE id = ?1 AND hidden = 0")?
        .exists([post])
}

/// Whether the server is known to have it.
pub(crate) fn is_confirmed(db: &Connection, post: PostId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM posts WHERE id = ?1 AND hidden = 0 AND confirmed = 1")?
        .exists([post])
}

/// Changes its text; `false` where it is not shown.
pub(crate) fn rewrite(db: &Connection, post: PostId, text: &str) -> rusqlite::Result<bool> {
    let changed = db
        .prepare_cached("UPDATE posts SET text = ?2 WHERE id = ?1 AND hidden = 0")?
        .execute(params![post, text])?;
    Ok(changed > 0)
}

/// Shows it no longer; `false` where it was not. What the server never had leaves nothing behind.
pub(crate) fn hide(db: &Connection, post: PostId) -> rusqlite::Result<bool> {
    let Some(row) = PostRow::read(db, post.0)? else {
        return Ok(false);
    };
    if row.confirmed {
        db.prepare_cached("UPDATE posts SET hidden = 1 WHERE id = ?1")?
            .execute([post])?;
    } else {
        PostRow::remove(db, post.0)?;
    }
    Ok(true)
}
