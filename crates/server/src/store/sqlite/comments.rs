//! Comments in SQLite.

use rusqlite::{Row, params};

use super::accounts::user;
use super::{SqliteTransaction, count, integer};
use crate::ids::{CommentId, IdempotencyKey, Position, PostId, Timestamp, Version};
use crate::store::posts::{CommentRow, NewCommentRow, PostCounts};
use crate::store::{Result, Window};

macro_rules! select_comment {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.position, c.post, a.id, a.name, c.text, p.likes, p.comments,
                    c.created_at, c.updated_at, c.version, c.key
             FROM comments c JOIN posts p ON p.id = c.post JOIN accounts a ON a.id = c.author ",
            $rest
        )
    };
}

pub(super) const COMMENT: &str = select_comment!("WHERE c.id = ?1");
pub(super) const COMMENTS: &str =
    select_comment!("WHERE c.post = ?1 AND c.position > ?2 ORDER BY c.position LIMIT ?3");

impl SqliteTransaction<'_> {
    pub(super) fn comment_row(&self, id: &CommentId) -> Result<Option<CommentRow>> {
        self.find(COMMENT, [id.as_str()], comment)
    }

    pub(super) fn comment_rows(&self, post: &PostId, window: Window) -> Result<Vec<CommentRow>> {
        let above = window.beyond.map_or(0, |position| integer(position.0));
        self.list(
            COMMENTS,
            params![post.as_str(), above, window.limit as i64],
            comment,
        )
    }

    pub(super) fn insert_comment_row(&self, comment: &NewCommentRow<'_>) -> Result<CommentRow> {
        self.execute(
            "INSERT INTO comments (id, post, author, text, created_at, updated_at, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
            params![
                comment.id.as_str(),
                comment.on.id.as_str(),
                comment.author.id.as_str(),
                comment.text,
                comment.at.millis(),
                comment.key.map(IdempotencyKey::as_str)
            ],
        )?;
        let position = self.last_position();
        self.count_comment(comment.on.id.as_str(), 1)?;
        Ok(comment.made(position))
    }

    pub(super) fn update_comment_row(&self, id: &CommentId, text: &str, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE comments SET text = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1",
            params![id.as_str(), text, at.millis()],
        )?;
        Ok(())
    }

    pub(super) fn delete_comment_row(&self, id: &CommentId) -> Result<()> {
        let post: Option<String> = self.find(
            "DELETE FROM comments WHERE id = ?1 RETURNING post",
            [id.as_str()],
            |row| row.get(0),
        )?;
        match post {
            Some(post) => self.count_comment(&post, -1),
            None => Ok(()),
        }
    }

    fn count_comment(&self, post: &str, by: i64) -> Result<()> {
        self.execute(
            "UPDATE posts SET comments = comments + ?2 WHERE id = ?1",
            params![post, by],
        )?;
        Ok(())
    }
}

fn comment(row: &Row<'_>) -> rusqlite::Result<CommentRow> {
    Ok(CommentRow {
        id: CommentId::named(row.get::<_, String>(0)?),
        position: Position(count(row.get(1)?)),
        post: PostId::named(row.get::<_, String>(2)?),
        author: user(row, 3)?,
        text: row.get(5)?,
        counts: PostCounts {
            likes: count(row.get(6)?),
            comments: count(row.get(7)?),
        },
        created_at: Timestamp::from_millis(row.get(8)?),
        updated_at: Timestamp::from_millis(row.get(9)?),
        version: Version(count(row.get(10)?)),
        key: row.get::<_, Option<String>>(11)?.map(IdempotencyKey::stored),
    })
}
