//! Counts as the server last said them, and the rules by which an answer changes them.
//!
//! What is shown is derived from these and from what is pending (see [`crate::query`]), so that it neither counts twice nor flickers:
//! likes = said − (said that I like it) + (I like it now); comments = said + mine unconfirmed − mine hidden by a pending delete.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::{PostId, UserId};
use crate::time::millis;
use crate::wire;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PostCountsRow {
    pub(crate) post: PostId,
    #[serde(default)]
    pub(crate) likes: u64,
    /// Whether the signed-in user is among them.
    #[serde(default)]
    pub(crate) liked: bool,
    #[serde(default)]
    pub(crate) comments: u64,
    /// The server's time which the number of comments is at least as new as.
    #[serde(default)]
    pub(crate) comments_as_of_ms: i64,
}

impl PostCountsRow {
    /// As the server says them now.
    pub(crate) fn from_wire(post: &wire::Post, id: PostId) -> Self {
        Self {
            post: id,
            likes: post.counts.likes,
            liked: post.liked,
            comments: post.counts.comments,
            comments_as_of_ms: millis(&post.updated_at),
        }
    }
}

impl Row for PostCountsRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT post, likes, liked, comments, comments_as_of_ms FROM post_counts WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Self {
                post: row.get(0)?,
                likes: row.get(1)?,
                liked: row.get(2)?,
                comments: row.get(3)?,
                comments_as_of_ms: row.get(4)?,
            })
        })
        .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO post_counts (id, post, likes, liked, comments, comments_as_of_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET likes = excluded.likes, liked = excluded.liked, comments = excluded.comments,
                 comments_as_of_ms = excluded.comments_as_of_ms",
        )?
        .execute(params![
            id,
            self.post,
            self.likes,
            self.liked,
            self.comments,
            self.comments_as_of_ms
        ])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM post_counts WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserCountsRow {
    pub(crate) user: UserId,
    #[serde(default)]
    pub(crate) posts: u64,
    #[serde(default)]
    pub(crate) followers: u64,
    #[serde(default)]
    pub(crate) following: u64,
    /// Whether the signed-in user follows them.
    #[serde(default)]
    pub(crate) followed: bool,
}

impl UserCountsRow {
    /// As the server says them now.
    pub(crate) fn from_wire(profile: &wire::Profile) -> Self {
        Self {
            user: UserId::of_server(&profile.id),
            posts: profile.posts,
            followers: profile.followers,
            following: profile.following,
            followed: profile.followed,
        }
    }
}

impl Row for UserCountsRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT user, posts, followers, following, followed FROM user_counts WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Self {
                user: row.get(0)?,
                posts: row.get(1)?,
                followers: row.get(2)?,
                following: row.get(3)?,
                followed: row.get(4)?,
            })
        })
        .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO user_counts (id, user, posts, followers, following, followed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET posts = excluded.posts, followers = excluded.followers,
                 following = excluded.following, followed = excluded.followed",
        )?
        .execute(params![
            id,
            self.user,
            self.posts,
            self.followers,
            self.following,
            self.followed
        ])?;
        Ok(())
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM user_counts WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

/// How fresh an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It was made for this request.
    Now,
    /// It was made for an earlier one under the same key: what it counts may be older than what is known.
    Replayed,
}

/// Takes over what the answer to a change of a post, or of a like of it, counts.
///
/// Its number of comments is taken only where none is known: answers about a post and about its comments may arrive in another order than
/// they were made in, and only the latter say when.
pub(crate) fn take_from_post(
    db: &Connection,
    id: PostId,
    post: &wire::Post,
    freshness: Freshness,
) -> rusqlite::Result<()> {
    let said = PostCountsRow::from_wire(post, id);
    let counts_id = id.counts().id;
    let row = match (PostCountsRow::read(db, counts_id)?, freshness) {
        (None, _) => said,
        (Some(_), Freshness::Replayed) => return Ok(()),
        (Some(known), Freshness::Now) => PostCountsRow {
            likes: said.likes,
            liked: said.liked,
            ..known
        },
    };
    row.write(db, counts_id)
}

/// Takes over what the answer to a new comment counts.
///
/// Answers to comments on one post may arrive in another order than the server made them in; the newest one counts them all.
pub(crate) fn take_from_comment(
    db: &Connection,
    post: PostId,
    comment: &wire::Comment,
) -> rusqlite::Result<()> {
    let counts_id = post.counts().id;
    let as_of_ms = millis(&comment.updated_at).max(millis(&comment.created_at));
    let known = PostCountsRow::read(db, counts_id)?;
    if known
        .as_ref()
        .is_some_and(|known| known.comments_as_of_ms > as_of_ms)
    {
        return Ok(());
    }
    let known = known.unwrap_or(PostCountsRow {
        post,
        likes: comment.counts.likes,
        liked: false,
        comments: 0,
        comments_as_of_ms: 0,
    });
    PostCountsRow {
        comments: comment.counts.comments,
        comments_as_of_ms: as_of_ms,
        ..known
    }
    .write(db, counts_id)
}

/// Counts one comment less: the answer to a delete has no body that could say so.
pub(crate) fn comment_gone(db: &Connection, post: PostId) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE post_counts SET comments = max(0, comments - 1) WHERE id = ?1")?
        .execute([post.counts().id])?;
    Ok(())
}

/// Counts one post more or less: answers about posts do not count their author's.
pub(crate) fn posts_changed(db: &Connection, author: UserId, by: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE user_counts SET posts = max(0, posts + ?2) WHERE id = ?1")?
        .execute(params![author.counts().id, by])?;
    Ok(())
}

/// Takes over what the answer to a follow counts.
pub(crate) fn take_from_profile(
    db: &Connection,
    profile: &wire::Profile,
    freshness: Freshness,
) -> rusqlite::Result<()> {
    let said = UserCountsRow::from_wire(profile);
    let counts_id = said.user.counts().id;
    if freshness == Freshness::Replayed && UserCountsRow::read(db, counts_id)?.is_some() {
        return Ok(());
    }
    said.write(db, counts_id)
}
