//! Taking mutations out of the queue without sending them.
//!
//! Owns what goes along: whatever needs what is taken out. Never decides whether it may be: the user does, or a delete of what was never sent.

use std::collections::BTreeSet;

use crate::app::App;
use crate::attachment;
use crate::edge::{self, EdgeKind, Fate};
use crate::error::Error;
use crate::flow;
use crate::ids::{MutationId, Place};
use crate::journal;
use crate::queue::{self, Row};
use crate::reconcile;
use crate::status::Outcome;
use crate::step::Step;

/// A row and all that needs it, oldest first.
pub(crate) fn family<A: App>(step: &Step<'_, A>, row: &Row) -> Result<Vec<Row>, Error> {
    let mut places = BTreeSet::from([row.place]);
    let mut unread: Vec<Place> = vec![row.place];
    while let Some(blocker) = unread.pop() {
        for (place, kind) in edge::dependants(&step.db, blocker)? {
            if kind == EdgeKind::Needs && places.insert(place) {
                unread.push(place);
            }
        }
    }
    let mut family = Vec::with_capacity(places.len());
    for place in places {
        family.extend(queue::by_place(&step.db, place)?);
    }
    Ok(family)
}

/// Takes a row and all that needs it out of the queue, newest first, and shows their entities as they are without.
pub(crate) fn with_dependants<A: App>(step: &mut Step<'_, A>, row: &Row) -> Result<Vec<MutationId>, Error> {
    let family = family(step, row)?;
    let writes = || family.iter().filter(|row| row.upload.is_none());
    let entities: BTreeSet<_> = writes().map(|row| row.entity.clone()).collect();
    let gone = writes().map(|row| row.mutation).collect();
    for row in family.iter().rev() {
        // Its edges may have released or moved it meanwhile.
        if let Some(row) = queue::by_place(&step.db, row.place)? {
            take_out(step, &row)?;
        }
    }
    for entity in &entities {
        reconcile::rebuild(step, entity)?;
    }
    Ok(gone)
}

fn take_out<A: App>(step: &mut Step<'_, A>, row: &Row) -> Result<(), Error> {
    if let Some(sha256) = row.upload {
        return attachment::cancel(step, row, &sha256);
    }
    journal::record(&step.db, row, &Outcome::Discarded, step.wall)?;
    attachment::forget_uses(step, row.place)?;
    flow::remove(step, row, Fate::Discarded)?;
    step.settled(row.mutation, &Outcome::Discarded)
}
