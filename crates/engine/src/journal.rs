//! The journal: what became of the last mutations, and which were merged into which.
//!
//! Owns the tables `outrigger_journal` and `outrigger_merged`. Bounded: the oldest entries make room for new ones.

use outrigger_planted::{self as planted, Bug};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

use crate::app::Intent;
use crate::db::Db;
use crate::error::Error;
use crate::ids::{Entity, LocalId, MutationId, ReadMark};
use crate::queue::{self, Row};
use crate::status::Outcome;
use crate::time::Wall;

/// So many outcomes are kept, and at most [`ROOM_MADE`] more.
pub(crate) const ENTRIES_MAX: i64 = 10_000;
/// So many are removed at once.
const ROOM_MADE: i64 = 100;

/// Records an outcome of a row that is still in the queue, in the transaction that brought it about.
pub(crate) fn record(db: &Db<'_>, row: &Row, outcome: &Outcome, wall: Wall) -> Result<(), Error> {
    let outcome = outcome_text(outcome);
    db.prepare_cached(
        "INSERT INTO outrigger_journal (at, mutation, key, sequence, name, intent, entity_kind, entity, lane, outcome, version, payload)
         SELECT ?2, mutation, key, sequence, name, intent, entity_kind, entity, lane, ?3, version, payload
         FROM outrigger_queue WHERE place = ?1",
    )?
    .execute(params![row.place, wall.0, outcome])?;
    let entry = db.last_insert_rowid();
    if entry % ROOM_MADE == 0 {
        make_room(db, entry - ENTRIES_MAX)?;
    }
    Ok(())
}

/// An outcome as it is stored.
pub(crate) fn outcome_text(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).expect("BUG: an outcome has no map keys that could fail")
}

/// Where the journal stands now.
pub(crate) fn mark(db: &Connection) -> rusqlite::Result<ReadMark> {
    db.prepare_cached("SELECT coalesce(max(entry), 0) FROM outrigger_journal")?
        .query_row([], |row| row.get(0).map(ReadMark))
}

/// What had an effect on the server of which this device has heard since.
pub(crate) fn confirmed_since(db: &Db<'_>, mark: ReadMark) -> Result<BTreeSet<LocalId>, Error> {
    let synced = outcome_text(&Outcome::Synced);
    let mut statement =
        db.prepare_cached("SELECT entity FROM outrigger_journal WHERE entry > ?1 AND outcome = ?2")?;
    Ok(statement
        .query_map(params![mark.0, synced], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Whether a change of this entity had an effect, as far as is remembered.
pub(crate) fn was_changed(db: &Db<'_>, entity: &Entity) -> Result<bool, Error> {
    let synced = outcome_text(&Outcome::Synced);
    let mut statement = db.prepare_cached(
        "SELECT 1 FROM outrigger_journal WHERE entity = ?1 AND intent <> ?2 AND outcome = ?3",
    )?;
    Ok(statement.exists(params![entity.id, queue::intent_code(Intent::Create), synced])?)
}

fn make_room(db: &Db<'_>, up_to: i64) -> Result<(), Error> {
    let forgotten: Vec<MutationId> = db
        .prepare_cached("DELETE FROM outrigger_journal WHERE entry <= ?1 RETURNING mutation")?
        .query_map([up_to], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for mutation in forgotten {
        db.prepare_cached(
            "DELETE FROM outrigger_merged WHERE into_mutation = ?1
             AND NOT EXISTS (SELECT 1 FROM outrigger_queue WHERE mutation = ?1)",
        )?
        .execute([mutation])?;
    }
    Ok(())
}

/// Records that one mutation stands for another, and for all that were merged into that.
pub(crate) fn merge(db: &Db<'_>, merged: MutationId, survivor: MutationId) -> Result<(), Error> {
    if !planted::is(Bug::MergedTwiceForgotten) {
        db.prepare_cached("UPDATE outrigger_merged SET into_mutation = ?2 WHERE into_mutation = ?1")?
            .execute(params![merged, survivor])?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO outrigger_merged (mutation, into_mutation) VALUES (?1, ?2)")?
        .execute(params![merged, survivor])?;
    Ok(())
}

/// The mutations for which this one stands.
pub(crate) fn merged_into(db: &Db<'_>, survivor: MutationId) -> Result<Vec<MutationId>, Error> {
    let mut statement =
        db.prepare_cached("SELECT mutation FROM outrigger_merged WHERE into_mutation = ?1")?;
    Ok(statement
        .query_map([survivor], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Whether this mutation was ever written here, as far as is remembered.
pub(crate) fn knows(db: &Db<'_>, mutation: MutationId) -> Result<bool, Error> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM outrigger_queue WHERE mutation = ?1
             UNION ALL SELECT 1 FROM outrigger_merged WHERE mutation = ?1
             UNION ALL SELECT 1 FROM outrigger_journal WHERE mutation = ?1",
        )?
        .exists([mutation])?)
}
