//! What is shown: the base row of an entity with its pending mutations replayed onto it.
//!
//! Owns the table `outrigger_base`. An answer or an observation changes the base only, then replays; so nothing that the user wrote is ever hidden by
//! what the server says, and nothing discarded leaves a ghost.

use outrigger_planted::{self as planted, Bug};
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;

use crate::app::{Accepted, App, Observed};
use crate::db::Db;
use crate::error::Error;
use crate::http::Response;
use crate::idmap;
use crate::ids::{Entity, ReadMark};
use crate::journal;
use crate::queue;
use crate::step::Step;

/// Keeps what the server last confirmed of an entity, before its first pending mutation changes what is shown.
pub(crate) fn keep_base<A: App>(step: &Step<'_, A>, entity: &Entity) -> Result<(), Error> {
    match step.app.load(&step.db, entity)? {
        Some(row) => set_base(&step.db, entity, Some(&row)),
        None => Ok(()),
    }
}

/// Shows an entity of which something was pending anew: its base, then what is pending in order. Where nothing is any more the base has become what is
/// shown, and is let go: so this is called once after the last has gone, while the base is still kept.
pub(crate) fn rebuild<A: App>(step: &mut Step<'_, A>, entity: &Entity) -> Result<(), Error> {
    step.changed(entity);
    let base = base(&step.db, entity)?;
    step.app.store(&step.db, entity, base.as_deref())?;
    let pending = queue::of_entity(&step.db, entity)?;
    show(step, &pending)?;
    if pending.is_empty() {
        drop_base(&step.db, entity)?;
    }
    Ok(())
}

/// Takes the acknowledgement of a mutation in, and learns the id and version that it gives. `others` is what else is pending of the entity. Afterwards
/// the app's row is what the server holds; [`settle`] follows, once the mutation has left the queue.
pub(crate) fn accept<A: App>(
    step: &Step<'_, A>,
    row: &queue::Row,
    mutation: &A::Mutation,
    response: &Response,
    others: &[queue::Row],
) -> Result<(), Error> {
    let entity = &row.entity;
    // Where nothing else is pending, what is shown is the base with this mutation on it; but what another version wrote may have been shown without it, by a
    // program that could not read it.
    if !others.is_empty() && !planted::is(Bug::BaseOfWhatIsShown) || row.version != A::PAYLOAD_VERSION {
        let confirmed = base(&step.db, entity)?;
        step.app.store(&step.db, entity, confirmed.as_deref())?;
        step.app.apply(&step.db, mutation)?;
    }
    let ids = step.ids();
    let accepted = step.app.accept(&step.db, mutation, response, &ids)?;
    ids.were_read()?;
    learn(&step.db, entity, &accepted)
}

/// Makes the app's row the base, and shows what is still pending on top of it.
pub(crate) fn settle<A: App>(
    step: &mut Step<'_, A>,
    entity: &Entity,
    pending: &[queue::Row],
) -> Result<(), Error> {
    step.changed(entity);
    if pending.is_empty() {
        return drop_base(&step.db, entity);
    }
    let row = step.app.load(&step.db, entity)?;
    set_base(&step.db, entity, row.as_deref())?;
    show(step, pending)
}

/// Shows pending mutations, oldest first. What cannot be read cannot be shown; it stays in the queue, visible there.
fn show<A: App>(step: &Step<'_, A>, pending: &[queue::Row]) -> Result<(), Error> {
    for row in pending {
        if let Ok(mutation) = row.mutation(step.app) {
            step.app.apply(&step.db, &mutation)?;
        }
    }
    Ok(())
}

fn learn(db: &Db<'_>, entity: &Entity, accepted: &Accepted) -> Result<(), Error> {
    match (&accepted.server_id, &accepted.version) {
        (Some(server_id), version) => idmap::learn(db, entity, server_id, version.as_deref())?,
        (None, Some(version)) => idmap::see_version(db, entity, version)?,
        (None, None) => {}
    }
    Ok(())
}

/// Takes over what was read from the server: as the base where something is pending, else as what is shown.
pub(crate) fn observe<A: App>(
    step: &mut Step<'_, A>,
    observation: &A::Observation,
    began: Option<ReadMark>,
) -> Result<Vec<Entity>, Error> {
    let app = step.app;
    let overtaken = match began {
        Some(began) => journal::confirmed_since(&step.db, began)?,
        None => BTreeSet::new(),
    };
    let rows = app.observe(observation, &mut step.id_map())?;
    let mut entities = Vec::with_capacity(rows.len());
    for Observed { entity, row, version } in rows {
        step.state.saw(entity.id);
        // A read that was overtaken by an answer shows what was, not what is.
        if overtaken.contains(&entity.id) && !planted::is(Bug::OvertakenReadTakenIn) {
            entities.push(entity);
            continue;
        }
        if let Some(version) = version {
            if is_older(&version, step.ids().version(&entity)?.as_deref())
                && !planted::is(Bug::BaseOfAnOlderVersion)
            {
                entities.push(entity);
                continue;
            }
            idmap::see_version(&step.db, &entity, &version)?;
        }
        if queue::has_entity(&step.db, &entity)? {
            set_base(&step.db, &entity, row.as_deref())?;
            rebuild(step, &entity)?;
        } else {
            app.store(&step.db, &entity, row.as_deref())?;
            step.changed(&entity);
        }
        entities.push(entity);
    }
    Ok(entities)
}

/// The server has nothing of an entity any more, nor will it know it under the id that it had.
pub(crate) fn lost<A: App>(step: &mut Step<'_, A>, entity: &Entity) -> Result<(), Error> {
    idmap::forget(&step.db, entity)?;
    drop_base(&step.db, entity)?;
    rebuild(step, entity)
}

/// Versions that are numbers rise; others cannot be compared.
fn is_older(version: &str, known: Option<&str>) -> bool {
    let number = |text: &str| text.trim_matches('"').parse::<u64>().ok();
    match (number(version), known.and_then(number)) {
        (Some(version), Some(known)) => version < known,
        _ => false,
    }
}

/// What the server last confirmed of an entity of which something is, or was, pending; `None`: it has nothing.
fn base(db: &Db<'_>, entity: &Entity) -> Result<Option<Vec<u8>>, Error> {
    let found = db
        .prepare_cached("SELECT row FROM outrigger_base WHERE entity = ?1")?
        .query_row([entity.id], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn set_base(db: &Db<'_>, entity: &Entity, row: Option<&[u8]>) -> Result<(), Error> {
    let Some(row) = row else {
        return drop_base(db, entity);
    };
    db.prepare_cached(
        "INSERT INTO outrigger_base (entity, kind, row) VALUES (?1, ?2, ?3)
         ON CONFLICT (entity) DO UPDATE SET row = excluded.row",
    )?
    .execute(params![entity.id, entity.kind, row])?;
    Ok(())
}

fn drop_base(db: &Db<'_>, entity: &Entity) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_base WHERE entity = ?1")?
        .execute([entity.id])?;
    Ok(())
}
