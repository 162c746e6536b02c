//! Whether anything may go now, what goes, and when to look again.
//!
//! Owns the gate and the order in which ready rows leave. What may go next is read from an index: no step passes over the queue.

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Batches};
use crate::error::Error;
use crate::event::Effect;
use crate::flow;
use crate::lease::{self, Asked};
use crate::parked;
use crate::push::{self, Outgoing, Purpose};
use crate::queue::{self, Row, RowState};
use crate::restore;
use crate::state::{Halt, Reach};
use crate::status::Parked;
use crate::step::Step;
use crate::time::{Millis, Tick};

/// So many uploads at once: they must not hold up what has no files.
const UPLOADS_MAX: usize = 2;
/// So often a database that other processes may open is looked at.
const LOOK_EVERY: Millis = Millis(500);

/// What may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Everything that is due.
    Open,
    /// A probe: nobody has answered.
    Probe,
    /// The end of this client id.
    Retire,
    /// Nothing before this tick; `None`: before something happens.
    Shut(Option<Tick>),
}

fn gate<A: App>(step: &Step<'_, A>) -> Gate {
    let connection = &step.state.connection;
    let attempts = &step.attempts;
    if attempts.closing || connection.user_offline || attempts.refreshing {
        return Gate::Shut(None);
    }
    if connection.must_sign_in || matches!(connection.halt, Some(Halt::ServerRestored { .. })) {
        return Gate::Shut(None);
    }
    if attempts.is_under_way(|purpose| matches!(purpose, Purpose::Probe | Purpose::Retire)) {
        return Gate::Shut(None);
    }
    // A probe finds out whose fault a failure was, so it does not wait for what follows from the failure; but it does for the server.
    let is_reachable = connection.reach == Reach::Reachable;
    if attempts.wants_probe && is_reachable && connection.busy_until <= step.tick.0 {
        return Gate::Probe;
    }
    if step.is_paused() {
        return Gate::Shut(Some(Tick(connection.waits_until())));
    }
    match connection.reach {
        Reach::Unreachable { until, .. } if until > step.tick.0 => return Gate::Shut(Some(Tick(until))),
        Reach::Unreachable { .. } => return Gate::Probe,
        Reach::Reachable if !attempts.suspects.is_empty() => return Gate::Probe,
        Reach::Reachable => {}
    }
    match connection.halt {
        Some(Halt::Rewound | Halt::RetiredElsewhere) => Gate::Retire,
        Some(Halt::ServerRestored { .. }) | None => Gate::Open,
    }
}

/// Sends what may go.
pub(crate) fn run<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    let gate = gate(step);
    let has_work = match gate {
        Gate::Shut(_) => !step.attempts.is_quiet(),
        Gate::Probe | Gate::Retire => true,
        Gate::Open => has_due(step)? || !step.attempts.is_quiet(),
    };
    let mut wake = match gate {
        Gate::Shut(until) if !planted::is(Bug::NoTimerForAPause) => until,
        _ => None,
    };
    if has_work {
        match hold_lease(step)? {
            None => send(step, gate)?,
            Some(denied) => wake = Some(step.tick.after(denied)),
        }
    }
    if gate == Gate::Open && wake.is_none() {
        wake = look_again(step, queue::next_due(&step.db)?);
    }
    arm(step, wake);
    Ok(())
}

/// When to look again, with the gate open. What is due and was not sent waits for a request under way; were there none, a look soon keeps it from
/// waiting for ever.
fn look_again<A: App>(step: &Step<'_, A>, next: Option<Tick>) -> Option<Tick> {
    let next = next?;
    if next > step.tick {
        return Some(next);
    }
    step.attempts.is_quiet().then(|| step.tick.after(LOOK_EVERY))
}

fn has_due<A: App>(step: &Step<'_, A>) -> Result<bool, Error> {
    // What a process that died had in flight is due too, once its lease has ended.
    let is_due =
        step.state.counts.in_flight > 0 || queue::next_due(&step.db)?.is_some_and(|due| due <= step.tick);
    Ok(is_due || restore::has_look_ups(&step.db)?)
}

fn send<A: App>(step: &mut Step<'_, A>, gate: Gate) -> Result<(), Error> {
    match gate {
        Gate::Shut(_) => Ok(()),
        Gate::Probe => {
            push::probe(step);
            Ok(())
        }
        Gate::Retire => {
            if push::retire(step) {
                Ok(())
            } else {
                restore::retired(step, restore::Retired::CannotTell)
            }
        }
        Gate::Open => {
            restore::send_look_ups(step)?;
            send_due(step)
        }
    }
}

/// Asks for the lease. `None`: it is held. What a former holder had in flight is queued again first.
fn hold_lease<A: App>(step: &mut Step<'_, A>) -> Result<Option<Millis>, Error> {
    let holder = step.identity.client.0.into_bytes();
    match lease::hold(&step.db, &holder, step.attempts.generation, step.wall)? {
        Asked::Held => Ok(None),
        Asked::Denied(left) => {
            relinquish(step);
            Ok(Some(left))
        }
        Asked::Taken(generation) => {
            relinquish(step);
            step.attempts.generation = Some(generation);
            recover(step)?;
            Ok(None)
        }
    }
}

/// Forgets what is under way: its answers belong to a generation that has ended.
pub(crate) fn relinquish<A: App>(step: &mut Step<'_, A>) {
    for attempt in step.attempts.forget_all() {
        step.effect(Effect::Abort { attempt });
    }
}

/// After a crash, or in place of a holder that stands still: what was in flight is queued again, under the same keys.
fn recover<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    for mut row in queue::in_flight(&step.db)? {
        let due = step.tick;
        flow::requeue(step, &mut row, due)?;
    }
    Ok(())
}

fn send_due<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    let concurrency = step.options.concurrency;
    let batches = step.app.capabilities().batches;
    loop {
        let free = concurrency.saturating_sub(step.attempts.len());
        if free == 0 {
            return Ok(());
        }
        let limit = batches
            .as_ref()
            .map_or(free, |batches| items_max(step, batches.items_max));
        let failed_before = step.state.counts.failed;
        let due = queue::due(&step.db, step.tick, limit + UPLOADS_MAX)?;
        let due = due_for_sending(step, due)?;
        let (uploads, writes): (Vec<_>, Vec<_>) = due.into_iter().partition(|row| row.upload.is_some());
        let mut writes = readable(step, writes)?;
        writes.truncate(limit);
        let uploaded = send_uploads(step, uploads)?;
        let sent = match &batches {
            Some(batches) if limit > 1 => send_batched(step, writes, batches, limit, failed_before)?,
            Some(_) => send_alone(step, writes, 1, failed_before)?,
            None => send_alone(step, writes, free, failed_before)?,
        };
        if sent + uploaded == 0 {
            return Ok(());
        }
    }
}

/// In one batch; but where the backend knows no keys, what was sent before goes alone, after a look-up.
fn send_batched<A: App>(
    step: &mut Step<'_, A>,
    writes: Vec<Outgoing<A>>,
    batches: &Batches,
    limit: usize,
    failed_before: i64,
) -> Result<usize, Error> {
    if step.app.capabilities().keys {
        return push::batch::send(step, writes, batches, limit, failed_before);
    }
    let (again, fresh): (Vec<_>, Vec<_>) = writes.into_iter().partition(|one| one.row.was_sent());
    match again.is_empty() {
        true => push::batch::send(step, fresh, batches, limit, failed_before),
        false => send_alone(step, again, 1, failed_before),
    }
}

fn items_max<A: App>(step: &Step<'_, A>, offered: usize) -> usize {
    match usize::try_from(step.state.batch_max) {
        Ok(narrowed) if narrowed > 0 => narrowed.min(offered),
        _ => offered,
    }
}

fn send_alone<A: App>(
    step: &mut Step<'_, A>,
    writes: Vec<Outgoing<A>>,
    limit: usize,
    failed_before: i64,
) -> Result<usize, Error> {
    let knows_keys = step.app.capabilities().keys;
    let mut sent = 0;
    for mut one in writes.into_iter().take(limit) {
        if step.state.counts.failed != failed_before {
            // Parking one may have moved others.
            match queue::by_place(&step.db, one.row.place)? {
                Some(moved) if moved.state == RowState::Ready => one.row = moved,
                _ => continue,
            }
        }
        let ask_first = !knows_keys && one.row.was_sent();
        if !(ask_first && push::look_up(step, &mut one.row, &one.mutation)?) {
            push::one(step, one)?;
        }
        sent += 1;
    }
    Ok(sent)
}

fn send_uploads<A: App>(step: &mut Step<'_, A>, rows: Vec<Row>) -> Result<usize, Error> {
    let mut sent = 0;
    for mut row in rows {
        if step.attempts.uploads() >= UPLOADS_MAX {
            break;
        }
        if let Some(sha256) = row.upload {
            push::upload(step, &mut row, sha256)?;
            sent += 1;
        }
    }
    Ok(sent)
}

/// Parks what failed too often to be tried without the user.
fn due_for_sending<A: App>(step: &mut Step<'_, A>, rows: Vec<Row>) -> Result<Vec<Row>, Error> {
    let mut due = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.attempts < crate::backoff::ATTEMPTS_MAX || row.well_seen >= step.state.well {
            due.push(row);
            continue;
        }
        let last = step.state.connection.message.clone();
        let detail =
            last.unwrap_or_else(|| format!("it was tried {} times and did not get through", row.attempts));
        parked::park(step, &mut row, Parked::Exhausted { detail })?;
    }
    Ok(due)
}

/// Reads what the writes say, and parks what cannot be read.
fn readable<A: App>(step: &mut Step<'_, A>, rows: Vec<Row>) -> Result<Vec<Outgoing<A>>, Error> {
    let mut readable = Vec::with_capacity(rows.len());
    for mut row in rows {
        match row.mutation(step.app) {
            Ok(mutation) => readable.push(Outgoing::ready(row, mutation)),
            Err(why) => parked::park(step, &mut row, Parked::Unreadable { detail: why.0 })?,
        }
    }
    Ok(readable)
}

/// Asks for the timer: for the next deadline, for the renewal of the lease, and to look for what other processes wrote.
fn arm<A: App>(step: &mut Step<'_, A>, wake: Option<Tick>) {
    let deadline = wake.map(|tick| step.tick.until(tick));
    let renewal = (!step.attempts.is_quiet()).then_some(Millis(lease::LENGTH.0 / 2));
    let look = step.options.shared.then_some(LOOK_EVERY);
    let soonest = [deadline, renewal, look].into_iter().flatten().min();
    let wake = if step.attempts.closing { None } else { soonest };
    step.effect(Effect::Wake(wake.map(|delay| Millis(delay.0.max(1)))));
}
