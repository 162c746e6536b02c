//! The questions that a screen asks: pages of rows, each with where it stands.
//!
//! Owns the shapes that are shown and the paging. Never changes anything; every answer is bounded, and every statement walks an index (a test asserts
//! it).

use outrigger_engine::ids::{LocalId, Sha256};
use outrigger_engine::status::EntityStatus;
use outrigger_engine::time::Wall;
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

mod conversation;
#[cfg(test)]
mod plans;
mod post;
mod profile;

use crate::id::{CommentRef, ConversationId, MessageRef, PostId, UserId};

pub use conversation::{conversation, conversations, message};
pub use post::{comment, comments, feed, post, posts_of, thread};
pub use profile::{profile, user};

/// The rows of a page where none are asked for.
pub const PAGE_ROWS: usize = 50;
/// The rows of a page at most.
pub const PAGE_ROWS_MAX: usize = 100;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Beginning after this row; `None`: at the beginning.
    pub after: Option<Cursor>,
    /// So many rows, at most [`PAGE_ROWS_MAX`].
    pub rows_max: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            after: None,
            rows_max: PAGE_ROWS,
        }
    }
}

impl Page {
    /// The page of this size that begins after a row.
    pub const fn after(cursor: Cursor) -> Self {
        Self {
            after: Some(cursor),
            rows_max: PAGE_ROWS,
        }
    }

    /// One row more than is shown tells whether there is a next page.
    fn limit(self) -> usize {
        self.rows_max.clamp(1, PAGE_ROWS_MAX) + 1
    }

    /// Where a list that runs from new to old begins.
    fn below(self) -> Cursor {
        self.after.unwrap_or(Cursor {
            position: i64::MAX,
            id: LocalId(uuid::Uuid::max()),
        })
    }

    /// Where a list that runs from old to new begins.
    fn above(self) -> Cursor {
        self.after.unwrap_or(Cursor {
            position: i64::MIN,
            id: LocalId(uuid::Uuid::nil()),
        })
    }

    /// Cuts what was found to the page, and says where the next one begins.
    fn cut<T>(self, mut found: Vec<(Cursor, T)>) -> Listed<T> {
        let shown = self.limit() - 1;
        let more = found.len() > shown;
        found.truncate(shown);
        let next = found.last().filter(|_| more).map(|(cursor, _)| *cursor);
        let rows = found.into_iter().map(|(_, row)| row).collect();
        Listed { rows, next }
    }
}

/// The place of a row in its list: it stays what it is while other rows come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "typescript", ts(as = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    position: i64,
    id: LocalId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.position, self.id.0.simple())
    }
}

/// A text is not a cursor of [`Page`]'s.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cursor: use the one that the page before gave")]
pub struct NoCursor(String);

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.');
        let parsed = parts.and_then(|(position, id)| {
            Some(Self {
                position: position.parse().ok()?,
                id: id.parse().ok()?,
            })
        });
        parsed.ok_or_else(|| NoCursor(text.to_owned()))
    }
}

impl TryFrom<String> for Cursor {
    type Error = NoCursor;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Listed<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

/// Somebody, beside what they wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct UserView {
    /// Who.
    pub id: UserId,
    /// Their name; empty where it was never read.
    pub name: String,
}

/// A picture or a clip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediaView {
    /// The digest of its bytes: until it is uploaded, the engine has the file.
    pub sha256: Sha256,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// What the server calls it, once it is uploaded.
    pub server_id: Option<String>,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PostView {
    /// Which.
    pub id: PostId,
    /// What the server calls it.
    pub server_id: Option<String>,
    /// Who wrote it.
    pub author: UserView,
    /// What it says.
    pub text: String,
    /// What it shows.
    pub media: Vec<MediaView>,
    /// How many like it, with what is pending here.
    pub likes: u64,
    /// How many comments it has, with what is pending here.
    pub comments: u64,
    /// Whether the signed-in user likes it.
    pub liked: bool,
    /// When it was written.
    pub created_at: Wall,
    /// Whether its text was changed after.
    pub edited: bool,
    /// Where the post itself stands.
    pub sync: EntityStatus,
    /// Where the signed-in user's like of it stands.
    pub like_sync: EntityStatus,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CommentView {
    /// Which, and on which post.
    #[serde(flatten)]
    pub comment: CommentRef,
    /// What the server calls it.
    pub server_id: Option<String>,
    /// Who wrote it.
    pub author: UserView,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub created_at: Wall,
    /// Whether its text was changed after.
    pub edited: bool,
    /// Where it stands.
    pub sync: EntityStatus,
}

/// A post with a page of its comments, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ThreadView {
    /// The post.
    pub post: PostView,
    /// Its comments.
    pub comments: Listed<CommentView>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MessageView {
    /// Which, and in which conversation.
    #[serde(flatten)]
    pub message: MessageRef,
    /// What the server calls it.
    pub server_id: Option<String>,
    /// Who wrote it.
    pub author: UserView,
    /// What it says.
    pub text: String,
    /// What it shows.
    pub media: Vec<MediaView>,
    /// When it was written.
    pub created_at: Wall,
    /// Where it stands.
    pub sync: EntityStatus,
}

/// A conversation, with the last that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConversationView {
    /// Which.
    pub id: ConversationId,
    /// What the server calls it.
    pub server_id: Option<String>,
    /// The other one.
    pub with: UserView,
    /// The last message that is here.
    pub last: Option<MessageView>,
    /// Where its opening stands.
    pub sync: EntityStatus,
}

/// Somebody, as the signed-in user sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProfileView {
    /// Who.
    pub user: UserView,
    /// What the server calls them.
    pub server_id: Option<String>,
    /// How many posts, with what is pending here.
    pub posts: u64,
    /// How many follow them, with what is pending here.
    pub followers: u64,
    /// How many they follow, as the server last said.
    pub following: u64,
    /// Whether the signed-in user follows them.
    pub followed: bool,
    /// Where the signed-in user's follow of them stands.
    pub follow_sync: EntityStatus,
}

/// A count that is derived from others and cannot fall below none.
struct Derived(u64);

impl FromSql for Derived {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(u64::try_from(value.as_i64()?).unwrap_or(0)))
    }
}

/// The media of a post or a message.
fn media(db: &rusqlite::Connection, owner: LocalId) -> rusqlite::Result<Vec<MediaView>> {
    let rows = crate::table::media::read(db, owner)?;
    let view = |row: crate::table::media::MediaRow| MediaView {
        sha256: row.sha256,
        media_type: row.media_type,
        size: row.size,
        server_id: row.server_id,
    };
    Ok(rows.into_iter().map(view).collect())
}
