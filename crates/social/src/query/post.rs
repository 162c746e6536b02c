//! Posts and their comments.

use outrigger_engine::Error;
use outrigger_engine::inspect::entity_status;
use outrigger_engine::status::EntityStatus;
use outrigger_engine::time::Wall;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::{CommentView, Cursor, Derived, Listed, Page, PostView, ThreadView, UserView, media};
use crate::id::{CommentId, CommentRef, PostId, UserId};
use crate::reads::Scope;

/// The columns of a [`PostView`], with the counts derived from what the server said and what is pending.
macro_rules! post_columns {
    () => {
        "SELECT p.position, p.id, i.server_id, p.author, coalesce(u.name, ''), p.text,
            coalesce(c.likes, 0) - coalesce(c.liked, 0) + (l.id IS NOT NULL),
            coalesce(c.comments, 0) + coalesce((SELECT sum(CASE WHEN hidden = 0 THEN 1 ELSE -1 END) FROM comments
                WHERE post = p.id AND (confirmed = 0 OR hidden = 1)), 0),
            l.id IS NOT NULL, p.created_ms, p.updated_ms > p.created_ms
         FROM posts AS p
         LEFT JOIN users AS u ON u.id = p.author
         LEFT JOIN outrigger_id AS i ON i.local_id = p.id
         LEFT JOIN post_counts AS c ON c.post = p.id
         LEFT JOIN likes AS l ON l.post = p.id "
    };
}

pub(super) const EVERYONE: &str = concat!(
    post_columns!(),
    "WHERE p.hidden = 0 AND (p.position, p.id) < (?1, ?2) ORDER BY p.position DESC, p.id DESC LIMIT ?3"
);
pub(super) const FOLLOWING: &str = concat!(
    post_columns!(),
    "WHERE p.hidden = 0 AND (p.position, p.id) < (?1, ?2)
        AND (p.author = ?4 OR EXISTS (SELECT 1 FROM follows AS f WHERE f.user = p.author))
     ORDER BY p.position DESC, p.id DESC LIMIT ?3"
);
pub(super) const OF_AUTHOR: &str = concat!(
    post_columns!(),
    "WHERE p.hidden = 0 AND p.author = ?4 AND (p.position, p.id) < (?1, ?2)
     ORDER BY p.position DESC, p.id DESC LIMIT ?3"
);
pub(super) const ONE: &str = concat!(post_columns!(), "WHERE p.id = ?1 AND p.hidden = 0");

macro_rules! comment_columns {
    () => {
        "SELECT c.position, c.id, c.post, i.server_id, c.author, coalesce(u.name, ''), c.text, c.created_ms,
            c.updated_ms > c.created_ms
         FROM comments AS c
         LEFT JOIN users AS u ON u.id = c.author
         LEFT JOIN outrigger_id AS i ON i.local_id = c.id "
    };
}

pub(super) const COMMENTS: &str = concat!(
    comment_columns!(),
    "WHERE c.hidden = 0 AND c.post = ?4 AND (c.position, c.id) > (?1, ?2) ORDER BY c.position, c.id LIMIT ?3"
);
pub(super) const ONE_COMMENT: &str = concat!(comment_columns!(), "WHERE c.id = ?1 AND c.hidden = 0");

/// The feed of the signed-in user, newest first; what has not arrived stands on top.
///
/// # Errors
/// What the database says.
pub fn feed(db: &Connection, me: UserId, scope: Scope, page: Page) -> Result<Listed<PostView>, Error> {
    let Cursor { position, id } = page.below();
    match scope {
        Scope::Everyone => posts(db, EVERYONE, page, params![position, id, page.limit()]),
        Scope::Following => posts(db, FOLLOWING, page, params![position, id, page.limit(), me]),
    }
}

/// Somebody's posts, newest first.
///
/// # Errors
/// What the database says.
pub fn posts_of(db: &Connection, author: UserId, page: Page) -> Result<Listed<PostView>, Error> {
    let Cursor { position, id } = page.below();
    posts(db, OF_AUTHOR, page, params![position, id, page.limit(), author])
}

/// One post, if it is shown.
///
/// # Errors
/// What the database says.
pub fn post(db: &Connection, post: PostId) -> Result<Option<PostView>, Error> {
    let found = db.prepare_cached(ONE)?.query_row([post], read_post).optional()?;
    found.map(|(_, view)| complete_post(db, view)).transpose()
}

/// A post with a page of its comments, oldest first; what has not arrived stands at the end.
///
/// # Errors
/// What the database says.
pub fn thread(db: &Connection, id: PostId, page: Page) -> Result<Option<ThreadView>, Error> {
    let Some(post) = post(db, id)? else {
        return Ok(None);
    };
    let comments = comments(db, id, page)?;
    Ok(Some(ThreadView { post, comments }))
}

/// A page of the comments on a post, oldest first.
///
/// # Errors
/// What the database says.
pub fn comments(db: &Connection, post: PostId, page: Page) -> Result<Listed<CommentView>, Error> {
    let Cursor { position, id } = page.above();
    let mut statement = db.prepare_cached(COMMENTS)?;
    let found = statement
        .query_map(params![position, id, page.limit(), post], read_comment)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut listed = page.cut(found);
    for view in &mut listed.rows {
        view.sync = entity_status(db, view.comment.id.0)?;
    }
    Ok(listed)
}

/// One comment, if it is shown.
///
/// # Errors
/// What the database says.
pub fn comment(db: &Connection, comment: CommentId) -> Result<Option<CommentView>, Error> {
    let found = db
        .prepare_cached(ONE_COMMENT)?
        .query_row([comment], read_comment)
        .optional()?;
    let Some((_, mut view)) = found else {
        return Ok(None);
    };
    view.sync = entity_status(db, comment.0)?;
    Ok(Some(view))
}

fn posts(db: &Connection, sql: &str, page: Page, params: impl Params) -> Result<Listed<PostView>, Error> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement
        .query_map(params, read_post)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let Listed { rows, next } = page.cut(found);
    let rows = rows
        .into_iter()
        .map(|view| complete_post(db, view))
        .collect::<Result<_, _>>()?;
    Ok(Listed { rows, next })
}

/// What is not in its row.
fn complete_post(db: &Connection, view: PostView) -> Result<PostView, Error> {
    Ok(PostView {
        media: media(db, view.id.0)?,
        sync: entity_status(db, view.id.0)?,
        like_sync: entity_status(db, view.id.like().id)?,
        ..view
    })
}

fn read_post(row: &Row<'_>) -> rusqlite::Result<(Cursor, PostView)> {
    let id: PostId = row.get(1)?;
    let (Derived(likes), Derived(comments)) = (row.get(6)?, row.get(7)?);
    let view = PostView {
        id,
        server_id: row.get(2)?,
        author: UserView {
            id: row.get(3)?,
            name: row.get(4)?,
        },
        text: row.get(5)?,
        media: Vec::new(),
        likes,
        comments,
        liked: row.get(8)?,
        created_at: Wall(row.get(9)?),
        edited: row.get(10)?,
        sync: EntityStatus::Synced,
        like_sync: EntityStatus::Synced,
    };
    let position = row.get(0)?;
    Ok((Cursor { position, id: id.0 }, view))
}

fn read_comment(row: &Row<'_>) -> rusqlite::Result<(Cursor, CommentView)> {
    let id: CommentId = row.get(1)?;
    let view = CommentView {
        comment: CommentRef {
            id,
            post: row.get(2)?,
        },
        server_id: row.get(3)?,
        author: UserView {
            id: row.get(4)?,
            name: row.get(5)?,
        },
        text: row.get(6)?,
        created_at: Wall(row.get(7)?),
        edited: row.get(8)?,
        sync: EntityStatus::Synced,
    };
    let position = row.get(0)?;
    Ok((Cursor { position, id: id.0 }, view))
}
