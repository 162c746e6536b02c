//! Which entities, other than its own, a pending mutation names: the delete of one goes after all that name it.
//!
//! Owns the table `outrigger_mention`. What a row names follows from what it says, so nothing but the entity is indexed.

use rusqlite::params;

use crate::app::{App, Facts};
use crate::db::Db;
use crate::error::Error;
use crate::ids::{Entity, Place};
use crate::queue::Row;
use crate::step::Step;

/// Records what a row names.
pub(crate) fn keep<A: App>(step: &Step<'_, A>, place: Place, facts: &Facts) -> Result<(), Error> {
    for entity in &facts.names {
        step.db
            .prepare_cached("INSERT OR IGNORE INTO outrigger_mention (entity, place) VALUES (?1, ?2)")?
            .execute(params![entity.id, place])?;
    }
    Ok(())
}

/// The rows that name an entity, oldest first.
pub(crate) fn of(db: &Db<'_>, entity: &Entity) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place FROM outrigger_mention WHERE entity = ?1 ORDER BY place")?;
    Ok(statement
        .query_map([entity.id], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// A row leaves the queue, or will say something else.
pub(crate) fn forget<A: App>(step: &Step<'_, A>, row: &Row) -> Result<(), Error> {
    if row.upload.is_some() {
        return Ok(());
    }
    let Ok(mutation) = row.mutation(step.app) else {
        // What it says cannot be read: it is looked for among all.
        step.db
            .prepare_cached("DELETE FROM outrigger_mention WHERE place = ?1")?
            .execute([row.place])?;
        return Ok(());
    };
    for entity in step.app.facts(&mutation).names {
        step.db
            .prepare_cached("DELETE FROM outrigger_mention WHERE entity = ?1 AND place = ?2")?
            .execute(params![entity.id, row.place])?;
    }
    Ok(())
}
