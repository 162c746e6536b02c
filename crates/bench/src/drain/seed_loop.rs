//! The seed loop: the sync engine that Outrigger grew from, written faithfully, as the baseline.
//!
//! Owns its tables and its loop. Ten rows at a time, in the order in which they were written; one request after the other, plain REST on a connection
//! that is kept; after each answer one commit that updates the local row with the server's id and marks it as synced, and one commit that takes the row
//! out of the queue (a like has no local row to update). After ten rows it looks whether there are more. WAL and `synchronous=FULL`, as ours: with the rollback
//! journal that it had, it would be slower by far. No retries are needed here, so none are written down; its stream of states is left out, in its favour.

use outrigger_engine::ids::{Entity, LocalId};
use outrigger_social::Mutation;
use outrigger_social::mutation::{CommentChange, Like, MessageChange, PostChange};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use std::time::Duration;

use crate::error::Error;
use crate::http::Http;
use crate::rounds::{Stopwatch, Took};
use crate::world::World;

const BATCH: i64 = 10;
const TABLES: &str = "
    CREATE TABLE sync_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        entity_type TEXT NOT NULL, action TEXT NOT NULL, entity_id TEXT NOT NULL, payload TEXT NOT NULL,
        retry_count INTEGER NOT NULL DEFAULT 0, last_error TEXT, created_at INTEGER NOT NULL
    );
    CREATE TABLE posts (
        local_id TEXT NOT NULL PRIMARY KEY, id TEXT, content TEXT NOT NULL, image_urls TEXT,
        sync_status TEXT NOT NULL, sync_error TEXT, created_at INTEGER NOT NULL
    );
    CREATE TABLE comments (
        local_id TEXT NOT NULL PRIMARY KEY, id TEXT, post_id TEXT NOT NULL, content TEXT NOT NULL,
        sync_status TEXT NOT NULL, created_at INTEGER NOT NULL
    );
    CREATE TABLE messages (
        local_id TEXT NOT NULL PRIMARY KEY, id TEXT, conversation_id TEXT NOT NULL, content TEXT NOT NULL,
        sync_status TEXT NOT NULL, created_at INTEGER NOT NULL
    );";

/// Drains these writes to a copy of the server.
pub(crate) async fn whole(world: &World, writes: &[Mutation]) -> Result<Took, Error> {
    let running = world.run(&world.server_data(), "seed", Duration::ZERO).await?;
    let db = prepare(&running.folder.join("seed.db"), world, writes)?;
    let http = Http::new(&running.server.url(), Some(&world.token))?;
    let watch = Stopwatch::start();
    process_queue(&db, &http).await?;
    let took = watch.stop();
    drop((db, http));
    running.end().await?;
    Ok(took)
}

/// The queue as it is when the network comes back.
fn prepare(path: &std::path::Path, world: &World, writes: &[Mutation]) -> Result<Connection, Error> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(TABLES)?;
    let device = Connection::open(world.database())?;
    db.execute_batch("BEGIN")?;
    for (number, write) in writes.iter().enumerate() {
        let at = number as i64;
        let id = write.entity().id.to_string();
        let (kind, payload) = match write {
            Mutation::Post(PostChange::Create { text, .. }) => {
                db.execute(
                    "INSERT INTO posts (local_id, content, sync_status, created_at) VALUES (?1, ?2, 'pending', ?3)",
                    params![id, text, at],
                )?;
                ("post", json!({ "content": text, "localImagePaths": [] }))
            }
            Mutation::Comment(CommentChange::Create { post, text, .. }) => {
                let post = known(&device, &post.entity())?;
                db.execute(
                    "INSERT INTO comments (local_id, post_id, content, sync_status, created_at) VALUES (?1, ?2, ?3, 'pending', ?4)",
                    params![id, post, text, at],
                )?;
                ("comment", json!({ "postId": post, "content": text }))
            }
            Mutation::Like(Like { post, .. }) => {
                ("like", json!({ "postId": known(&device, &post.entity())? }))
            }
            Mutation::Message(MessageChange::Create {
                conversation, text, ..
            }) => {
                let conversation = known(&device, &conversation.entity())?;
                db.execute(
                    "INSERT INTO messages (local_id, conversation_id, content, sync_status, created_at) VALUES (?1, ?2, ?3, 'pending', ?4)",
                    params![id, conversation, text, at],
                )?;
                (
                    "message",
                    json!({ "conversationId": conversation, "content": text }),
                )
            }
            other => {
                return Err(Error::Unmeasured(format!(
                    "the seed loop knows no {}",
                    other.name()
                )));
            }
        };
        db.execute(
            "INSERT INTO sync_queue (entity_type, action, entity_id, payload, created_at) VALUES (?1, 'create', ?2, ?3, ?4)",
            params![kind, id, payload.to_string(), at],
        )?;
    }
    db.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(db)
}

/// What the server calls it, where that is known; else its local id, until the answer tells.
fn known(device: &Connection, entity: &Entity) -> Result<String, Error> {
    let known = outrigger_engine::idmap::Ids::new(device).server_id(entity)?;
    let local: LocalId = entity.id;
    Ok(known.map_or_else(|| local.to_string(), |id| id.0))
}

/// A row of the queue.
struct Item {
    id: i64,
    entity_type: String,
    entity_id: String,
    payload: String,
}

/// `_processQueue`.
async fn process_queue(db: &Connection, http: &Http) -> Result<(), Error> {
    loop {
        for item in next_batch(db, BATCH)? {
            process(db, http, &item).await?;
            // `dequeue`: a commit of its own.
            db.prepare_cached("DELETE FROM sync_queue WHERE id = ?1")?
                .execute([item.id])?;
        }
        if next_batch(db, 1)?.is_empty() {
            return Ok(());
        }
    }
}

/// `getNextBatch`.
fn next_batch(db: &Connection, limit: i64) -> Result<Vec<Item>, Error> {
    let mut rows = db.prepare_cached(
        "SELECT id, entity_type, entity_id, payload FROM sync_queue ORDER BY created_at, id LIMIT ?1",
    )?;
    let rows = rows.query_map([limit], |row| {
        Ok(Item {
            id: row.get(0)?,
            entity_type: row.get(1)?,
            entity_id: row.get(2)?,
            payload: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `_processSyncItem`.
async fn process(db: &Connection, http: &Http, item: &Item) -> Result<(), Error> {
    let payload: Value = serde_json::from_str(&item.payload)
        .map_err(|error| Error::Unmeasured(format!("the seed loop wrote no JSON: {error}")))?;
    let text = |field: &str| payload[field].as_str().unwrap_or_default();
    let body = json!({ "text": text("content"), "media": [] });
    let (path, sql) = match item.entity_type.as_str() {
        "post" => (
            "/v1/posts".to_owned(),
            "UPDATE posts SET id = ?2, sync_status = 'synced', sync_error = NULL WHERE local_id = ?1",
        ),
        "comment" => (
            format!("/v1/posts/{}/comments", post_id(db, text("postId"))?),
            "UPDATE comments SET id = ?2, sync_status = 'synced' WHERE local_id = ?1",
        ),
        "message" => (
            format!("/v1/conversations/{}/messages", text("conversationId")),
            "UPDATE messages SET id = ?2, sync_status = 'synced' WHERE local_id = ?1",
        ),
        _ => {
            let path = format!("/v1/posts/{}/like", post_id(db, text("postId"))?);
            http.ask("PUT", &path, None).await?.json()?;
            return Ok(());
        }
    };
    let made = http.ask("POST", &path, Some(&body)).await?.json()?;
    // `updateFromServer`: a commit of its own.
    db.prepare_cached(sql)?
        .execute(params![item.entity_id, made["id"].as_str()])?;
    Ok(())
}

/// The server's id of a post: of one's own it was learned from the answer.
fn post_id(db: &Connection, post: &str) -> Result<String, Error> {
    let own: Option<Option<String>> = db
        .prepare_cached("SELECT id FROM posts WHERE local_id = ?1")?
        .query_row([post], |row| row.get(0))
        .optional()?;
    Ok(own.flatten().unwrap_or_else(|| post.to_owned()))
}
