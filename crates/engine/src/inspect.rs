//! Reading the queue: what waits, what is parked and why, what became of what.
//!
//! Owns reads only, on any connection to the database, also of another process and also read-only. Every read is bounded.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::error::Error;
use crate::ids::{ClientId, Entity, Key, Kind, LocalId, MutationId, Place, ReadMark, Sha256};
use crate::status::{EntityStatus, Outcome, Parked};
use crate::time::Wall;

/// Which rows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// What is parked.
    Parked,
}

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Waits for its turn in its lane.
    Waiting,
    /// Waits for something else to arrive first.
    Blocked,
    /// The same, and what it waits for is parked: it has left its lane and will arrive late.
    Late,
    /// May be sent at its time.
    Ready,
    /// In a request right now.
    InFlight,
    /// Parked.
    Parked,
}

/// One row of the queue, for people.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Item {
    /// Its id.
    pub mutation: MutationId,
    /// Its idempotency key.
    pub key: Key,
    /// Its place.
    pub place: Place,
    /// Its name, as `post.create`.
    pub name: String,
    /// What it is about.
    pub entity: Entity,
    /// In which lane it is: its entity's own, or one that the app has named.
    pub lane: LocalId,
    /// The file that it uploads, where it is an upload.
    pub upload: Option<Sha256>,
    /// How it stands.
    pub state: ItemState,
    /// Why it is parked.
    pub parked: Option<Parked>,
    /// Attempts made.
    pub attempts: u32,
    /// Milliseconds until it may be tried, as of the last transaction.
    pub due_in_ms: u64,
    /// When it was written.
    pub written_at: Wall,
    /// What it waits for.
    pub waits_for: Vec<MutationId>,
    /// The version of its payload.
    pub version: u32,
    /// Its payload, as written.
    pub payload: String,
}

/// One line of the journal.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct JournalEntry {
    /// When.
    pub at: Wall,
    /// Which.
    pub mutation: MutationId,
    /// Its name.
    pub name: String,
    /// What it was about.
    pub entity: Entity,
    /// What became of it.
    pub outcome: Outcome,
}

const ITEM_COLUMNS: &str =
    "q.place, q.mutation, q.key, q.name, q.entity_kind, q.entity, q.upload, q.state, q.in_lane, q.blockers,
    q.parked, q.attempts, max(0, q.due - s.timeline), q.written_at, q.version, q.payload, q.lane";

/// Rows in their order, beginning after a place. At most `limit`, and at most 1,000.
///
/// # Errors
/// What the database says.
pub fn items(
    db: &Connection,
    filter: Filter,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<Item>, Error> {
    let condition = match filter {
        Filter::All => "",
        Filter::Parked => "AND q.state = 3",
    };
    let sql = format!(
        "SELECT {ITEM_COLUMNS} FROM outrigger_queue AS q, outrigger_state AS s WHERE q.place > ?1 {condition} ORDER BY q.place LIMIT ?2"
    );
    let after = after.unwrap_or(Place(i64::MIN));
    let mut found = db
        .prepare_cached(&sql)?
        .query_map(params![after, limit.min(1_000) as i64], read_item)?
        .collect::<Result<Vec<_>, _>>()?;
    for item in &mut found {
        item.waits_for = blockers(db, item.place)?;
    }
    Ok(found)
}

/// One row.
///
/// # Errors
/// What the database says.
pub fn item(db: &Connection, mutation: MutationId) -> Result<Option<Item>, Error> {
    let sql = format!(
        "SELECT {ITEM_COLUMNS} FROM outrigger_queue AS q, outrigger_state AS s WHERE q.mutation = ?1"
    );
    let Some(mut found) = db
        .prepare_cached(&sql)?
        .query_row([mutation], read_item)
        .optional()?
    else {
        return Ok(None);
    };
    found.waits_for = blockers(db, found.place)?;
    Ok(Some(found))
}

fn read_item(row: &Row<'_>) -> rusqlite::Result<Item> {
    let (state, in_lane, blockers): (i64, bool, i64) = (row.get(7)?, row.get(8)?, row.get(9)?);
    let state = match state {
        1 => ItemState::Ready,
        2 => ItemState::InFlight,
        3 => ItemState::Parked,
        _ if blockers > 0 && !in_lane => ItemState::Late,
        _ if blockers > 0 => ItemState::Blocked,
        _ => ItemState::Waiting,
    };
    Ok(Item {
        place: row.get(0)?,
        mutation: row.get(1)?,
        key: row.get(2)?,
        name: row.get(3)?,
        entity: Entity::new(row.get::<_, Kind>(4)?, row.get(5)?),
        lane: row.get(16)?,
        upload: row.get(6)?,
        state,
        parked: row.get::<_, Option<String>>(10)?.map(|text| read_parked(&text)),
        attempts: row.get(11)?,
        due_in_ms: row.get(12)?,
        written_at: Wall(row.get(13)?),
        waits_for: Vec::new(),
        version: crate::db::stored_version(row.get(14)?),
        payload: row.get(15)?,
    })
}

/// A reason as it was stored; one that a newer version wrote is shown as it stands.
pub(crate) fn read_parked(text: &str) -> Parked {
    serde_json::from_str(text).unwrap_or_else(|_| Parked::Unreadable {
        detail: text.to_owned(),
    })
}

fn blockers(db: &Connection, place: Place) -> Result<Vec<MutationId>, Error> {
    let found = db
        .prepare_cached(
            "SELECT q.mutation FROM outrigger_edge AS e JOIN outrigger_queue AS q ON q.place = e.blocker
             WHERE e.place = ?1 ORDER BY e.blocker LIMIT 100",
        )?
        .query_map([place], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Where one entity stands: what failed before what is on its way before what waits.
///
/// # Errors
/// What the database says.
pub fn entity_status(db: &Connection, entity: LocalId) -> Result<EntityStatus, Error> {
    let mut statement = db.prepare_cached(
        "SELECT mutation, state, attempts, parked FROM outrigger_queue WHERE entity = ?1 ORDER BY place LIMIT 100",
    )?;
    let mut rows = statement.query([entity])?;
    let mut status = EntityStatus::Synced;
    while let Some(row) = rows.next()? {
        let (state, attempts): (i64, u32) = (row.get(1)?, row.get(2)?);
        if state == 3 {
            let parked = row.get::<_, Option<String>>(3)?.unwrap_or_default();
            return Ok(EntityStatus::Failed {
                mutation: row.get(0)?,
                parked: read_parked(&parked),
                attempts,
            });
        }
        status = match (state, status) {
            (2, _) => EntityStatus::Syncing { attempts },
            (_, EntityStatus::Synced) => EntityStatus::Pending { attempts },
            (_, other) => other,
        };
    }
    drop(rows);
    if status == EntityStatus::Synced {
        return Ok(status);
    }
    Ok(failed_upload(db, entity)?.unwrap_or(status))
}

/// What waits for a picture that the server will not take has failed too, in a person's eyes.
fn failed_upload(db: &Connection, entity: LocalId) -> Result<Option<EntityStatus>, Error> {
    let failed = db
        .prepare_cached(
            "SELECT b.mutation, b.attempts, b.parked FROM outrigger_queue AS q
             JOIN outrigger_edge AS e ON e.place = q.place
             JOIN outrigger_queue AS b ON b.place = e.blocker
             WHERE q.entity = ?1 AND b.state = 3 AND b.upload IS NOT NULL LIMIT 1",
        )?
        .query_row([entity], |row| {
            let parked = row.get::<_, Option<String>>(2)?.unwrap_or_default();
            Ok(EntityStatus::Failed {
                mutation: row.get(0)?,
                attempts: row.get(1)?,
                parked: read_parked(&parked),
            })
        })
        .optional()?;
    Ok(failed)
}

/// The last outcomes, newest first. At most `limit`, and at most 1,000.
///
/// # Errors
/// What the database says.
pub fn journal(db: &Connection, limit: usize) -> Result<Vec<JournalEntry>, Error> {
    let found = db
        .prepare_cached(
            "SELECT at, mutation, name, entity_kind, entity, outcome FROM outrigger_journal ORDER BY entry DESC LIMIT ?1",
        )?
        .query_map([limit.min(1_000) as i64], |row| {
            Ok(JournalEntry {
                at: Wall(row.get(0)?),
                mutation: row.get(1)?,
                name: row.get(2)?,
                entity: Entity::new(row.get(3)?, row.get(4)?),
                outcome: read_outcome(&row.get::<_, String>(5)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn read_outcome(text: &str) -> Outcome {
    serde_json::from_str(text).unwrap_or_else(|_| {
        Outcome::Parked(Parked::Unreadable {
            detail: text.to_owned(),
        })
    })
}

/// Where a mutation stands in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It waits, or is on its way.
    Waiting,
    /// It arrived, is parked, or was discarded.
    Settled(Outcome),
    /// It never was here, or was settled so long ago that the journal has forgotten it.
    Unknown,
}

/// Where a mutation stands, or the one that it was merged into.
///
/// # Errors
/// What the database says.
pub fn standing(db: &Connection, mutation: MutationId) -> Result<Standing, Error> {
    let survivor = db
        .prepare_cached("SELECT into_mutation FROM outrigger_merged WHERE mutation = ?1")?
        .query_row([mutation], |row| row.get(0))
        .optional()?
        .unwrap_or(mutation);
    let parked: Option<Option<String>> = db
        .prepare_cached("SELECT parked FROM outrigger_queue WHERE mutation = ?1")?
        .query_row([survivor], |row| row.get(0))
        .optional()?;
    match parked {
        Some(None) => return Ok(Standing::Waiting),
        Some(Some(text)) => return Ok(Standing::Settled(Outcome::Parked(read_parked(&text)))),
        None => {}
    }
    let settled = db
        .prepare_cached(
            "SELECT outcome FROM outrigger_journal WHERE mutation = ?1 ORDER BY entry DESC LIMIT 1",
        )?
        .query_row([survivor], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(settled.map_or(Standing::Unknown, |text| Standing::Settled(read_outcome(&text))))
}

/// How the whole queue stands inside: for people who want to know why.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Overview {
    /// The id under which the server counts this client.
    pub client: ClientId,
    /// Which life of its database the server said it is in.
    pub epoch: Option<String>,
    /// The generation of the lease.
    pub generation: i64,
    /// The sequence that the next request gets.
    pub sequence_next: i64,
    /// Up to which sequence the server has confirmed to have forgotten.
    pub watermark: i64,
    /// Rows of the queue: writes and uploads.
    pub rows: i64,
    /// Writes that wait, are in a request, are parked, and wait for others.
    pub counts: [i64; 4],
    /// Bytes of payloads and of attachments that wait.
    pub bytes: [i64; 2],
    /// At most so many requests in a batch; 0: as many as the backend takes.
    pub batch_max: i64,
    /// The connection, as it is stored.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub connection: serde_json::Value,
    /// Bytes of the database.
    pub database_bytes: i64,
    /// Lines of the journal.
    pub journal: i64,
}

/// How the queue stands inside.
///
/// # Errors
/// What the database says.
pub fn overview(db: &Connection) -> Result<Overview, Error> {
    let found = db
        .prepare_cached(
            "SELECT i.client, i.epoch, l.generation, s.sequence_next, s.watermark, s.pending, s.in_flight, s.failed, s.blocked,
                 s.payload_bytes, s.attachment_bytes, s.batch_max, s.connection,
                 (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size), (SELECT count(*) FROM outrigger_journal),
                 (SELECT count(*) FROM outrigger_queue)
             FROM outrigger_identity AS i, outrigger_lease AS l, outrigger_state AS s",
        )?
        .query_row([], |row| {
            Ok(Overview {
                client: row.get(0)?,
                epoch: row.get(1)?,
                generation: row.get(2)?,
                sequence_next: row.get(3)?,
                watermark: row.get(4)?,
                rows: row.get(15)?,
                counts: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
                bytes: [row.get(9)?, row.get(10)?],
                batch_max: row.get(11)?,
                connection: serde_json::from_str(&row.get::<_, String>(12)?).unwrap_or_default(),
                database_bytes: row.get(13)?,
                journal: row.get(14)?,
            })
        })?;
    Ok(found)
}

/// What is confirmed now: to be asked before a read of the server begins, and handed in with what it brings.
///
/// # Errors
/// What the database says.
pub fn read_mark(db: &Connection) -> Result<ReadMark, Error> {
    Ok(crate::journal::mark(db)?)
}

/// The file of an attachment in the host's folder, while the engine keeps it.
///
/// # Errors
/// What the database says.
pub fn attachment_file(db: &Connection, sha256: &Sha256) -> Result<Option<String>, Error> {
    let found = db
        .prepare_cached("SELECT file FROM outrigger_attachment WHERE sha256 = ?1")?
        .query_row([sha256], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// Which of these files in the host's folder the engine knows nothing of: left behind by somebody who died before saying what they were for.
///
/// # Errors
/// What the database says.
pub fn unknown_files(db: &Connection, files: Vec<String>) -> Result<Vec<String>, Error> {
    let mut known = db.prepare_cached(
        "SELECT 1 FROM outrigger_attachment WHERE file = ?1 UNION ALL SELECT 1 FROM outrigger_staging WHERE file = ?1",
    )?;
    let mut unknown = Vec::new();
    for file in files {
        if !known.exists([&file])? {
            unknown.push(file);
        }
    }
    Ok(unknown)
}
