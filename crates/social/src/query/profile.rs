//! Users.

use outrigger_engine::Error;
use outrigger_engine::inspect::entity_status;
use outrigger_engine::status::EntityStatus;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{Derived, ProfileView, UserView};
use crate::id::UserId;

pub(super) const PROFILE: &str = "SELECT u.id, u.name, i.server_id,
        coalesce(c.posts, 0) + coalesce((SELECT sum(CASE WHEN hidden = 0 THEN 1 ELSE -1 END) FROM posts
            WHERE author = u.id AND (confirmed = 0 OR hidden = 1)), 0),
        coalesce(c.followers, 0) - coalesce(c.followed, 0) + (f.id IS NOT NULL),
        coalesce(c.following, 0), f.id IS NOT NULL
     FROM users AS u
     LEFT JOIN outrigger_id AS i ON i.local_id = u.id
     LEFT JOIN user_counts AS c ON c.user = u.id
     LEFT JOIN follows AS f ON f.user = u.id
     WHERE u.id = ?1";

/// Somebody's profile, if they were ever seen here.
///
/// # Errors
/// What the database says.
pub fn profile(db: &Connection, user: UserId) -> Result<Option<ProfileView>, Error> {
    let found = db
        .prepare_cached(PROFILE)?
        .query_row([user], read_profile)
        .optional()?;
    let Some(mut view) = found else {
        return Ok(None);
    };
    view.follow_sync = entity_status(db, user.follow().id)?;
    Ok(Some(view))
}

/// Somebody's name, if they were ever seen here.
///
/// # Errors
/// What the database says.
pub fn user(db: &Connection, id: UserId) -> Result<Option<UserView>, Error> {
    let found = db
        .prepare_cached("SELECT name FROM users WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(UserView {
                id,
                name: row.get(0)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn read_profile(row: &Row<'_>) -> rusqlite::Result<ProfileView> {
    let (Derived(posts), Derived(followers)) = (row.get(3)?, row.get(4)?);
    Ok(ProfileView {
        user: UserView {
            id: row.get(0)?,
            name: row.get(1)?,
        },
        server_id: row.get(2)?,
        posts,
        followers,
        following: row.get(5)?,
        followed: row.get(6)?,
        follow_sync: EntityStatus::Synced,
    })
}
