//! A write comes in: checked, merged with what waits, shown, and queued. All in the transaction in hand.
//!
//! Owns the steps and their order. Never sends anything.

use crate::app::{App, Applied, Facts, Intent};
use crate::attachment;
use crate::coalesce::{self, Coalesced};
use crate::edge::EdgeKind;
use crate::error::Error;
use crate::event::{StagedFile, Write};
use crate::flow;
use crate::ids::{Entity, Key, MutationId, Place};
use crate::journal;
use crate::queue::{self, Row, RowState};
use crate::reconcile;
use crate::step::Step;

/// Takes one write in. The id is that of the write, also where it was merged into another.
pub(crate) fn write<A: App>(step: &mut Step<'_, A>, write: &Write<A::Mutation>) -> Result<MutationId, Error> {
    if let Some(id) = write.id
        && journal::knows(step.db, id)?
    {
        return Ok(id);
    }
    check_storage(step)?;
    let id = write.id.unwrap_or_else(|| MutationId(step.new_uuid()));
    enqueue(step, id, &write.mutation, &write.files)?;
    Ok(id)
}

/// While the disk is full what waits may drain, but nothing new comes in.
fn check_storage<A: App>(step: &Step<'_, A>) -> Result<(), Error> {
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
    reconcile::keep_base(step, &facts.entity)?;
    if step.app.apply(step.db, mutation)? == Applied::Missing {
        return Err(Error::Missing { entity: facts.entity });
    }
    step.changed(&facts.entity);
    match coalesce::with_waiting(step, id, mutation, &facts)? {
        Coalesced::New { mutation, replaces } if replaces.is_empty() => insert(step, id, &mutation, &facts),
        Coalesced::New { mutation, replaces } => {
            let facts = step.app.facts(&mutation);
            insert(step, id, &mutation, &facts)?;
            for place in replaces {
                attachment::forget_uses(step, place)?;
            }
            reconcile::rebuild(step, &facts.entity)
        }
        Coalesced::IntoOlder(mut row) => wait_for(step, &mut row, &facts),
        Coalesced::Neither => Ok(()),
    }
}

fn insert<A: App>(
    step: &mut Step<'_, A>,
    id: MutationId,
    mutation: &A::Mutation,
    facts: &Facts,
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
        place: Place(0),
        mutation: id,
        key: Key(id.0),
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
    let previous = queue::last_of_entity(step.db, &facts.entity)?;
    queue::insert(step.db, &mut row)?;
    step.state.payload_bytes += row.payload.len() as i64;
    step.state.recount(crate::state::Counts::default(), row.counts());
    let mut stuck = wait_for_named(step, &mut row, facts)?;
    if let Some(previous) = previous.filter(|previous| !previous.in_lane) {
        stuck |= wait_for_row(step, &mut row, &previous, EdgeKind::Follows)?;
    }
    if facts.intent == Intent::Delete {
        stuck |= wait_for_mentions(step, &mut row, facts)?;
    }
    flow::enter(step, &mut row, stuck)
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

/// A mutation that took over another's place waits for what the newer one names too.
fn wait_for<A: App>(step: &mut Step<'_, A>, row: &mut Row, facts: &Facts) -> Result<(), Error> {
    let stuck = wait_for_named(step, row, facts)?;
    if stuck && row.state == RowState::Waiting {
        flow::leave_lane(step, row)?;
    }
    Ok(())
}

/// Edges on the pending create of every entity that is named, and on the upload of every file. True where one of them is stuck.
fn wait_for_named<A: App>(step: &mut Step<'_, A>, row: &mut Row, facts: &Facts) -> Result<bool, Error> {
    let mut stuck = false;
    for entity in &facts.names {
        queue::mention(step.db, entity, row.place)?;
        stuck |= wait_for_creation(step, row, entity, |intent| {
            matches!(intent, Intent::Create | Intent::Ensure)
        })?;
    }
    stuck |= wait_for_creation(step, row, &facts.entity, |intent| intent == Intent::Create)?;
    for sha256 in &facts.attachments {
        attachment::mention(step.db, sha256, row.place)?;
        if let Some(upload) = attachment::upload_for(step, sha256)? {
            stuck |= wait_for_row(step, row, &upload, EdgeKind::Needs)?;
        }
    }
    Ok(stuck)
}

fn wait_for_creation<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    entity: &Entity,
    creates: impl Fn(Intent) -> bool,
) -> Result<bool, Error> {
    if step.ids().server_id(entity)?.is_some() {
        return Ok(false);
    }
    let creating = queue::of_entity(step.db, entity)?
        .into_iter()
        .rfind(|candidate| candidate.place < row.place && creates(candidate.intent));
    match creating {
        Some(creating) => wait_for_row(step, row, &creating, EdgeKind::Needs),
        None => Ok(false),
    }
}

/// A delete goes after every pending mutation that names what it deletes, if that goes at all.
fn wait_for_mentions<A: App>(step: &mut Step<'_, A>, row: &mut Row, facts: &Facts) -> Result<bool, Error> {
    let mut stuck = false;
    for place in queue::mentions(step.db, &facts.entity)? {
        if let Some(mention) = queue::by_place(step.db, place)?
            && mention.place < row.place
            && !mention.is_rejected()
        {
            stuck |= wait_for_row(step, row, &mention, EdgeKind::Outlives)?;
        }
    }
    Ok(stuck)
}

fn wait_for_row<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    blocker: &Row,
    kind: EdgeKind,
) -> Result<bool, Error> {
    flow::block(step, row, blocker.place, kind)?;
    Ok(flow::is_stuck(blocker))
}
