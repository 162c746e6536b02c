//! The rows of the queue: reading and writing them one by one.
//!
//! Owns the SQL of `outrigger_queue`. Never decides a state: that is `flow`'s.

use outrigger_planted::{self as planted, Bug};
use rusqlite::{Connection, OptionalExtension as _, Row as SqlRow, params};

use crate::app::{App, Intent, Unreadable};
use crate::db::{Db, stored_version};
use crate::error::Error;
use crate::ids::{Entity, Key, Kind, LocalId, MutationId, Place, Sequence, Sha256};
use crate::sent;
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

pub(crate) const fn intent_code(intent: Intent) -> i64 {
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
    /// Under which it was first sent, and its request is kept.
    pub(crate) sequence: Option<Sequence>,
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
        let waits = self.state == RowState::Waiting || parked && planted::is(Bug::ParkedCountedAsBlocked);
        Counts {
            pending: i64::from(is_write && !parked),
            in_flight: i64::from(self.state == RowState::InFlight),
            failed: i64::from(parked),
            blocked: i64::from(is_write && waits && self.blockers > 0),
        }
    }

    pub(crate) const fn was_sent(&self) -> bool {
        self.sequence.is_some()
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
            "due, written_at, upload, parked, version, payload, sequence FROM outrigger_queue ",
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
        version: stored_version(row.get(17)?),
        payload: row.get(18)?,
        sequence: row.get(19)?,
    })
}

/// A row as the journal kept it: `mutation, key, name, intent, entity_kind, entity, lane, version, payload, at` from the second column on.
pub(crate) fn read_journalled(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        place: Place(0),
        mutation: row.get(1)?,
        key: row.get(2)?,
        sequence: None,
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
        version: stored_version(row.get(8)?),
        payload: row.get(9)?,
    })
}

pub(crate) fn by_place(db: &Db<'_>, place: Place) -> Result<Option<Row>, Error> {
    Ok(db
        .prepare_cached(select!("WHERE place = ?1"))?
        .query_row([place], read)
        .optional()?)
}

pub(crate) fn by_mutation(db: &Db<'_>, mutation: MutationId) -> Result<Option<Row>, Error> {
    Ok(db
        .prepare_cached(select!("WHERE mutation = ?1"))?
        .query_row([mutation], read)
        .optional()?)
}

/// The rows of one entity, oldest first.
pub(crate) fn of_entity(db: &Db<'_>, entity: &Entity) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE entity = ?1 ORDER BY place"))?;
    Ok(statement
        .query_map([entity.id], read)?
        .collect::<Result<_, _>>()?)
}

/// The rows of one entity but one, oldest first.
pub(crate) fn others_of_entity(db: &Db<'_>, row: &Row) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE entity = ?1 AND place <> ?2 ORDER BY place"))?;
    Ok(statement
        .query_map(params![row.entity.id, row.place], read)?
        .collect::<Result<_, _>>()?)
}

/// The newest row before a place that makes an entity, or sees to it that it is there.
pub(crate) fn creator(db: &Db<'_>, entity: &Entity, before: Place) -> Result<Option<Row>, Error> {
    let mut statement = db.prepare_cached(select!(
        "WHERE entity = ?1 AND place < ?2 AND intent IN (0, 3) ORDER BY place DESC LIMIT 1"
    ))?;
    Ok(statement.query_row(params![entity.id, before], read).optional()?)
}

/// Whether anything is pending of an entity.
pub(crate) fn has_entity(db: &Db<'_>, entity: &Entity) -> Result<bool, Error> {
    Ok(db
        .prepare_cached("SELECT 1 FROM outrigger_queue WHERE entity = ?1")?
        .exists([entity.id])?)
}

/// The newest row of one entity.
pub(crate) fn last_of_entity(db: &Db<'_>, entity: &Entity) -> Result<Option<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE entity = ?1 ORDER BY place DESC LIMIT 1"))?;
    Ok(statement.query_row([entity.id], read).optional()?)
}

/// What may be sent now, what has waited longest first.
pub(crate) fn due(db: &Db<'_>, now: Tick, limit: usize) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!(
        "WHERE state = 1 AND due <= ?1 ORDER BY due, place LIMIT ?2"
    ))?;
    Ok(statement
        .query_map(params![now.0, limit as i64], read)?
        .collect::<Result<_, _>>()?)
}

/// When the next row may be sent.
pub(crate) fn next_due(db: &Db<'_>) -> Result<Option<Tick>, Error> {
    let mut statement =
        db.prepare_cached("SELECT due FROM outrigger_queue WHERE state = 1 ORDER BY due, place LIMIT 1")?;
    Ok(statement.query_row([], |row| row.get(0).map(Tick)).optional()?)
}

/// The first or last place of a lane, of those that a condition lets through. A row that is in the lane of its own entity is found through the index of
/// entities: most are, and then one index less is written.
macro_rules! in_lane {
    ($best:literal, $none:literal, $order:literal, $which:literal) => {
        concat!(
            "SELECT ", $best, "(",
            "coalesce((SELECT place FROM outrigger_queue WHERE entity = ?1 AND lane = ?1 AND in_lane = 1 AND ", $which,
            " ORDER BY place ", $order, " LIMIT 1), ", $none, "), ",
            "coalesce((SELECT place FROM outrigger_queue WHERE lane = ?1 AND lane <> entity AND in_lane = 1 AND ", $which,
            " ORDER BY place ", $order, " LIMIT 1), ", $none, "))"
        )
    };
}

/// The head of a lane, where it waits only for its turn or its edges.
pub(crate) fn waiting_lane_head(db: &Db<'_>, lane: LocalId) -> Result<Option<Row>, Error> {
    let Some(head) = lane_successor(db, lane, Place::NONE)? else {
        return Ok(None);
    };
    let mut statement = db.prepare_cached(select!("WHERE place = ?1 AND state = 0"))?;
    Ok(statement.query_row([head], read).optional()?)
}

/// What stands before a place in its lane.
pub(crate) fn lane_predecessor(db: &Db<'_>, lane: LocalId, place: Place) -> Result<Option<Place>, Error> {
    lane_place(
        db,
        in_lane!("max", "-9223372036854775807", "DESC", "place < ?2"),
        lane,
        place,
    )
}

/// What stands behind a place in its lane.
pub(crate) fn lane_successor(db: &Db<'_>, lane: LocalId, place: Place) -> Result<Option<Place>, Error> {
    lane_place(
        db,
        in_lane!("min", "9223372036854775807", "ASC", "place > ?2"),
        lane,
        place,
    )
}

fn lane_place(db: &Db<'_>, sql: &'static str, lane: LocalId, place: Place) -> Result<Option<Place>, Error> {
    let found: Place = db
        .prepare_cached(sql)?
        .query_row(params![lane, place], |row| row.get(0))?;
    Ok(Some(found).filter(|found| *found != Place::NONE && *found != Place::LAST))
}

/// The newest older row of the same entity that has left the lane.
pub(crate) fn outside_lane_before(db: &Db<'_>, row: &Row) -> Result<Option<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place FROM outrigger_queue WHERE entity = ?1 AND place < ?2 AND in_lane = 0 ORDER BY place DESC LIMIT 1",
    )?;
    Ok(statement
        .query_row(params![row.entity.id, row.place], |row| row.get(0))
        .optional()?)
}

/// The next newer row of the same entity that is neither parked nor in a request.
pub(crate) fn next_at_rest(db: &Db<'_>, row: &Row) -> Result<Option<Row>, Error> {
    let mut statement = db.prepare_cached(select!(
        "WHERE entity = ?1 AND place > ?2 AND state IN (0, 1) ORDER BY place LIMIT 1"
    ))?;
    Ok(statement
        .query_row(params![row.entity.id, row.place], read)
        .optional()?)
}

/// The next newer row of the same entity, whatever it does.
pub(crate) fn next_of_entity(db: &Db<'_>, row: &Row) -> Result<Option<Row>, Error> {
    let mut statement =
        db.prepare_cached(select!("WHERE entity = ?1 AND place > ?2 ORDER BY place LIMIT 1"))?;
    Ok(statement
        .query_row(params![row.entity.id, row.place], read)
        .optional()?)
}

/// What is in a request.
pub(crate) fn in_flight(db: &Db<'_>) -> Result<Vec<Row>, Error> {
    let mut statement = db.prepare_cached(select!("WHERE state = 2 ORDER BY place"))?;
    Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
}

/// What is parked, after a place.
pub(crate) fn parked_after(db: &Db<'_>, after: Place, limit: usize) -> Result<Vec<Row>, Error> {
    let mut statement =
        db.prepare_cached(select!("WHERE state = 3 AND place > ?1 ORDER BY place LIMIT ?2"))?;
    Ok(statement
        .query_map(params![after, limit as i64], read)?
        .collect::<Result<_, _>>()?)
}

/// Rows that were written with keys up to this one.
pub(crate) fn with_keys_up_to(db: &Db<'_>, highest: Key) -> Result<Vec<Place>, Error> {
    let mut statement = db.prepare_cached(
        "SELECT place, key FROM outrigger_queue WHERE mutation <= ?1 AND key = mutation AND upload IS NULL
         UNION ALL SELECT place, key FROM outrigger_queue WHERE key <= ?1 AND key <> mutation AND upload IS NULL
         ORDER BY key",
    )?;
    Ok(statement
        .query_map([highest], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Every row but those of uploads.
pub(crate) fn writes(db: &Db<'_>) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place FROM outrigger_queue WHERE upload IS NULL ORDER BY place")?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The entity of this kind that a row changes which is to be sent under this key.
pub(crate) fn entity_under_key(db: &Connection, key: Key, kind: &Kind) -> rusqlite::Result<Option<LocalId>> {
    db.prepare_cached(
        "SELECT entity FROM outrigger_queue WHERE mutation = ?1 AND key = mutation AND entity_kind = ?2
         UNION ALL SELECT entity FROM outrigger_queue WHERE key = ?1 AND key <> mutation AND entity_kind = ?2",
    )?
    .query_row(params![key, kind], |row| row.get(0))
    .optional()
}

/// The upload of a file.
pub(crate) fn upload_of(db: &Db<'_>, sha256: &Sha256) -> Result<Option<Row>, Error> {
    let entity = crate::attachment::entity(sha256);
    last_of_entity(db, &entity)
}

/// Adds a row at its place, which is after all others.
pub(crate) fn insert(db: &Db<'_>, row: &Row) -> Result<(), Error> {
    db.prepare_cached(
        "INSERT INTO outrigger_queue (place, mutation, key, name, intent, entity_kind, entity, lane, state, in_lane, blockers, attempts,
             well_seen, due, written_at, upload, parked, version, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?
    .execute(params![
        row.place,
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
    Ok(())
}

/// Writes what changes about a row that is sent: it waits no longer, and keeps its place in its lane.
pub(crate) fn save_departure(db: &Db<'_>, row: &Row) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE outrigger_queue SET state = ?2, attempts = ?3, well_seen = ?4, sequence = ?5 WHERE place = ?1",
    )?
    .execute(params![
        row.place,
        row.state.code(),
        row.attempts,
        row.well_seen,
        row.sequence
    ])?;
    Ok(())
}

/// Writes under which sequence a row was sent.
pub(crate) fn save_sequence(db: &Db<'_>, row: &Row) -> Result<(), Error> {
    db.prepare_cached("UPDATE outrigger_queue SET sequence = ?2 WHERE place = ?1")?
        .execute(params![row.place, row.sequence])?;
    Ok(())
}

/// Writes what changes about a row as it moves through the queue.
pub(crate) fn save(db: &Db<'_>, row: &Row) -> Result<(), Error> {
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
pub(crate) fn save_content(db: &Db<'_>, row: &Row) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE outrigger_queue SET key = ?2, name = ?3, intent = ?4, version = ?5, payload = ?6 WHERE place = ?1",
    )?
    .execute(params![row.place, row.key, row.name, intent_code(row.intent), row.version, row.payload])?;
    Ok(())
}

/// Removes a row and what is kept for it, but what it names. What waits for it must have been released before.
pub(crate) fn delete(db: &Db<'_>, row: &Row) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_queue WHERE place = ?1")?
        .execute([row.place])?;
    if row.blockers > 0 {
        db.prepare_cached("DELETE FROM outrigger_edge WHERE place = ?1")?
            .execute([row.place])?;
    }
    if matches!(row.parked, Some(Parked::Uncertain { .. })) {
        crate::restore::forget_look_up(db, row.place)?;
    }
    if let Some(sequence) = row.sequence {
        sent::delete(db, sequence)?;
    }
    Ok(())
}

fn parked_json(parked: &Parked) -> String {
    serde_json::to_string(parked).expect("BUG: a parked reason has no map keys that could fail")
}
