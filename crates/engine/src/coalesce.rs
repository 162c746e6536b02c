//! Merging a new mutation with what waits of the same entity and was never sent.
//!
//! Owns when merging is allowed, and what happens to places, keys and waits. What two mutations make together is the app's to say.

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Facts, Merge};
use crate::attachment;
use crate::discard;
use crate::edge::{self, EdgeKind, Fate};
use crate::error::Error;
use crate::flow;
use crate::ids::{MutationId, Place};
use crate::journal;
use crate::mention;
use crate::mutate;
use crate::queue::{self, Row, RowState};
use crate::reconcile;
use crate::sent;
use crate::status::Parked;
use crate::step::Step;

/// What became of a new mutation.
pub(crate) enum Coalesced<M> {
    /// It is to be queued, as this; it may have replaced older ones.
    New {
        /// What is to be queued.
        mutation: M,
        /// The places of older ones, which are gone; their files are let go once this one has its own.
        replaces: Vec<Place>,
        /// What is last pending of the entity now.
        newest: Option<Box<Row>>,
    },
    /// It is part of an older one now.
    IntoOlder(Box<Row>),
    /// It and the older one are gone.
    Neither,
}

/// Merges `new` with the newest waiting mutation of its entity, and what comes of that with the one before, as long as the app merges.
pub(crate) fn with_waiting<A: App>(
    step: &mut Step<'_, A>,
    id: MutationId,
    new: &A::Mutation,
    facts: &Facts,
    newest: Row,
) -> Result<Coalesced<A::Mutation>, Error> {
    let mut mutation = new.clone();
    let mut replaces = Vec::new();
    let mut newest = Some(newest);
    while let Some(older) = newest.take_if(|older| is_mergeable(older)) {
        let Ok(old) = older.mutation(step.app) else {
            newest = Some(older);
            break;
        };
        match step.app.coalesce(&old, &mutation) {
            Merge::Keep => {
                newest = Some(older);
                break;
            }
            Merge::IntoOlder(merged) => {
                if names_what_comes_later(step, &merged, older.place)? {
                    newest = Some(older);
                    break;
                }
                let row = into_older(step, id, older, &merged)?;
                if !replaces.is_empty() {
                    reconcile::rebuild(step, &facts.entity)?;
                }
                return Ok(Coalesced::IntoOlder(Box::new(row)));
            }
            Merge::IntoNewer(merged) => {
                if is_needed(step, older.place)? {
                    newest = Some(older);
                    break;
                }
                journal::merge(&step.db, older.mutation, id)?;
                flow::remove(step, &older, Fate::Discarded)?;
                mutation = merged;
                replaces.push(older.place);
                newest = queue::last_of_entity(&step.db, &facts.entity)?;
            }
            Merge::Neither => {
                neither(step, id, &older)?;
                return Ok(Coalesced::Neither);
            }
        }
    }
    Ok(Coalesced::New {
        mutation,
        replaces,
        newest: newest.map(Box::new),
    })
}

/// Whether a mutation names an entity whose pending create stands behind the place that it would take: there it would go before what it needs.
fn names_what_comes_later<A: App>(
    step: &Step<'_, A>,
    mutation: &A::Mutation,
    place: Place,
) -> Result<bool, Error> {
    for entity in step.app.facts(mutation).names {
        if step.ids().server_id(&entity)?.is_none()
            && queue::of_entity(&step.db, &entity)?
                .iter()
                .any(|row| row.place > place)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether anything waits for what a row makes.
fn is_needed<A: App>(step: &Step<'_, A>, place: Place) -> Result<bool, Error> {
    Ok(edge::dependants(&step.db, place)?
        .iter()
        .any(|(_, kind)| *kind == EdgeKind::Needs))
}

/// Only what has certainly had no effect may be changed: what was never sent, and what the server rejected.
fn is_mergeable(row: &Row) -> bool {
    let has_no_effect = match &row.parked {
        None => row.state != RowState::InFlight,
        Some(parked) => matches!(parked, Parked::Rejected { .. }),
    };
    has_no_effect && row.upload.is_none() && (!row.was_sent() || planted::is(Bug::MergedIntoWhatWasSent))
}

fn into_older<A: App>(
    step: &mut Step<'_, A>,
    id: MutationId,
    mut older: Row,
    merged: &A::Mutation,
) -> Result<Row, Error> {
    replace_content(step, &mut older, merged)?;
    if older.state == RowState::Parked {
        older.key = step.new_key();
        flow::unpark(step, &mut older)?;
    }
    queue::save_content(&step.db, &older)?;
    journal::merge(&step.db, id, older.mutation)?;
    Ok(older)
}

/// Makes a row say something else of the same entity.
pub(crate) fn replace_content<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    mutation: &A::Mutation,
) -> Result<(), Error> {
    let payload = mutate::payload(step, mutation)?;
    let facts = step.app.facts(mutation);
    let names_before = row.mutation(step.app).map(|before| step.app.facts(&before).names);
    if names_before.as_ref() != Ok(&facts.names) {
        mention::forget(step, row)?;
        mention::keep(step, row.place, &facts)?;
    }
    step.state.payload_bytes += payload.len() as i64 - row.payload.len() as i64;
    row.payload = payload;
    row.version = A::PAYLOAD_VERSION;
    facts.name.clone_into(&mut row.name);
    row.intent = facts.intent;
    Ok(())
}

/// A create that was never sent and its delete: both go, with what depends on the create.
fn neither<A: App>(step: &mut Step<'_, A>, id: MutationId, older: &Row) -> Result<(), Error> {
    journal::merge(&step.db, id, older.mutation)?;
    discard::with_dependants(step, older)?;
    Ok(())
}

/// The server refused a mutation, and the user has already written another of the same entity: what both make together is tried instead. True where it
/// is; nothing needs to be parked then.
pub(crate) fn over_rejected<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<bool, Error> {
    // Only the very next one: what is parked between them is to take effect between them, should it be tried again.
    let Some(mut later) = queue::next_of_entity(&step.db, row)?.filter(|later| later.parked.is_none()) else {
        return Ok(false);
    };
    let (Ok(old), Ok(new)) = (row.mutation(step.app), later.mutation(step.app)) else {
        return Ok(false);
    };
    if !is_mergeable(&later) {
        return Ok(false);
    }
    let merge = step.app.coalesce(&old, &new);
    match &merge {
        Merge::Keep => return Ok(false),
        Merge::IntoOlder(merged) if !may_stand_for(step, merged, &old, &new) => return Ok(false),
        Merge::IntoNewer(merged)
            if !may_stand_for(step, merged, &new, &old) || is_needed(step, row.place)? =>
        {
            return Ok(false);
        }
        _ => {}
    }
    sent::forget(&step.db, row)?;
    match merge {
        Merge::Keep => {}
        Merge::IntoOlder(merged) => {
            replace_content(step, row, &merged)?;
            row.key = step.new_key();
            row.attempts = 0;
            queue::save_content(&step.db, row)?;
            journal::merge(&step.db, later.mutation, row.mutation)?;
            flow::remove(step, &later, Fate::Discarded)?;
            let due = step.tick;
            flow::requeue(step, row, due)?;
        }
        Merge::IntoNewer(merged) => {
            replace_content(step, &mut later, &merged)?;
            queue::save_content(&step.db, &later)?;
            journal::merge(&step.db, row.mutation, later.mutation)?;
            flow::remove(step, row, Fate::Discarded)?;
            attachment::forget_uses(step, row.place)?;
        }
        Merge::Neither => {
            // Shows what is left, and lets the base go.
            discard::with_dependants(step, row)?;
            return Ok(true);
        }
    }
    reconcile::rebuild(step, &row.entity)?;
    Ok(true)
}

/// Whether a merged mutation can take the row of `of` as it stands: it waits for the same, the other brings nothing of its own, and it is not too large.
fn may_stand_for<A: App>(
    step: &Step<'_, A>,
    merged: &A::Mutation,
    of: &A::Mutation,
    other: &A::Mutation,
) -> bool {
    let (merged_facts, of, other) = (step.app.facts(merged), step.app.facts(of), step.app.facts(other));
    let waits_for_the_same = merged_facts.names == of.names && merged_facts.attachments == of.attachments;
    let brings_nothing = other.attachments.iter().all(|file| of.attachments.contains(file));
    waits_for_the_same && brings_nothing && mutate::payload(step, merged).is_ok()
}
