//! Comments on posts.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::{CommentId, PostId, UserId};
use crate::time::{millis, position};
use crate::wire;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CommentRow {
    pub(crate) post: PostId,
    pub(crate) author: UserId,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) created_ms: i64,
    #[serde(default)]
    pub(crate) updated_ms: i64,
    #[serde(default)]
    pub(crate) confirmed: bool,
}

impl CommentRow {
    /// As the server has it.
    pub(crate) fn from_wire(comment: &wire::Comment, post: PostId) -> Self {
        Self {
            post,
            author: UserId::of_server(&comment.author.id),
            text: comment.text.clone(),
            created_ms: millis(&comment.created_at),
            updated_ms: millis(&comment.updated_at),
            confirmed: true,
        }
    }

    /// Shows this row, unless one is known, shown or hidden.
    pub(crate) fn add(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO comments (id, post, author, text, created_ms, updated_ms, confirmed, hidden, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![id, self.post, self.author, self.text, self.created_ms, self.updated_ms, self.confirmed, position(self.created_ms, self.confirmed)])?;
        Ok(())
    }
}

impl Row for CommentRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT post, author, text, created_ms, updated_ms, confirmed FROM comments WHERE id = ?1 AND hidden = 0",
        )?
        .query_row([id], |row| {
            Ok(Self {
                post: row.get(0)?,
                author: row.get(1)?,
                text: row.get(2)?,
                created_ms: row.get(3)?,
                updated_ms: row.get(4)?,
                confirmed: row.get(5)?,
            })
        })
        .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO comments (id, post, author, text, created_ms, updated_ms, confirmed, hidden, position)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)
             ON CONFLICT (id) DO UPDATE SET post = excluded.post, author = excluded.author, text = excluded.text,
                 created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, confirmed = excluded.confirmed, hidden = 0,
                 position = excluded.position",
        )?
        .execute(params![
            id,
            self.post,
            self.author,
            self.text,
            self.created_ms,
            self.updated_ms,
            self.confirmed,
            position(self.created_ms, self.confirmed)
        ])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM comments WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

/// Whether the server is known to have it.
pub(crate) fn is_confirmed(db: &Connection, comment: CommentId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM comments WHERE id = ?1 AND hidden = 0 AND confirmed = 1")?
        .exists([comment])
}

/// Changes its text; `false` where it is not shown.
pub(crate) fn rewrite(db: &Connection, comment: CommentId, text: &str) -> rusqlite::Result<bool> {
    let changed = db
        .prepare_cached("UPDATE comments SET text = ?2 WHERE id = ?1 AND hidden = 0")?
        .execute(params![comment, text])?;
    Ok(changed > 0)
}

/// Shows it no longer; `false` where it was not. What the server never had leaves nothing behind; what it has is still in its count.
pub(crate) fn hide(db: &Connection, comment: CommentId) -> rusqlite::Result<bool> {
    let Some(row) = CommentRow::read(db, comment.0)? else {
        return Ok(false);
    };
    if row.confirmed {
        db.prepare_cached("UPDATE comments SET hidden = 1 WHERE id = ?1")?
            .execute([comment])?;
    } else {
        CommentRow::remove(db, comment.0)?;
    }
    Ok(true)
}

/// Forgets what the server removed along with a post.
pub(crate) fn remove_confirmed(db: &Connection, post: PostId) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM comments WHERE post = ?1 AND confirmed = 1")?
        .execute([post])?;
    Ok(())
}

/// Whether a pending delete hides a comment on this post.
pub(crate) fn any_hidden(db: &Connection, post: PostId) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM comments WHERE post = ?1 AND hidden = 1 AND (confirmed = 0 OR hidden = 1)",
    )?
    .exists([post])
}
