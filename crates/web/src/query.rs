//! Questions about what is here, answered as JSON.
//!
//! Owns which question is whose: the social app's, or the engine's. Never changes anything.

use outrigger_engine::inspect::{self, Item, Standing};
use outrigger_engine::{Error, idmap::Ids};
use outrigger_social::id::UserId;
use outrigger_social::query::{self, PAGE_ROWS, Page};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::shape::{ConversationWith, Query, StandingOut};

/// Rows of the queue and of the journal that are listed at most, or read at once.
const ROWS_MAX: usize = 500;

/// Answers a query.
///
/// # Errors
/// What the database says.
pub fn answer(db: &Connection, me: UserId, asked: Query) -> Result<Value, Error> {
    let page = |after, rows: Option<usize>| Page {
        after,
        rows_max: rows.unwrap_or(PAGE_ROWS),
    };
    Ok(match asked {
        Query::Feed { scope, after, rows } => json(&query::feed(db, me, scope, page(after, rows))?),
        Query::Post { post } => json(&query::post(db, post)?),
        Query::Thread { post, after } => json(&query::thread(db, post, page(after, None))?),
        Query::Comment { comment } => json(&query::comment(db, comment)?),
        Query::PostsOf { user, after, rows } => json(&query::posts_of(db, user, page(after, rows))?),
        Query::Profile { user } => json(&query::profile(db, user)?),
        Query::Me => json(&query::user(db, me)?),
        Query::Conversations { after } => json(&query::conversations(db, page(after, None))?),
        Query::Conversation { conversation, after } => {
            json(&query::conversation(db, conversation, page(after, None))?)
        }
        Query::ConversationWith { user } => json(&conversation_with(db, user)?),
        Query::Items { filter } => json(&inspect::items(
            db,
            filter.unwrap_or_default().into(),
            None,
            ROWS_MAX,
        )?),
        Query::Journal => json(&inspect::journal(db, ROWS_MAX)?),
        Query::EntityStatus { entity } => json(&inspect::entity_status(db, entity)?),
        Query::Inspect => json(&inspect::overview(db)?),
        Query::Export => export(db)?,
        Query::AttachmentFile { sha256 } => json(&inspect::attachment_file(db, &sha256)?),
        Query::UnknownFiles { files } => json(&inspect::unknown_files(db, files)?),
        Query::Standing { mutation } => json(&standing(inspect::standing(db, mutation)?)),
    })
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("BUG: what is shown has no map keys that could fail")
}

/// Known is what is on the server, or about to be: its opening waits.
fn conversation_with(db: &Connection, user: UserId) -> Result<ConversationWith, Error> {
    let conversation = user.conversation();
    let is_known = Ids::new(db).server_id(&conversation.entity())?.is_some();
    let waits = inspect::entity_status(db, conversation.0)? != outrigger_engine::EntityStatus::Synced;
    Ok(ConversationWith {
        conversation,
        known: is_known || waits,
    })
}

fn standing(standing: Standing) -> StandingOut {
    match standing {
        Standing::Waiting => StandingOut::Waiting,
        Standing::Settled(outcome) => StandingOut::Settled { outcome },
        Standing::Unknown => StandingOut::Unknown,
    }
}

/// What a bug report needs of the queue: all of its rows, and of each everything but what was written.
fn export(db: &Connection) -> Result<Value, Error> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = inspect::items(db, inspect::Filter::All, after, ROWS_MAX)?;
        let Some(last) = page.last() else {
            return Ok(json!({ "format": 1, "items": rows }));
        };
        after = Some(last.place);
        rows.extend(page.iter().map(without_payload));
    }
}

fn without_payload(item: &Item) -> Value {
    let mut item = json(item);
    if let Some(fields) = item.as_object_mut() {
        fields.remove("payload");
    }
    item
}
