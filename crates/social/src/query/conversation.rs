//! Conversations and their messages.

use outrigger_engine::Error;
use outrigger_engine::inspect::entity_status;
use outrigger_engine::status::EntityStatus;
use outrigger_engine::time::Wall;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{ConversationView, Cursor, Listed, MessageView, Page, UserView, media};
use crate::id::{ConversationId, MessageId, MessageRef};

macro_rules! message_columns {
    () => {
        "SELECT m.position, m.id, m.conversation, i.server_id, m.author, coalesce(u.name, ''), m.text, m.created_ms
         FROM messages AS m
         LEFT JOIN users AS u ON u.id = m.author
         LEFT JOIN outrigger_id AS i ON i.local_id = m.id "
    };
}

pub(super) const MESSAGES: &str = concat!(
    message_columns!(),
    "WHERE m.conversation = ?4 AND (m.position, m.id) < (?1, ?2) ORDER BY m.position DESC, m.id DESC LIMIT ?3"
);
pub(super) const ONE_MESSAGE: &str = concat!(message_columns!(), "WHERE m.id = ?1");
pub(super) const CONVERSATIONS: &str = "SELECT c.activity, c.id, i.server_id, c.user, coalesce(u.name, '')
     FROM conversations AS c
     LEFT JOIN users AS u ON u.id = c.user
     LEFT JOIN outrigger_id AS i ON i.local_id = c.id
     WHERE (c.activity, c.id) < (?1, ?2) ORDER BY c.activity DESC, c.id DESC LIMIT ?3";

/// The conversations of the signed-in user, the most recently active first.
///
/// # Errors
/// What the database says.
pub fn conversations(db: &Connection, page: Page) -> Result<Listed<ConversationView>, Error> {
    let Cursor { position, id } = page.below();
    let mut statement = db.prepare_cached(CONVERSATIONS)?;
    let found = statement
        .query_map(params![position, id, page.limit()], read_conversation)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut listed = page.cut(found);
    for view in &mut listed.rows {
        view.sync = entity_status(db, view.id.0)?;
        view.last = last_message(db, view.id)?;
    }
    Ok(listed)
}

/// The messages of a conversation, newest first; what has not arrived stands on top.
///
/// # Errors
/// What the database says.
pub fn conversation(
    db: &Connection,
    conversation: ConversationId,
    page: Page,
) -> Result<Listed<MessageView>, Error> {
    let Cursor { position, id } = page.below();
    let mut statement = db.prepare_cached(MESSAGES)?;
    let found = statement
        .query_map(params![position, id, page.limit(), conversation], read_message)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let Listed { rows, next } = page.cut(found);
    let rows = rows
        .into_iter()
        .map(|view| complete_message(db, view))
        .collect::<Result<_, _>>()?;
    Ok(Listed { rows, next })
}

/// One message, if it is shown.
///
/// # Errors
/// What the database says.
pub fn message(db: &Connection, message: MessageId) -> Result<Option<MessageView>, Error> {
    let found = db
        .prepare_cached(ONE_MESSAGE)?
        .query_row([message], read_message)
        .optional()?;
    found.map(|(_, view)| complete_message(db, view)).transpose()
}

fn last_message(db: &Connection, conversation_id: ConversationId) -> Result<Option<MessageView>, Error> {
    let page = Page {
        after: None,
        rows_max: 1,
    };
    let listed = conversation(db, conversation_id, page)?;
    Ok(listed.rows.into_iter().next())
}

/// What is not in its row.
fn complete_message(db: &Connection, view: MessageView) -> Result<MessageView, Error> {
    Ok(MessageView {
        media: media(db, view.message.id.0)?,
        sync: entity_status(db, view.message.id.0)?,
        ..view
    })
}

fn read_message(row: &Row<'_>) -> rusqlite::Result<(Cursor, MessageView)> {
    let id: MessageId = row.get(1)?;
    let view = MessageView {
        message: MessageRef {
            id,
            conversation: row.get(2)?,
        },
        server_id: row.get(3)?,
        author: UserView {
            id: row.get(4)?,
            name: row.get(5)?,
        },
        text: row.get(6)?,
        media: Vec::new(),
        created_at: Wall(row.get(7)?),
        sync: EntityStatus::Synced,
    };
    let position = row.get(0)?;
    Ok((Cursor { position, id: id.0 }, view))
}

fn read_conversation(row: &Row<'_>) -> rusqlite::Result<(Cursor, ConversationView)> {
    let id: ConversationId = row.get(1)?;
    let view = ConversationView {
        id,
        server_id: row.get(2)?,
        with: UserView {
            id: row.get(3)?,
            name: row.get(4)?,
        },
        last: None,
        sync: EntityStatus::Synced,
    };
    let position = row.get(0)?;
    Ok((Cursor { position, id: id.0 }, view))
}
