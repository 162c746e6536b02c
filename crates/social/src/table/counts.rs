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
    /// The server's time of the answer to a comment that counted them; 0 where they were read.
    #[serde(default)]
    pub(crate) answered_at_ms: i64,
    /// The server's time, in whole seconds, of the read that counted them; 0 where it is not known.
    #[serde(default)]
    pub(crate) read_at_ms: i64,
    /// Whether a comment was counted out by hand since they were read: then no answer's number can be put in order with it.
    #[serde(default)]
    pub(crate) adjusted: bool,
}

impl PostCountsRow {
    /// As the server says them.
    pub(crate) fn from_wire(post: &wire::Post, id: PostId) -> Self {
        Self {
            post: id,
            likes: post.counts.likes,
            liked: post.liked,
            comments: post.counts.comments,
            answered_at_ms: 0,
            read_at_ms: 0,
            adjusted: false,
        }
    }
}

impl Row for PostCountsRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached(
            "SELECT post, likes, liked, comments, answered_at_ms, read_at_ms, adjusted FROM post_counts WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Self {
                post: row.get(0)?,
                likes: row.get(1)?,
                liked: row.get(2)?,
                comments: row.get(3)?,
                answered_at_ms: row.get(4)?,
                read_at_ms: row.get(5)?,
                adjusted: row.get(6)?,
            })
        })
        .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO post_counts (id, post, likes, liked, comments, answered_at_ms, read_at_ms, adjusted)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET likes = excluded.likes, liked = excluded.liked, comments = excluded.comments,
                 answered_at_ms = excluded.answered_at_ms, read_at_ms = excluded.read_at_ms,
                 adjusted = excluded.adjusted",
        )?
        .execute(params![
            id,
            self.post,
            self.likes,
            self.liked,
            self.comments,
            self.answered_at_ms,
            self.read_at_ms,
            self.adjusted
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
    let sql = match freshness {
        Freshness::Now => {
            "INSERT INTO post_counts (id, post, likes, liked, comments, answered_at_ms, read_at_ms, adjusted)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0)
             ON CONFLICT (id) DO UPDATE SET likes = excluded.likes, liked = excluded.liked"
        }
        Freshness::Replayed => {
            "INSERT INTO post_counts (id, post, likes, liked, comments, answered_at_ms, read_at_ms, adjusted)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0)
             ON CONFLICT (id) DO NOTHING"
        }
    };
    db.prepare_cached(sql)?.execute(params![
        id.counts().id,
        id,
        post.counts.likes,
        post.liked,
        post.counts.comments
    ])?;
    Ok(())
}

/// What is known of the answer to a new or changed comment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    /// Whether the comment was not confirmed before.
    pub(crate) is_new: bool,
    /// How fresh the answer is.
    pub(crate) freshness: Freshness,
}

/// The times of reads are known to the second.
const READ_TIME_ERROR_MS: i64 = 999;

/// Takes over what the answer to a new or changed comment counts.
///
/// Answers to comments on one post may arrive in another order than the server made them in, and what is replayed is old. So a number is taken only
/// where it is surely newer than the known one, and a comment is counted in by hand only where the known number is surely without it.
pub(crate) fn take_from_comment(
    db: &Connection,
    post: PostId,
    comment: &wire::Comment,
    said: Said,
) -> rusqlite::Result<()> {
    let counts_id = post.counts().id;
    let answered_at_ms = millis(&comment.updated_at).max(millis(&comment.created_at));
    let known = PostCountsRow::read(db, counts_id)?.unwrap_or(PostCountsRow {
        post,
        likes: comment.counts.likes,
        liked: false,
        comments: 0,
        answered_at_ms: 0,
        read_at_ms: 0,
        adjusted: false,
    });
    let read_at_ms = match said.freshness {
        Freshness::Now => known.read_at_ms,
        Freshness::Replayed => known.read_at_ms + READ_TIME_ERROR_MS,
    };
    if known.answered_at_ms.max(read_at_ms) > answered_at_ms {
        return Ok(());
    }
    let row = if known.adjusted || super::comment::any_hidden(db, post)? {
        PostCountsRow {
            comments: known.comments + u64::from(said.is_new),
            ..known
        }
    } else {
        PostCountsRow {
            comments: comment.counts.comments,
            answered_at_ms,
            ..known
        }
    };
    row.write(db, counts_id)
}

/// Counts one comment less: the answer to a delete has no body that could say so.
pub(crate) fn comment_gone(db: &Connection, post: PostId) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE post_counts SET comments = max(0, comments - 1), adjusted = 1 WHERE id = ?1")?
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PostId;
    use outrigger_engine::app::App as _;
    use uuid::Uuid;

    fn database() -> Connection {
        let db = Connection::open_in_memory().expect("SQLite opens");
        for script in crate::Social::MIGRATIONS {
            db.execute_batch(script).expect("the tables are made");
        }
        db
    }

    fn post() -> PostId {
        PostId(LocalId(Uuid::from_u128(1)))
    }

    fn answer(second: u64, comments: u64) -> wire::Comment {
        let at = format!("2026-07-01T10:00:{second:02}.000Z");
        wire::Comment {
            id: format!("cmt_{second}"),
            post: "post_1".to_owned(),
            author: wire::User {
                id: "usr_alice".to_owned(),
                name: "alice".to_owned(),
            },
            text: "hi".to_owned(),
            created_at: at.clone(),
            updated_at: at,
            version: 1,
            counts: wire::Counts { likes: 0, comments },
            key: None,
        }
    }

    fn read(db: &Connection, second: u64, comments: u64) {
        let read_at_ms = millis(&format!("2026-07-01T10:00:{second:02}.000Z"));
        let row = PostCountsRow {
            post: post(),
            likes: 0,
            liked: false,
            comments,
            answered_at_ms: 0,
            read_at_ms,
            adjusted: false,
        };
        row.write(db, post().counts().id).expect("it is written");
    }

    /// Takes the answer to a new comment.
    fn take(db: &Connection, answer: &wire::Comment, freshness: Freshness) -> u64 {
        let is_new = true;
        take_from_comment(db, post(), answer, Said { is_new, freshness }).expect("it is taken");
        known(db)
    }

    /// Takes the answer to a changed comment.
    fn take_change(db: &Connection, answer: &wire::Comment) -> u64 {
        let said = Said {
            is_new: false,
            freshness: Freshness::Now,
        };
        take_from_comment(db, post(), answer, said).expect("it is taken");
        known(db)
    }

    fn known(db: &Connection) -> u64 {
        let row = PostCountsRow::read(db, post().counts().id).expect("it is read");
        row.expect("there are counts").comments
    }

    #[test]
    fn answers_that_overtake_each_other_end_with_the_newest_count() {
        let db = database();
        read(&db, 1, 4);
        assert_eq!(take(&db, &answer(3, 6), Freshness::Now), 6);
        assert_eq!(take(&db, &answer(2, 5), Freshness::Now), 6);
    }

    #[test]
    fn an_answer_brings_what_others_wrote_meanwhile() {
        let db = database();
        read(&db, 1, 4);
        assert_eq!(take(&db, &answer(2, 9), Freshness::Now), 9);
    }

    #[test]
    fn a_replayed_answer_does_not_bring_back_an_old_count() {
        let db = database();
        read(&db, 5, 8);
        assert_eq!(take(&db, &answer(2, 5), Freshness::Replayed), 8);
        assert_eq!(take(&db, &answer(7, 9), Freshness::Replayed), 9);
    }

    #[test]
    fn a_delete_counted_by_hand_is_not_counted_back_in() {
        let db = database();
        read(&db, 1, 4);
        comment_gone(&db, post()).expect("it is counted out");
        // Made before the delete, answered after it: five with what was deleted.
        assert_eq!(take(&db, &answer(2, 5), Freshness::Now), 4);
        assert_eq!(take_change(&db, &answer(3, 5)), 4);
    }

    #[test]
    fn counts_of_a_post_never_read_begin_with_the_first_answer() {
        let db = database();
        assert_eq!(take(&db, &answer(2, 3), Freshness::Replayed), 3);
    }
}
