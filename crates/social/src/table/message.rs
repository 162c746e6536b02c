//! Messages in conversations.

use outrigger_engine::ids::LocalId;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::Row;
use super::conversation::refresh_activity;
use super::media::{self, MediaRow};
use crate::id::{ConversationId, MessageId, UserId};
use crate::time::{millis, position};
use crate::wire;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    pub(crate) conversation: ConversationId,
    pub(crate) author: UserId,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) media: Vec<MediaRow>,
    #[serde(default)]
    pub(crate) created_ms: i64,
    #[serde(default)]
    pub(crate) confirmed: bool,
}

impl MessageRow {
    /// As the server has it.
    pub(crate) fn from_wire(message: &wire::Message, conversation: ConversationId) -> Self {
        Self {
            conversation,
            author: UserId::of_server(&message.author.id),
            text: message.text.clone(),
            media: media::from_wire(&message.media),
            created_ms: millis(&message.created_at),
            confirmed: true,
        }
    }

    /// Shows this row, unless one is known, shown or hidden.
    pub(crate) fn add(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        let added = db.prepare_cached(
            "INSERT INTO messages (id, conversation, author, text, created_ms, confirmed, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![id, self.conversation, self.author, self.text, self.created_ms, self.confirmed, position(self.created_ms, self.confirmed)])?;
        if added > 0 {
            media::add(db, id, &self.media)?;
            refresh_activity(db, self.conversation)?;
        }
        Ok(())
    }
}

impl Row for MessageRow {
    fn read(db: &Connection, id: LocalId) -> rusqlite::Result<Option<Self>> {
        let row = db
            .prepare_cached(
                "SELECT conversation, author, text, created_ms, confirmed FROM messages WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok(Self {
                    conversation: row.get(0)?,
                    author: row.get(1)?,
                    text: row.get(2)?,
                    media: Vec::new(),
                    created_ms: row.get(3)?,
                    confirmed: row.get(4)?,
                })
            })
            .optional()?;
        let Some(mut row) = row else { return Ok(None) };
        row.media = media::read(db, id)?;
        Ok(Some(row))
    }

    fn write(&self, db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        db.prepare_cached(
            "INSERT INTO messages (id, conversation, author, text, created_ms, confirmed, position)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation, author = excluded.author, text = excluded.text,
                 created_ms = excluded.created_ms, confirmed = excluded.confirmed, position = excluded.position",
        )?
        .execute(params![
            id,
            self.conversation,
            self.author,
            self.text,
            self.created_ms,
            self.confirmed,
            position(self.created_ms, self.confirmed)
        ])?;
        media::write(db, id, &self.media)?;
        refresh_activity(db, self.conversation)
    }

    fn remove(db: &Connection, id: LocalId) -> rusqlite::Result<()> {
        let conversation = db
            .prepare_cached("DELETE FROM messages WHERE id = ?1 RETURNING conversation")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        media::remove(db, id)?;
        conversation.map_or(Ok(()), |conversation| refresh_activity(db, conversation))
    }
}

pub(crate) fn is_known(db: &Connection, message: MessageId) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM messages WHERE id = ?1")?
        .exists([message])
}
