//! Conversations and messages in SQLite.

use rusqlite::{Row, params};

use super::accounts::user;
use super::posts::descending;
use super::{SqliteTransaction, count};
use crate::ids::{ConversationId, IdempotencyKey, MessageId, Position, Timestamp, UserId, Version};
use crate::store::conversations::{
    ConversationReads, ConversationRow, ConversationWrites, MessageRow, NewMessageRow,
};
use crate::store::{Result, Window};

macro_rules! select_conversation {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.position, a.id, a.name, c.last_message_at, c.version
             FROM participants s
             CROSS JOIN conversations c ON c.position = s.position
             CROSS JOIN accounts a ON a.id = s.peer ",
            $rest
        )
    };
}

macro_rules! select_message {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.position, m.conversation, a.id, a.name, m.text, m.media_count, m.created_at, m.key
             FROM messages m JOIN accounts a ON a.id = m.author ",
            $rest
        )
    };
}

pub(super) const CONVERSATION: &str = select_conversation!(
    "WHERE s.account = ?1 AND s.position = (SELECT position FROM conversations WHERE id = ?2)"
);
pub(super) const CONVERSATION_WITH: &str = select_conversation!(
    "WHERE s.account = ?1
     AND s.position = (SELECT position FROM conversations WHERE one = min(?1, ?2) AND other = max(?1, ?2))"
);
pub(super) const CONVERSATIONS: &str =
    select_conversation!("WHERE s.account = ?1 AND s.position < ?2 ORDER BY s.position DESC LIMIT ?3");
pub(super) const MESSAGE: &str = select_message!(
    "WHERE m.id = ?1 AND EXISTS (
         SELECT 1 FROM conversations c WHERE c.id = m.conversation AND (c.one = ?2 OR c.other = ?2))"
);
pub(super) const MESSAGES: &str =
    select_message!("WHERE m.conversation = ?1 AND m.position < ?2 ORDER BY m.position DESC LIMIT ?3");

impl ConversationReads for SqliteTransaction<'_> {
    fn conversation(&self, id: &ConversationId, viewer: &UserId) -> Result<Option<ConversationRow>> {
        self.find(CONVERSATION, [viewer.as_str(), id.as_str()], conversation)
    }

    fn conversation_with(&self, viewer: &UserId, other: &UserId) -> Result<Option<ConversationRow>> {
        self.find(CONVERSATION_WITH, [viewer.as_str(), other.as_str()], conversation)
    }

    fn conversations(&self, viewer: &UserId, window: Window) -> Result<Vec<ConversationRow>> {
        self.list(
            CONVERSATIONS,
            params![viewer.as_str(), descending(window), window.limit as i64],
            conversation,
        )
    }

    fn message(&self, id: &MessageId, viewer: &UserId) -> Result<Option<MessageRow>> {
        let found = self.find(MESSAGE, [id.as_str(), viewer.as_str()], message)?;
        found
            .map(|(row, media_count)| self.message_with_media(row, media_count))
            .transpose()
    }

    fn messages(&self, conversation: &ConversationId, window: Window) -> Result<Vec<MessageRow>> {
        let values = params![conversation.as_str(), descending(window), window.limit as i64];
        let found = self.list(MESSAGES, values, message)?;
        found
            .into_iter()
            .map(|(row, media_count)| self.message_with_media(row, media_count))
            .collect()
    }
}

impl ConversationWrites for SqliteTransaction<'_> {
    fn insert_conversation(
        &mut self,
        id: &ConversationId,
        one: &UserId,
        other: &UserId,
        at: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO conversations (id, one, other, created_at) VALUES (?1, min(?2, ?3), max(?2, ?3), ?4)",
            params![id.as_str(), one.as_str(), other.as_str(), at.millis()],
        )?;
        let position = self.connection.last_insert_rowid();
        for (account, peer) in [(one, other), (other, one)] {
            self.execute(
                "INSERT INTO participants (account, position, peer) VALUES (?1, ?2, ?3)",
                params![account.as_str(), position, peer.as_str()],
            )?;
        }
        Ok(())
    }

    fn insert_message(&mut self, message: &NewMessageRow<'_>) -> Result<MessageRow> {
        self.execute(
            "INSERT INTO messages (id, conversation, author, text, media_count, created_at, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                message.id.as_str(),
                message.conversation.as_str(),
                message.author.id.as_str(),
                message.text,
                message.media.len() as i64,
                message.at.millis(),
                message.key.map(IdempotencyKey::as_str)
            ],
        )?;
        let position = self.last_position();
        self.attach(message.id.as_str(), message.media)?;
        self.refresh_conversation(message.conversation)?;
        Ok(message.made(position))
    }

    fn delete_message(&mut self, id: &MessageId, conversation: &ConversationId) -> Result<()> {
        self.detach(id.as_str())?;
        self.execute("DELETE FROM messages WHERE id = ?1", [id.as_str()])?;
        self.refresh_conversation(conversation)
    }
}

impl SqliteTransaction<'_> {
    fn refresh_conversation(&self, conversation: &ConversationId) -> Result<()> {
        self.execute(
            "UPDATE conversations SET version = version + 1, last_message_at = (
                 SELECT created_at FROM messages WHERE conversation = ?1 ORDER BY position DESC LIMIT 1)
             WHERE id = ?1",
            [conversation.as_str()],
        )?;
        Ok(())
    }

    fn message_with_media(&self, row: MessageRow, media_count: i64) -> Result<MessageRow> {
        if media_count == 0 {
            return Ok(row);
        }
        let media = self.attached(row.id.as_str())?;
        Ok(MessageRow { media, ..row })
    }
}

fn conversation(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    Ok(ConversationRow {
        id: ConversationId::named(row.get::<_, String>(0)?),
        position: Position(count(row.get(1)?)),
        with: user(row, 2)?,
        last_message_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
        version: Version(count(row.get(5)?)),
    })
}

fn message(row: &Row<'_>) -> rusqlite::Result<(MessageRow, i64)> {
    let message = MessageRow {
        id: MessageId::named(row.get::<_, String>(0)?),
        position: Position(count(row.get(1)?)),
        conversation: ConversationId::named(row.get::<_, String>(2)?),
        author: user(row, 3)?,
        text: row.get(5)?,
        media: Vec::new(),
        created_at: Timestamp::from_millis(row.get(7)?),
        version: Version(1),
        key: row.get::<_, Option<String>>(8)?.map(IdempotencyKey::stored),
    };
    Ok((message, row.get(6)?))
}
