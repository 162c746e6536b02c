//! Conversations of the signed-in user.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use crate::id::{ConversationId, UserId};
use crate::time::millis;
use crate::wire;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConversationRow {
    pub(crate) user: UserId,
    /// When the last message came, as the server last said; 0 where there was none.
    #[serde(default)]
    pub(crate) last_ms: i64,
}

impl ConversationRow {
    /// As the server has it.
    pub(crate) fn from_wire(conversation: &wire::Conversation) -> Self {
        Self {
            user: UserId::of_server(&conversation.with.id),
            last_ms: conversation.last_message_at.as_deref().map_or(0, millis),
        }
    }
}

impl Row for ConversationRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached("SELECT user, last_ms FROM conversations WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(Self {
                    user: row.get(0)?,
                    last_ms: row.get(1)?,
                })
            })
            .optional()
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO conversations (id, user, last_ms, activity) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (id) DO UPDATE SET user = excluded.user, last_ms = excluded.last_ms",
        )?
        .execute(params![id, self.user, self.last_ms])?;
        refresh_activity(db, ConversationId(id))
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached("DELETE FROM conversations WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}

/// Whether it is there: on the server, or opened here.
pub(crate) fn is_known(db: &Connection, conversation: ConversationId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM conversations WHERE id = ?1")?
        .exists([conversation])
}

/// Keeps the place of a conversation in the list in step with its messages.
pub(crate) fn refresh_activity(db: &Connection, conversation: ConversationId) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE conversations SET activity = max(last_ms, coalesce(
             (SELECT max(position) FROM messages WHERE conversation = ?1), 0)) WHERE id = ?1",
    )?
    .execute([conversation])?;
    Ok(())
}
