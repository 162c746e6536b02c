//! How rows move through the queue: the one home of their states, lanes and edges.
//!
//! Owns the transitions, and with them the counters. **Invariant:** a row is ready exactly when it waits for no edge and nothing stands before it
//! in the lane that it holds; so what may go next is an index, never a search.
//!
//! Never makes a request. Of the app it wants to know only what a row names that leaves (see `mention`).

use outrigger_planted::{self as planted, Bug};

use crate::app::App;
use crate::edge::{self, Fate};
use crate::error::Error;
use crate::ids::{LocalId, Place};
use crate::mention;
use crate::queue::{self, Row, RowState};
use crate::status::Parked;
use crate::step::Step;
use crate::time::Tick;

/// Adds a new row where it belongs, with what it waits for.
pub(crate) fn enter<A: App>(step: &mut Step<'_, A>, row: &mut Row, waits: Waits) -> Result<(), Error> {
    row.blockers = waits.edges.len() as i64;
    row.in_lane = !waits.stuck;
    row.state = match waits.is_alone && row.blockers == 0 {
        true => RowState::Ready,
        false => resting_state(step, row, row.blockers)?,
    };
    queue::insert(&step.db, row)?;
    for (blocker, kind) in waits.edges {
        edge::add(&step.db, row.place, blocker, kind)?;
    }
    step.state.payload_bytes += row.payload.len() as i64;
    step.state.recount(crate::state::Counts::default(), row.counts());
    Ok(())
}

/// Adds a row whose place is before all others: what stands behind it in its lane, and was not sent yet, waits for it.
pub(crate) fn enter_first<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    enter(step, row, Waits::default())?;
    hold_back_next(step, row)
}

/// Sends a row off: it is in a request from now on.
pub(crate) fn depart<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    change: impl FnOnce(&mut Row),
) -> Result<(), Error> {
    let before = row.counts();
    row.state = RowState::InFlight;
    change(row);
    step.state.recount(before, row.counts());
    step.changed(&row.entity);
    queue::save_departure(&step.db, row)
}

/// Changes a row, keeps the counters true, and stores it.
pub(crate) fn update<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    change: impl FnOnce(&mut Row),
) -> Result<(), Error> {
    let before = row.counts();
    change(row);
    step.state.recount(before, row.counts());
    step.changed(&row.entity);
    queue::save(&step.db, row)
}

/// Puts a row that is neither parked nor in flight where it belongs now.
fn rest<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    let state = resting_state(step, row, row.blockers)?;
    if state != row.state {
        update(step, row, |row| row.state = state)?;
    }
    Ok(())
}

/// Where a row belongs that is neither parked nor in flight and waits for so many others.
fn resting_state<A: App>(step: &Step<'_, A>, row: &Row, blockers: i64) -> Result<RowState, Error> {
    if blockers > 0 {
        return Ok(RowState::Waiting);
    }
    let is_head = !row.in_lane || queue::lane_predecessor(&step.db, row.lane, row.place)?.is_none();
    Ok(if is_head {
        RowState::Ready
    } else {
        RowState::Waiting
    })
}

/// Takes a row back from a request: it may be sent again at `due`.
pub(crate) fn requeue<A: App>(step: &mut Step<'_, A>, row: &mut Row, due: Tick) -> Result<(), Error> {
    update(step, row, |row| {
        row.state = RowState::Waiting;
        row.due = due;
    })?;
    settle_back(step, row)?;
    rest(step, row)
}

/// While a row was in a request, what stood before it in the same batch may have been parked: then its order is kept by an edge, and it
/// leaves its lane like everything that waits for something parked.
fn settle_back<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    if row.in_lane
        && let Some(outside) = queue::outside_lane_before(&step.db, row)?
    {
        block(step, row, outside, edge::EdgeKind::Follows)?;
    }
    for blocker in edge::blockers(&step.db, row.place)? {
        if queue::by_place(&step.db, blocker)?.is_some_and(|blocker| is_stuck(&blocker)) {
            return leave_lane(step, row);
        }
    }
    Ok(())
}

/// Steps aside, with all that waits for this row: it will arrive late, and nobody else waits for it.
pub(crate) fn leave_lane<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    step_aside(step, row)?;
    strand(step, row.place)
}

fn step_aside<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    if row.in_lane {
        keep_order_of_entity(step, row)?;
        update(step, row, |row| row.in_lane = false)?;
        advance_lane(step, row.lane)?;
    }
    Ok(())
}

/// What waits for nothing any more takes its place in its lane again: what stands behind it there, and was not sent yet, waits for it.
fn rejoin_lane<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    update(step, row, |row| row.in_lane = true)?;
    rest(step, row)?;
    hold_back_next(step, row)
}

/// What may go no more, since a row has come to stand before it in its lane, waits.
fn hold_back_next<A: App>(step: &mut Step<'_, A>, row: &Row) -> Result<(), Error> {
    if let Some(behind) = queue::lane_successor(&step.db, row.lane, row.place)?
        && let Some(mut behind) = queue::by_place(&step.db, behind)?
        && behind.state == RowState::Ready
    {
        rest(step, &mut behind)?;
    }
    Ok(())
}

/// Lets what is now at the head of a lane go.
fn advance_lane<A: App>(step: &mut Step<'_, A>, lane: LocalId) -> Result<(), Error> {
    if let Some(mut head) = queue::waiting_lane_head(&step.db, lane)? {
        rest(step, &mut head)?;
    }
    Ok(())
}

/// Takes a row out of the queue for good, and releases what its fate releases.
pub(crate) fn remove<A: App>(step: &mut Step<'_, A>, row: &Row, fate: Fate) -> Result<(), Error> {
    step.state.recount(row.counts(), crate::state::Counts::default());
    step.state.payload_bytes -= row.payload.len() as i64;
    step.changed(&row.entity);
    release(step, row.place, fate)?;
    mention::forget(step, row)?;
    queue::delete(&step.db, row)?;
    if row.in_lane {
        advance_lane(step, row.lane)?;
    }
    Ok(())
}

/// Releases what waits for a row, as far as its fate does.
pub(crate) fn release<A: App>(step: &mut Step<'_, A>, blocker: Place, fate: Fate) -> Result<(), Error> {
    for (place, kind) in edge::dependants(&step.db, blocker)? {
        if !kind.is_released_by(fate) {
            continue;
        }
        edge::remove(&step.db, place, blocker)?;
        let Some(mut row) = queue::by_place(&step.db, place)? else {
            continue;
        };
        let rejoins = row.state == RowState::Waiting && row.blockers == 1 && !row.in_lane;
        let blockers = row.blockers - 1;
        let state = match row.state {
            RowState::Waiting if !rejoins => resting_state(step, &row, blockers)?,
            state => state,
        };
        update(step, &mut row, |row| {
            row.blockers = blockers;
            row.state = state;
        })?;
        if rejoins {
            rejoin_lane(step, &mut row)?;
        }
    }
    Ok(())
}

/// What a new row waits for.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    edges: Vec<(Place, edge::EdgeKind)>,
    /// Whether some of it stands still until the user acts.
    stuck: bool,
    /// Whether it is known that nothing else is in the row's lane.
    pub(crate) is_alone: bool,
}

impl Waits {
    pub(crate) fn for_row(&mut self, blocker: &Row, kind: edge::EdgeKind) {
        self.stuck |= is_stuck(blocker);
        if !self.edges.iter().any(|(place, _)| *place == blocker.place) {
            self.edges.push((blocker.place, kind));
        }
    }
}

/// Makes a row that waits already wait for more.
pub(crate) fn wait_for<A: App>(step: &mut Step<'_, A>, row: &mut Row, waits: Waits) -> Result<(), Error> {
    for (blocker, kind) in waits.edges {
        block(step, row, blocker, kind)?;
    }
    if waits.stuck && row.state == RowState::Waiting {
        leave_lane(step, row)?;
    }
    Ok(())
}

/// Makes a row wait for another.
pub(crate) fn block<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    blocker: Place,
    kind: edge::EdgeKind,
) -> Result<(), Error> {
    if edge::add(&step.db, row.place, blocker, kind)? {
        update(step, row, |row| {
            row.blockers += 1;
            if row.state == RowState::Ready {
                row.state = RowState::Waiting;
            }
        })?;
    }
    Ok(())
}

/// Parks a row for the user. A rejected one leaves its lane, an exhausted or uncertain one holds it: its outcome is unknown.
pub(crate) fn park<A: App>(step: &mut Step<'_, A>, row: &mut Row, parked: Parked) -> Result<(), Error> {
    let leaves_lane = matches!(parked, Parked::Rejected { .. } | Parked::Unreadable { .. })
        && !planted::is(Bug::RefusedHoldsItsLane);
    if leaves_lane {
        keep_order_of_entity(step, row)?;
    }
    let held = row.in_lane;
    update(step, row, |row| {
        row.state = RowState::Parked;
        row.parked = Some(parked);
        row.in_lane = held && !leaves_lane;
    })?;
    if row.is_rejected() {
        release(step, row.place, Fate::Rejected)?;
    }
    strand(step, row.place)?;
    if held && leaves_lane {
        advance_lane(step, row.lane)?;
    }
    Ok(())
}

/// Later mutations of the same entity must not overtake a row that leaves their lane.
fn keep_order_of_entity<A: App>(step: &mut Step<'_, A>, row: &Row) -> Result<(), Error> {
    match queue::next_at_rest(&step.db, row)? {
        Some(_) if planted::is(Bug::OrderLostBesideTheLane) => Ok(()),
        Some(mut next) => block(step, &mut next, row.place, edge::EdgeKind::Follows),
        None => Ok(()),
    }
}

/// What waits for a row that stands still leaves its lane, and so does what waits for that.
fn strand<A: App>(step: &mut Step<'_, A>, blocker: Place) -> Result<(), Error> {
    let mut standing_still = vec![blocker];
    while let Some(blocker) = standing_still.pop() {
        for (place, _) in edge::dependants(&step.db, blocker)? {
            if let Some(mut row) = queue::by_place(&step.db, place)?
                && row.state == RowState::Waiting
                && row.in_lane
            {
                step_aside(step, &mut row)?;
                standing_still.push(place);
            }
        }
    }
    Ok(())
}

/// Takes a parked row back into the queue, due at once, and into its lane: before what stands behind it there and was not sent yet.
pub(crate) fn unpark<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    let due = step.tick;
    update(step, row, |row| {
        row.state = RowState::Waiting;
        row.parked = None;
        row.attempts = 0;
        row.due = due;
    })?;
    if row.blockers == 0 && !row.in_lane {
        rejoin_lane(step, row)
    } else {
        rest(step, row)
    }
}

/// Whether a row stands still until the user acts: it is parked, or waits for what does.
pub(crate) fn is_stuck(row: &Row) -> bool {
    row.state == RowState::Parked || (row.state == RowState::Waiting && !row.in_lane && row.blockers > 0)
}
