//! The rows of the queue: reading and writing them one by one.
//!
//! Owns the SQL of `outrigger_queue` and `outrigger_sent`. Never decides a state: that is `flow`'s.

use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params};

use crate::app::{App, Intent, Unreadable};
use crate::error::Error;
use crate::http::{Method, Target};
use crate::ids::{Entity, Key, LocalId, MutationId, Place, Sequence, Sha256};
use crate::state::Counts;
use crate::status::Parked;
use crate::time::{Tick, Wall};

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    /// For its turn in its lane, or for its edges.
    Waiting,
    /// It may be sent at its time.
    Ready,
    /// In a request.
    InFlight,
    /// For the user.
    Parked,
}

impl RowState {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Ready => 1,
            Self::InFlight => 2,
            Self::Parked => 3,
        }
    }

    fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Ready,
            2 => Self::InFlight,
            3 => Self::Parked,
            _ => Self::Waiting,
        }
    }
}

const fn intent_code(intent: Intent) -> i64 {
    match intent {
        Intent::Create => 0,
        Intent::Update => 1,
        Intent::Delete => 2,
        Intent::Ensure => 3,
        Intent::Remove => 4,
    }
}

const fn intent_from_code(code: i64) -> Intent {
    match code {
        0 => Intent::Create,
        2 => Intent::Delete,
        3 => Intent::Ensure,
        4 => Intent::Remove,
        _ => Intent::Update,
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) mutation: MutationId,
    pub(crate) key: Key,
    pub(crate) name: String,
    pub(crate) intent: Intent,
    pub(crate) entity: Entity,
    pub(crate) lane: LocalId,
    pub(crate) state: RowState,
    /// Whether it holds its lane: what is behind it waits.
    pub(crate) in_lane: bool,
    /// How many edges it waits for.
    pub(crate) blockers: i64,
    pub(crate) attempts: u32,
    /// How often the server had answered well when it was last sent.
    pub(crate) well_seen: i64,
    pub(crate) due: Tick,
    pub(crate) written_at: Wall,
    /// The file it uploads, where it is no mutation but an upload.
    pub(crate) upload: Option<Sha256>,
    pub(crate) parked: Option<Parked>,
    pub(crate) version: u32,
    pub(crate) payload: String,
}

impl Row {
    /// What it adds to the counters.
    pub(crate) fn counts(&self) -> Counts {
        let is_write = self.upload.is_none();
        let parked = self.state == RowState::Parked;
        Counts {
            pending: i64::from(is_write && !parked),
            in_flight: i64::from(self.state == RowState::InFlight),
            failed: i64::from(parked),
            blocked: i64::from(is_write && self.state == RowState::Waiting && self.blockers > 0),
        }
    }

    pub(crate) fn is_rejected(&self) -> bool {
        matches!(self.parked, Some(Parked::Rejected { .. }))
    }

    /// The mutation, lifted to this program's payload version.
    pub(crate) fn mutation<A: App>(&self, app: &A) -> Result<A::Mutation, Unreadable> {
        read_payload(app, self.version, &self.payload)
    }
}

/// Reads a payload of any version.
pub(crate) fn read_payload<A: App>(app: &A, version: u32, payload: &str) -> Result<A::Mutation, Unreadable> {
    let broken = |error: serde_json::Error| Unreadable(format!("its payload cannot be read: {error}"));
    if version == A::PAYLOAD_VERSION {
        return serde_json::from_str(payload).map_err(broken);
    }
    let value = serde_json::from_str(payload).map_err(broken)?;
    serde_json::from_value(app.lift(version, value)?).map_err(broken)
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT place, mutation, key, name, intent, entity_kind, entity, lane, state, in_lane, blockers, attempts, well_seen, ",
            "due, written_at, upload, parked, version, payload FROM outrigger_queue ",
            $rest
        )
    };
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        place: row.get(0)?,
        mutation: row.get(1)?,
        key: row.get(2)?,
        name: row.get(3)?,
        intent: intent_from_code(row.get(4)?),
        entity: Entity::new(row.get(5)?, row.get(6)?),
        lane: row.get(7)?,
        state: RowState::from_code(row.get(8)?),
        in_lane: row.get(9)?,
        blockers: row.get(10)?,
        attempts: row.get(11)?,
        well_seen: row.get(12)?,
        due: Tick(row.get(13)?),
        written_at: Wall(row.get(14)?),
        upload: row.get(15)?,
        parked: row
            .get::<_, Option<String>>(16)?
            .map(|text| crate::inspect::read_parked(&text)),
        version: row.get(17)?,
        payload: row.get(18)?,
    })
}

/// A row as the journal kept it: `mutation, key, name, intent, entity_kind, entity, lane, version, payload, at` from the second column on.
pub(crate) fn read_journalled(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        place: Place(0),
        mutation: row.get(1)?,
        key: row.get(2)?,
        name: row.get(3)?,
        intent: intent_from_code(row.get(4)?),
        entity: Entity::new(row.get(5)?, row.get(6)?),
        lane: row.get(7)?,
        state: RowState::Waiting,
        in_lane: false,
        blockers: 0,
        attempts: 0,
        well_seen: 0,
        due: Tick(0),
        written_at: Wall(row.get(10)?),
        upload: None,
        parked: None,
        version: row.get(8)?,
        payload: row.get(9)?,
    })
}

pub(crate) fn by_place(db: &Connection, place: Place) -> Result<Option<Row>, Error> {
    Ok(db
        .prepare_cached(select!("WHERE place = ?1"))?
        .query_row([place], read)
        .optional()?)
}

pub(crate) fn by_mutation(db: &Connection, mutation: MutationId) -> Result<Option<Row>, Error> {
    Ok(db
        .prepare_cached(select!("WHERE mutation = ?1"))?
        .query_row([mutation], read)
        .optional()?)
}

/// The rows of one entity, oldest first.
pub(crate) fn of_entity(db: &Connection, entity: &Entity) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE entity = ?1 ORDER BY place"))?;
    Ok(statement
        .query_map([entity.id], read)?
        .collect::<Result<_, _>>()?)
}

/// The newest row of one entity.
pub(crate) fn last_of_entity(db: &Connection, entity: &Entity) -> Result<Option<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE entity = ?1 ORDER BY place DESC LIMIT 1"))?;
    Ok(statement.query_row([entity.id], read).optional()?)
}

/// What may be sent now, what has waited longest first.
pub(crate) fn due(db: &Connection, now: Tick, limit: usize) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!(
        "WHERE state = 1 AND due <= ?1 ORDER BY due, place LIMIT ?2"
    ))?;
    Ok(statement
        .query_map(params![now.0, limit as i64], read)?
        .collect::<Result<_, _>>()?)
}

/// When the next row may be sent.
pub(crate) fn next_due(db: &Connection) -> Result<Option<Tick>, Error> {
    let mut statement =
        db.prepare_cached("SELECT due FROM outrigger_queue WHERE state = 1 ORDER BY due, place LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0).map(Tick)).optional()?)
}

/// The head of a lane.
pub(crate) fn lane_head(db: &Connection, lane: LocalId) -> Result<Option<Row>, Error> {
    let mut statement =
        db.prepare_cached(select!("WHERE lane = ?1 AND in_lane = 1 ORDER BY place LIMIT 1"))?;
    Ok(statement.query_row([lane], read).optional()?)
}

/// What stands before a place in its lane.
pub(crate) fn lane_predecessor(db: &Connection, lane: LocalId, place: Place) -> Result<Option<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE lane = ?1 AND in_lane = 1 AND place < ?2 ORDER BY place DESC LIMIT 1",
    )?;
    Ok(statement
        .query_row(params![lane, place], |row| row.get(0))
        .optional()?)
}

/// What stands behind a place in its lane.
pub(crate) fn lane_successor(db: &Connection, lane: LocalId, place: Place) -> Result<Option<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE lane = ?1 AND in_lane = 1 AND place > ?2 ORDER BY place LIMIT 1",
    )?;
    Ok(statement
        .query_row(params![lane, place], |row| row.get(0))
        .optional()?)
}

/// The newest older row of the same entity that has left the lane.
pub(crate) fn outside_lane_before(db: &Connection, row: &Row) -> Result<Option<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE entity = ?1 AND place < ?2 AND in_lane = 0 ORDER BY place DESC LIMIT 1",
    )?;
    Ok(statement
        .query_row(params![row.entity.id, row.place], |row| row.get(0))
        .optional()?)
}

/// The next newer row of the same entity that is neither parked nor in a request.
pub(crate) fn next_at_rest(db: &Connection, row: &Row) -> Result<Option<Row>, Error> {
    let mut statement = db.prepare_cached(select!(
        "WHERE entity = ?1 AND place > ?2 AND state IN (0, 1) ORDER BY place LIMIT 1"
    ))?;
    Ok(statement
        .query_row(params![row.entity.id, row.place], read)
        .optional()?)
}

/// What is in a request.
pub(crate) fn in_flight(db: &Connection) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE state = 2 ORDER BY place"))?;
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

/// What is parked, after a place.
pub(crate) fn parked_after(db: &Connection, after: Place, limit: usize) -> Result<Vec<Row>, Error> {
    let mut statement =
        db.prepare_cached(select!("WHERE state = 3 AND place > ?1 ORDER BY place LIMIT ?2"))?;
    Ok(statement
        .query_map(params![after, limit as i64], read)?
        .collect::<Result<_, _>>()?)
}

/// Rows that were written with keys up to this one.
pub(crate) fn with_keys_up_to(db: &Connection, highest: Key) -> Result<Vec<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE key <= ?1 AND upload IS NULL ORDER BY key",
    )?;
    Ok(statement
        .query_map([highest], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The upload of a file.
pub(crate) fn upload_of(db: &Connection, sha256: &Sha256) -> Result<Option<Row>, Error> {
    let entity = crate::attachment::entity(sha256);
    last_of_entity(db, &entity)
}

/// Adds a row at the end; its place is given by the database.
pub(crate) fn insert(db: &Connection, row: &mut Row) -> Result<(), Error> {
    db.prepare_cached(
        "INSERT INTO outrigger_queue (mutation, key, name, intent, entity_kind, entity, lane, state, in_lane, blockers, attempts,
             well_seen, due, written_at, upload, parked, version, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?
    .execute(params![
        row.mutation,
        row.key,
        row.name,
        intent_code(row.intent),
        row.entity.kind,
        row.entity.id,
        row.lane,
        row.state.code(),
        row.in_lane,
        row.blockers,
        row.attempts,
        row.well_seen,
        row.due.0,
        row.written_at.0,
        row.upload,
        row.parked.as_ref().map(parked_json),
        row.version,
        row.payload,
    ])?;
    row.place = Place(db.last_insert_rowid());
    Ok(())
}

/// Writes what changes about a row as it moves through the queue.
pub(crate) fn save(db: &Connection, row: &Row) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE outrigger_queue SET state = ?2, in_lane = ?3, blockers = ?4, attempts = ?5, well_seen = ?6, due = ?7, parked = ?8
         WHERE place = ?1",
    )?
    .execute(params![
        row.place,
        row.state.code(),
        row.in_lane,
        row.blockers,
        row.attempts,
        row.well_seen,
        row.due.0,
        row.parked.as_ref().map(parked_json),
    ])?;
    Ok(())
}

/// Writes what a row says, after it was merged or edited.
pub(crate) fn save_content(db: &Connection, row: &Row) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE outrigger_queue SET key = ?2, name = ?3, intent = ?4, version = ?5, payload = ?6 WHERE place = ?1",
    )?
    .execute(params![row.place, row.key, row.name, intent_code(row.intent), row.version, row.payload])?;
    Ok(())
}

/// Removes a row and all that is kept for it. What waits for it must have been released before.
pub(crate) fn delete(db: &Connection, place: Place) -> Result<(), Error> {
    for sql in [
        "DELETE FROM outrigger_queue WHERE place = ?1",
        "DELETE FROM outrigger_sent WHERE place = ?1",
        "DELETE FROM outrigger_mention WHERE place = ?1",
        "DELETE FROM outrigger_edge WHERE place = ?1",
        "DELETE FROM outrigger_look_up WHERE place = ?1",
    ] {
        db.prepare_cached(sql)?.execute([place])?;
    }
    Ok(())
}

fn parked_json(parked: &Parked) -> String {
    serde_json::to_string(parked).expect("BUG: a parked reason has no map keys that could fail")
}

/// Records that a row names an entity.
pub(crate) fn mention(db: &Connection, entity: &Entity, place: Place) -> Result<(), Error> {
    db.prepare_cached("INSERT OR IGNORE INTO outrigger_mention (entity, place) VALUES (?1, ?2)")?
        .execute(params![entity.id, place])?;
    Ok(())
}

/// The rows that name an entity.
pub(crate) fn mentions(db: &Connection, entity: &Entity) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place FROM outrigger_mention WHERE entity = ?1 ORDER BY place")?;
    Ok(statement
        .query_map([entity.id], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// A request as it was first made.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) sequence: Sequence,
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) guarded: bool,
    pub(crate) body: Option<String>,
}

pub(crate) fn sent(db: &Connection, place: Place) -> Result<Option<Sent>, Error> {
    let found: Option<(Sequence, String, String, bool, Option<String>)> = db
        .prepare_cached(
            "SELECT sequence, method, target, guarded, body FROM outrigger_sent WHERE place = ?1",
        )?
        .query_row([place], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .optional()?;
    let Some((sequence, method, target, guarded, body)) = found else {
        return Ok(None);
    };
    let unreadable = |error| {
        Error::Database(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            Box::new(error),
        ))
    };
    Ok(Some(Sent {
        sequence,
        method: serde_json::from_str(&method).map_err(unreadable)?,
        target: serde_json::from_str(&target).map_err(unreadable)?,
        guarded,
        body,
    }))
}

pub(crate) fn was_sent(db: &Connection, place: Place) -> Result<bool, Error> {
    Ok(db
        .prepare_cached("SELECT 1 FROM outrigger_sent WHERE place = ?1")?
        .exists([place])?)
}

pub(crate) fn keep_sent(db: &Connection, place: Place, sent: &Sent) -> Result<(), Error> {
    let json = |error| Error::Database(rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
    db.prepare_cached(
        "INSERT INTO outrigger_sent (place, sequence, method, target, guarded, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        place,
        sent.sequence,
        serde_json::to_string(&sent.method).map_err(json)?,
        serde_json::to_string(&sent.target).map_err(json)?,
        sent.guarded,
        sent.body,
    ])?;
    Ok(())
}

pub(crate) fn forget_sent(db: &Connection, place: Place) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_sent WHERE place = ?1")?
        .execute([place])?;
    Ok(())
}

/// An uncertain row needs no look-up any more.
pub(crate) fn forget_look_up(db: &Connection, place: Place) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_look_up WHERE place = ?1")?
        .execute([place])?;
    Ok(())
}

/// The lowest sequence whose answer is not recorded.
pub(crate) fn sequence_open(db: &Connection) -> Result<Option<Sequence>, Error> {
    let mut statement = db.prepare_cached("SELECT sequence FROM outrigger_sent ORDER BY sequence LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}
