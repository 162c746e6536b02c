//! Posts and likes in SQLite.

use rusqlite::{Row, params};

use super::accounts::user;
use super::{SqliteTransaction, count};
use crate::ids::{CommentId, IdempotencyKey, Position, PostId, Timestamp, UserId, Version};
use crate::store::posts::{
    CommentRow, NewCommentRow, NewPostRow, PostCounts, PostList, PostReads, PostRow, PostWrites,
};
use crate::store::{Result, Window};

macro_rules! select_post {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.position, a.id, a.name, p.text, p.media_count, p.likes, p.comments,
                    EXISTS (SELECT 1 FROM likes l WHERE l.post = p.id AND l.account = ?1),
                    p.created_at, p.updated_at, p.version, p.key
             FROM posts p JOIN accounts a ON a.id = p.author ",
            $rest
        )
    };
}

pub(super) const POST: &str = select_post!("WHERE p.id = ?2");
pub(super) const EVERYONE: &str = select_post!("WHERE p.position < ?2 ORDER BY p.position DESC LIMIT ?3");
pub(super) const BY_AUTHOR: &str =
    select_post!("WHERE p.author = ?4 AND p.position < ?2 ORDER BY p.position DESC LIMIT ?3");
/// From each author the newest that could be on the page, then the newest of those: the work grows with the number of
/// people followed and the size of the page, never with how much they have written.
pub(super) const FOLLOWING: &str = select_post!(
    "WHERE p.position IN (
         SELECT newest.position
         FROM (SELECT ?1 AS id UNION ALL SELECT followed FROM follows WHERE follower = ?1) followee
         CROSS JOIN posts newest
         WHERE newest.position IN (
             SELECT position FROM posts WHERE author = followee.id AND position < ?2
             ORDER BY position DESC LIMIT ?3))
     ORDER BY p.position DESC LIMIT ?3"
);

impl PostReads for SqliteTransaction<'_> {
    fn post(&self, id: &PostId, viewer: &UserId) -> Result<Option<PostRow>> {
        let found = self.find(POST, [viewer.as_str(), id.as_str()], post)?;
        found
            .map(|(row, media_count)| self.with_media(row, media_count))
            .transpose()
    }

    fn posts(&self, list: PostList<'_>, viewer: &UserId, window: Window) -> Result<Vec<PostRow>> {
        let below = descending(window);
        let limit = window.limit as i64;
        let viewer = viewer.as_str();
        let found = match list {
            PostList::Everyone => self.list(EVERYONE, params![viewer, below, limit], post)?,
            PostList::Following => self.list(FOLLOWING, params![viewer, below, limit], post)?,
            PostList::Author(author) => {
                self.list(BY_AUTHOR, params![viewer, below, limit, author.as_str()], post)?
            }
        };
        found
            .into_iter()
            .map(|(row, media_count)| self.with_media(row, media_count))
            .collect()
    }

    fn comment(&self, id: &CommentId) -> Result<Option<CommentRow>> {
        self.comment_row(id)
    }

    fn comments(&self, post: &PostId, window: Window) -> Result<Vec<CommentRow>> {
        self.comment_rows(post, window)
    }
}

impl PostWrites for SqliteTransaction<'_> {
    fn insert_post(&mut self, post: &NewPostRow<'_>) -> Result<PostRow> {
        self.execute(
            "INSERT INTO posts (id, author, text, media_count, created_at, updated_at, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
            params![
                post.id.as_str(),
                post.author.id.as_str(),
                post.text,
                post.media.len() as i64,
                post.at.millis(),
                post.key.map(IdempotencyKey::as_str)
            ],
        )?;
        let position = self.last_position();
        self.attach(post.id.as_str(), post.media)?;
        self.count_post(post.author.id.as_str(), 1)?;
        Ok(post.made(position))
    }

    fn update_post(&mut self, id: &PostId, text: &str, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE posts SET text = ?2, updated_at = ?3, version = version + 1 WHERE id = ?1",
            params![id.as_str(), text, at.millis()],
        )?;
        Ok(())
    }

    fn delete_post(&mut self, id: &PostId) -> Result<Vec<CommentId>> {
        let comments = self.list("SELECT id FROM comments WHERE post = ?1", [id.as_str()], |row| {
            Ok(CommentId::named(row.get::<_, String>(0)?))
        })?;
        self.detach(id.as_str())?;
        // Comments and likes go by their foreign keys.
        let author: Option<String> = self.find(
            "DELETE FROM posts WHERE id = ?1 RETURNING author",
            [id.as_str()],
            |row| row.get(0),
        )?;
        if let Some(author) = author {
            self.count_post(&author, -1)?;
        }
        Ok(comments)
    }

    fn insert_like(&mut self, post: &PostId, user: &UserId, at: Timestamp) -> Result<bool> {
        let inserted = self.execute(
            "INSERT INTO likes (post, account, created_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (post, account) DO NOTHING",
            params![post.as_str(), user.as_str(), at.millis()],
        )?;
        self.count_like(post, inserted as i64)?;
        Ok(inserted == 1)
    }

    fn delete_like(&mut self, post: &PostId, user: &UserId) -> Result<bool> {
        let deleted = self.execute(
            "DELETE FROM likes WHERE post = ?1 AND account = ?2",
            [post.as_str(), user.as_str()],
        )?;
        self.count_like(post, -(deleted as i64))?;
        Ok(deleted == 1)
    }

    fn insert_comment(&mut self, comment: &NewCommentRow<'_>) -> Result<CommentRow> {
        self.insert_comment_row(comment)
    }

    fn update_comment(&mut self, id: &CommentId, text: &str, at: Timestamp) -> Result<()> {
        self.update_comment_row(id, text, at)
    }

    fn delete_comment(&mut self, id: &CommentId) -> Result<()> {
        self.delete_comment_row(id)
    }
}

impl SqliteTransaction<'_> {
    fn with_media(&self, row: PostRow, media_count: i64) -> Result<PostRow> {
        if media_count == 0 {
            return Ok(row);
        }
        let media = self.attached(row.id.as_str())?;
        Ok(PostRow { media, ..row })
    }

    fn count_like(&self, post: &PostId, by: i64) -> Result<()> {
        self.execute(
            "UPDATE posts SET likes = likes + ?2 WHERE id = ?1",
            params![post.as_str(), by],
        )?;
        Ok(())
    }

    fn count_post(&self, author: &str, by: i64) -> Result<()> {
        self.execute(
            "UPDATE accounts SET posts = posts + ?2 WHERE id = ?1",
            params![author, by],
        )?;
        Ok(())
    }
}

/// The exclusive upper bound of a window of a list that is shown newest first.
pub(super) fn descending(window: Window) -> i64 {
    window
        .beyond
        .map_or(i64::MAX, |position| super::integer(position.0))
}

fn post(row: &Row<'_>) -> rusqlite::Result<(PostRow, i64)> {
    let post = PostRow {
        id: PostId::named(row.get::<_, String>(0)?),
        position: Position(count(row.get(1)?)),
        author: user(row, 2)?,
        text: row.get(4)?,
        media: Vec::new(),
        counts: PostCounts {
            likes: count(row.get(6)?),
            comments: count(row.get(7)?),
        },
        liked: row.get(8)?,
        created_at: Timestamp::from_millis(row.get(9)?),
        updated_at: Timestamp::from_millis(row.get(10)?),
        version: Version(count(row.get(11)?)),
        key: row.get::<_, Option<String>>(12)?.map(IdempotencyKey::stored),
    };
    Ok((post, row.get(5)?))
}
