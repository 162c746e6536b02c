//! The local tables: one row type for each kind of entity, and how a row is read, written and kept as bytes.
//!
//! Owns every statement that changes the app's tables. Never decides what a row should say: that is `apply`, `accept` and `observe`.

use outrigger_engine::ids::{Entity, Kind, LocalId};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) mod comment;
pub(crate) mod conversation;
pub(crate) mod counts;
pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod post;
pub(crate) mod tie;
pub(crate) mod user;

use crate::id::{
    CommentId, ConversationId, FOLLOW, LIKE, MessageId, POST_COUNTS, PostId, USER_COUNTS, UserId,
};
use comment::CommentRow;
use conversation::ConversationRow;
use counts::{PostCountsRow, UserCountsRow};
use message::MessageRow;
use post::PostRow;
use tie::{FollowRow, LikeRow};
use user::UserRow;

/// The row of one entity. Its JSON is kept by the engine as a base row, so a field that is added later needs a default.
pub(crate) trait Row: Sized + Serialize + DeserializeOwned {
    /// The row as it is shown, if it is.
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>>;
    /// Shows this row, whatever was shown before.
    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()>;
    /// Forgets the row.
    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()>;
}

/// The row of any entity as bytes.
pub(crate) fn load(db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
    let Some(table) = Table::of(&entity.kind) else {
        return Ok(None);
    };
    let id = entity.id;
    match table {
        Table::Users => load_row::<UserRow>(db, id),
        Table::Posts => load_row::<PostRow>(db, id),
        Table::Comments => load_row::<CommentRow>(db, id),
        Table::Conversations => load_row::<ConversationRow>(db, id),
        Table::Messages => load_row::<MessageRow>(db, id),
        Table::Likes => load_row::<LikeRow>(db, id),
        Table::Follows => load_row::<FollowRow>(db, id),
        Table::PostCounts => load_row::<PostCountsRow>(db, id),
        Table::UserCounts => load_row::<UserCountsRow>(db, id),
    }
}

/// Makes the row of any entity what [`load`] gave.
pub(crate) fn store(db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
    let Some(table) = Table::of(&entity.kind) else {
        return Ok(());
    };
    let id = entity.id;
    match table {
        Table::Users => store_row::<UserRow>(db, id, row),
        Table::Posts => store_row::<PostRow>(db, id, row),
        Table::Comments => store_row::<CommentRow>(db, id, row),
        Table::Conversations => store_row::<ConversationRow>(db, id, row),
        Table::Messages => store_row::<MessageRow>(db, id, row),
        Table::Likes => store_row::<LikeRow>(db, id, row),
        Table::Follows => store_row::<FollowRow>(db, id, row),
        Table::PostCounts => store_row::<PostCountsRow>(db, id, row),
        Table::UserCounts => store_row::<UserCountsRow>(db, id, row),
    }
}

/// A row as bytes.
pub(crate) fn encode(row: &impl Serialize) -> rusqlite::Result<Vec<u8>> {
    serde_json::to_vec(row).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The closed set of tables that hold entities.
enum Table {
    Users,
    Posts,
    Comments,
    Conversations,
    Messages,
    Likes,
    Follows,
    PostCounts,
    UserCounts,
}

impl Table {
    fn of(kind: &Kind) -> Option<Self> {
        let known = [
            (UserId::KIND, Self::Users),
            (PostId::KIND, Self::Posts),
            (CommentId::KIND, Self::Comments),
            (ConversationId::KIND, Self::Conversations),
            (MessageId::KIND, Self::Messages),
            (LIKE, Self::Likes),
            (FOLLOW, Self::Follows),
            (POST_COUNTS, Self::PostCounts),
            (USER_COUNTS, Self::UserCounts),
        ];
        known
            .into_iter()
            .find_map(|(name, table)| (name == *kind).then_some(table))
    }
}

fn load_row<R: Row>(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Vec<u8>>> {
    R::read(db, id)?.map(|row| encode(&row)).transpose()
}

fn store_row<R: Row>(db: &Connection, id: LocalId, row: Option<&[u8]>) -> rusqlite::Result<()> {
    match row {
        Some(bytes) => serde_json::from_slice::<R>(bytes)
            .map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
            })?
            .write(db, id),
        None => R::remove(db, id),
    }
}
