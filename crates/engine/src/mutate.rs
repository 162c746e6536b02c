//! A write comes in: checked, merged with what waits, shown, and queued. All in the transaction in hand.
//!
//! Owns the steps and their order. Never sends anything.

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Applied, Facts, Intent};
use crate::attachment;
use crate::coalesce::{self, Coalesced};
use crate::edge::EdgeKind;
use crate::error::Error;
use crate::event::{StagedFile, Write};
use crate::flow::{self, Waits};
use crate::ids::{Entity, Key, MutationId, Place};
use crate::journal;
use crate::mention;
use crate::queue::{self, Row, RowState};
use crate::reconcile;
use crate::step::Step;

/// Takes one write in. The id is that of the write, also where it was merged into another.
pub(crate) fn write<A: App>(step: &mut Step<'_, A>, write: &Write<A::Mutation>) -> Result<MutationId, Error> {
    if let Some(id) = write.id
        && journal::knows(&step.db, id)?
    {
        // They may have been staged once more with it.
        attachment::unstage(step, &write.files)?;
        return Ok(id);
    }
    check_storage(step)?;
    let id = write.id.unwrap_or_else(|| MutationId(step.new_uuid()));
    enqueue(step, id, &write.mutation, &write.files)?;
    Ok(id)
}

/// While the disk is full what waits may drain, but nothing new comes in.
pub(crate) fn check_storage<A: App>(step: &Step<'_, A>) -> Result<(), Error> {
    if step.state.connection.on_reserve {
        Err(Error::OnReserve)
    } else {
        Ok(())
    }
}

/// Queues a mutation under an id of its own.
pub(crate) fn enqueue<A: App>(
    step: &mut Step<'_, A>,
    id: MutationId,
    mutation: &A::Mutation,
    files: &[StagedFile],
) -> Result<(), Error> {
    step.app.validate(mutation)?;
    let facts = step.app.facts(mutation);
    attachment::take(step, &facts, files)?;
    // What is made under an id that was never seen has neither a row nor anything pending.
    let is_new = facts.intent == Intent::Create && step.state.is_new(facts.entity.id);
    step.state.saw(facts.entity.id);
    step.state.saw(facts.lane);
    let newest = match is_new {
        true => None,
        false => queue::last_of_entity(&step.db, &facts.entity)?,
    };
    if newest.is_none() && !is_new {
        reconcile::keep_base(step, &facts.entity)?;
    }
    if step.app.apply(&step.db, mutation)? == Applied::Missing {
        return Err(Error::Missing { entity: facts.entity });
    }
    step.changed(&facts.entity);
    let Some(newest) = newest else {
        let is_alone = is_new && facts.lane == facts.entity.id;
        return insert(step, id, mutation, &facts, None, is_alone);
    };
    match coalesce::with_waiting(step, id, mutation, &facts, newest)? {
        Coalesced::New {
            mutation,
            replaces,
            newest,
        } if replaces.is_empty() => insert(step, id, &mutation, &facts, newest.as_deref(), false),
        Coalesced::New {
            mutation,
            replaces,
            newest,
        } => {
            let facts = step.app.facts(&mutation);
            insert(step, id, &mutation, &facts, newest.as_deref(), false)?;
            for place in replaces {
                attachment::forget_uses(step, place)?;
            }
            reconcile::rebuild(step, &facts.entity)
        }
        Coalesced::IntoOlder(mut row) => {
            let place = row.place;
            let waits = waits_for_named(step, place, &facts)?;
            use_files(step, place, &facts)?;
            if planted::is(Bug::EdgeDroppedWhenCoalescing) {
                return Ok(());
            }
            flow::wait_for(step, &mut row, waits)
        }
        Coalesced::Neither => Ok(()),
    }
}

/// Queues a mutation at the end. `newest` is what was last pending of its entity; `is_alone` says that nothing else can be in its lane.
fn insert<A: App>(
    step: &mut Step<'_, A>,
    id: MutationId,
    mutation: &A::Mutation,
    facts: &Facts,
    newest: Option<&Row>,
    is_alone: bool,
) -> Result<(), Error> {
    let payload = payload(step, mutation)?;
    let items = u64::try_from(step.state.counts.pending + step.state.counts.failed).unwrap_or(0) + 1;
    let bytes = u64::try_from(step.state.payload_bytes).unwrap_or(0) + payload.len() as u64;
    within("the queue is full of writes", items, step.limits().items_max)?;
    within(
        "the queue is full of bytes",
        bytes,
        step.limits().payload_bytes_max,
    )?;
    let mut row = Row {
        place: step.new_place(),
        mutation: id,
        key: Key(id.0),
        sequence: None,
        name: facts.name.to_owned(),
        intent: facts.intent,
        entity: facts.entity.clone(),
        lane: facts.lane,
        state: RowState::Waiting,
        in_lane: true,
        blockers: 0,
        attempts: 0,
        well_seen: 0,
        due: step.tick,
        written_at: step.wall,
        upload: None,
        parked: None,
        version: A::PAYLOAD_VERSION,
        payload,
    };
    let mut waits = waits_for_named(step, row.place, facts)?;
    waits.is_alone = is_alone;
    if let Some(newest) = newest {
        if let Some(creating) = creation(step, &facts.entity, row.place)?
            && creating.intent == Intent::Create
        {
            waits.for_row(&creating, EdgeKind::Needs);
        }
        if !newest.in_lane {
            waits.for_row(newest, EdgeKind::Follows);
        }
    }
    if facts.intent == Intent::Delete && !planted::is(Bug::DeleteOvertakes) {
        wait_for_mentions(step, &mut waits, row.place, facts)?;
    }
    flow::enter(step, &mut row, waits)?;
    mention::keep(step, row.place, facts)?;
    use_files(step, row.place, facts)
}

/// The JSON of a mutation, within its limit.
pub(crate) fn payload<A: App>(step: &Step<'_, A>, mutation: &A::Mutation) -> Result<String, Error> {
    let payload = serde_json::to_string(mutation)
        .map_err(|error| crate::app::Invalid(format!("the mutation cannot be written down: {error}")))?;
    within(
        "the write is too large",
        payload.len() as u64,
        step.limits().one_payload_bytes_max,
    )?;
    Ok(payload)
}

pub(crate) fn within(what: &'static str, have: u64, max: u64) -> Result<(), Error> {
    if have > max {
        Err(Error::Limit { what, have, max })
    } else {
        Ok(())
    }
}

/// Records which files a row needs.
fn use_files<A: App>(step: &Step<'_, A>, place: Place, facts: &Facts) -> Result<(), Error> {
    for sha256 in &facts.attachments {
        attachment::mention(&step.db, sha256, place)?;
    }
    Ok(())
}

/// The pending create of every entity that is named, and the upload of every file.
fn waits_for_named<A: App>(step: &Step<'_, A>, place: Place, facts: &Facts) -> Result<Waits, Error> {
    let mut waits = Waits::default();
    for entity in &facts.names {
        if let Some(creating) = creation(step, entity, place)? {
            waits.for_row(&creating, EdgeKind::Needs);
        }
    }
    for sha256 in &facts.attachments {
        if let Some(upload) = attachment::upload_for(step, sha256)? {
            waits.for_row(&upload, EdgeKind::Needs);
        }
    }
    Ok(waits)
}

/// What must come before a place for an entity to be on the server, where it is not yet.
fn creation<A: App>(step: &Step<'_, A>, entity: &Entity, before: Place) -> Result<Option<Row>, Error> {
    if step.ids().server_id(entity)?.is_some() {
        return Ok(None);
    }
    queue::creator(&step.db, entity, before)
}

/// A delete goes after every pending mutation that names what it deletes, if that goes at all.
fn wait_for_mentions<A: App>(
    step: &Step<'_, A>,
    waits: &mut Waits,
    before: Place,
    facts: &Facts,
) -> Result<(), Error> {
    for place in mention::of(&step.db, &facts.entity)? {
        if let Some(naming) = queue::by_place(&step.db, place)?
            && naming.place < before
            && !naming.is_rejected()
        {
            waits.for_row(&naming, EdgeKind::Outlives);
        }
    }
    Ok(())
}
