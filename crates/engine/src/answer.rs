//! Answers come in: recognised, judged, and taken into the queue.
//!
//! Owns what follows from each verdict. **Invariant:** a row leaves the queue only in the transaction that takes its effect into the base. Never makes a
//! request: what may go next is the schedule's.

mod upload;

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Intent, LookUp};
use crate::attachment;
use crate::backoff;
use crate::coalesce;
use crate::edge::Fate;
use crate::error::Error;
use crate::event::Effect;
use crate::flow;
use crate::http::{Answer, Response};
use crate::ids::AttemptId;
use crate::journal;
use crate::lease;
use crate::parked;
use crate::push::{self, Attempt, Flight, Outgoing, Purpose};
use crate::queue::{self, Row, RowState};
use crate::reach;
use crate::reconcile;
use crate::restore;
use crate::schedule;
use crate::state::Halt;
use crate::status::{Outcome, Parked};
use crate::step::Step;
use crate::time::Millis;
use crate::transaction;
use crate::verdict::{self, BatchVerdict, Class, Verdict};

/// Takes the answer to an attempt in. One to an attempt that is not known any more, or of a generation that has ended, is ignored.
pub(crate) fn answered<A: App>(step: &mut Step<'_, A>, id: AttemptId, answer: &Answer) -> Result<(), Error> {
    let Some(attempt) = step.attempts.close(id) else {
        return Ok(());
    };
    let is_current = match step.attempts.generation {
        Some(generation) => planted::is(Bug::LeaseNotChecked) || lease::is_current(&step.db, generation)?,
        None => false,
    };
    if !is_current {
        schedule::relinquish(step);
        return Ok(());
    }
    let app = step.app;
    let class = verdict::classify(answer, |response| app.recognise(response), step.wall);
    if !matches!(class, Class::Unreached { .. }) {
        step.attempts.answered += 1;
        // A probe that went well is evidence before anything else is judged.
        step.state.well += i64::from(attempt.purpose == Purpose::Probe && class == Class::Success);
        reach::answered(step)?;
        // It concerns the whole connection, whatever became of what was sent: another process may have discarded it meanwhile.
        if let Class::Busy { retry_after } = class {
            busy(step, retry_after);
        }
        if let Answer::Response(response) = answer
            && restore::notices(step, &attempt, response)?
        {
            return put_back(step, &attempt.purpose);
        }
    }
    match &attempt.purpose {
        Purpose::One(flight) => one(step, &attempt, *flight, class, answer),
        Purpose::Batch(flights) => batch(step, &attempt, flights, class, answer),
        Purpose::Upload {
            flight,
            sha256,
            step: upload_step,
        } => upload::answered(step, &attempt, *flight, sha256, *upload_step, class, answer),
        Purpose::LookUp(flight) => looked_up(step, &attempt, *flight, class, answer),
        Purpose::Probe => reach::probed(step, class),
        Purpose::Retire => restore::retire_answered(step, class, answer),
    }
}

/// The row of a flight, as long as it is still in that flight.
fn row_in_flight<A: App>(step: &Step<'_, A>, flight: Flight) -> Result<Option<Row>, Error> {
    Ok(queue::by_place(&step.db, flight.place)?.filter(|row| row.state == RowState::InFlight))
}

fn one<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    flight: Flight,
    class: Class,
    answer: &Answer,
) -> Result<(), Error> {
    let Some(row) = row_in_flight(step, flight)? else {
        return Ok(());
    };
    let verdict = verdict::judge(class, row.intent);
    if matches!(verdict, Verdict::Done | Verdict::AlreadySo | Verdict::Rejected(_))
        && step.state.batch_max == 1
    {
        // One by one goes well: batches may be tried again.
        step.state.batch_max = 2;
    }
    carry_out(step, attempt, row, flight, verdict, response_of(answer))
}

fn response_of(answer: &Answer) -> Option<&Response> {
    match answer {
        Answer::Response(response) => Some(response),
        Answer::Unreached { .. } => None,
    }
}

/// What a verdict means for one row. A pause that was asked for is heard before, once for all.
pub(crate) fn carry_out<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    mut row: Row,
    flight: Flight,
    verdict: Verdict,
    response: Option<&Response>,
) -> Result<(), Error> {
    row.attempts += u32::from(flight.counted && planted::is(Bug::AttemptCountedLate));
    match verdict {
        Verdict::Done => done(step, row, response),
        Verdict::AlreadySo => done(step, row, None),
        Verdict::Rejected(reason) => {
            went_well(step);
            if coalesce::over_rejected(step, &mut row)? {
                return Ok(());
            }
            parked::park(step, &mut row, reason)
        }
        Verdict::UploadMissing => upload::again(step, row),
        Verdict::Transient { detail } => failed(step, row, flight, detail),
        Verdict::Unreached { reason } if step.attempts.answered > attempt.answered_before => {
            failed(step, row, flight, reason)
        }
        Verdict::Unreached { reason } => {
            step.state.connection.message = Some(reason);
            step.attempts.suspects.push(vec![flight]);
            Ok(())
        }
        Verdict::Busy { .. } => put_back_row(step, row, flight),
        Verdict::Wait => {
            uncount(&mut row, flight);
            let pause = step.jitter(Millis(1_000));
            let due = step.tick.after(pause);
            flow::requeue(step, &mut row, due)
        }
        Verdict::NeedsAuth => {
            renew_credentials(step, attempt);
            put_back_row(step, row, flight)
        }
        Verdict::Rewound => {
            step.state.connection.halt.get_or_insert(Halt::Rewound);
            put_back_row(step, row, flight)
        }
        Verdict::Retired => {
            // Not by this database: it notes that it will before it does.
            let halt = &mut step.state.connection.halt;
            halt.get_or_insert(Halt::RetiredElsewhere);
            put_back_row(step, row, flight)
        }
    }
}

/// The server did something it was asked to: it works.
fn went_well<A: App>(step: &mut Step<'_, A>) {
    step.state.well += 1;
    step.state.connection.busy_streak = 0;
    step.state.connection.message = None;
}

/// A mutation took effect: it leaves the queue, what it changed is confirmed, what waited for it may go. One transaction.
pub(crate) fn done<A: App>(
    step: &mut Step<'_, A>,
    row: Row,
    response: Option<&Response>,
) -> Result<(), Error> {
    went_well(step);
    let nothing = Response {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let others = queue::others_of_entity(&step.db, &row)?;
    if let Err(detail) = take_in(step, &row, response.unwrap_or(&nothing), &others)? {
        return parked::park(step, &mut row.clone(), Parked::Unreadable { detail });
    }
    journal::record(&step.db, &row, &Outcome::Synced, step.wall)?;
    attachment::forget_uses(step, row.place)?;
    flow::remove(step, &row, Fate::Done)?;
    reconcile::settle(step, &row.entity, &others)?;
    step.settled(row.mutation, &Outcome::Synced)
}

/// Takes an acknowledgement into the base. Where the app cannot read its own mutation or store what the answer says, nothing is changed, and why is told:
/// the same would happen again with the same program, so the row is kept for the user and a later one.
fn take_in<A: App>(
    step: &mut Step<'_, A>,
    row: &Row,
    response: &Response,
    others: &[Row],
) -> Result<Result<(), String>, Error> {
    let mutation = match row.mutation(step.app) {
        Ok(mutation) => mutation,
        Err(why) => return Ok(Err(why.0)),
    };
    let accepted = transaction::contained(step, Error::is_of_data, |step| {
        reconcile::accept(step, row, &mutation, response, others)
    })?;
    Ok(accepted.map_err(|error| format!("it arrived, but its answer could not be stored: {error}")))
}

/// The server failed, and may not fail again. Counted as the row's own fault only where something else went well meanwhile.
fn failed<A: App>(step: &mut Step<'_, A>, mut row: Row, flight: Flight, detail: String) -> Result<(), Error> {
    step.state.connection.message = Some(detail.clone());
    if row.attempts >= backoff::ATTEMPTS_MAX && flight.counted {
        return parked::park(step, &mut row, Parked::Exhausted { detail });
    }
    let due = backoff::after_failure(step, row.attempts.max(1));
    if !flight.counted {
        step.state.connection.busy_streak = step.state.connection.busy_streak.saturating_add(1);
        let streak = step.state.connection.busy_streak;
        let until = backoff::after_failure(step, streak).0;
        step.state.connection.pause(until);
    }
    step.attempts.wants_probe |= step.state.well == row.well_seen;
    flow::requeue(step, &mut row, due)
}

/// The server asked for a pause: one answer, one step of back-off, however much was in it.
pub(crate) fn busy<A: App>(step: &mut Step<'_, A>, retry_after: Option<Millis>) {
    step.state.connection.busy_streak = step.state.connection.busy_streak.saturating_add(1);
    let streak = step.state.connection.busy_streak;
    let until = backoff::after_busy(step, retry_after, streak).0;
    let connection = &mut step.state.connection;
    match retry_after {
        Some(_) => connection.busy_until = connection.busy_until.max(until),
        None => connection.pause(until),
    }
    connection.message = Some("the server asked for a pause".to_owned());
}

/// One renewal for all: an answer to credentials that were renewed meanwhile asks for none.
pub(crate) fn renew_credentials<A: App>(step: &mut Step<'_, A>, attempt: &Attempt) {
    if attempt.credentials == step.attempts.credentials && !step.attempts.refreshing {
        step.attempts.refreshing = true;
        step.effect(Effect::Refresh);
    }
}

fn uncount(row: &mut Row, flight: Flight) {
    row.attempts -= u32::from(flight.counted && row.attempts > 0);
}

/// Nothing was learned about a row: it is as if it had not been sent.
pub(crate) fn put_back_row<A: App>(
    step: &mut Step<'_, A>,
    mut row: Row,
    flight: Flight,
) -> Result<(), Error> {
    uncount(&mut row, flight);
    let due = step.tick;
    flow::requeue(step, &mut row, due)
}

pub(crate) fn put_back<A: App>(step: &mut Step<'_, A>, purpose: &Purpose) -> Result<(), Error> {
    let flights: &[Flight] = match purpose {
        Purpose::One(flight) | Purpose::Upload { flight, .. } | Purpose::LookUp(flight) => {
            std::slice::from_ref(flight)
        }
        Purpose::Batch(flights) => flights,
        Purpose::Probe | Purpose::Retire => &[],
    };
    for flight in flights {
        if let Some(row) = row_in_flight(step, *flight)? {
            put_back_row(step, row, *flight)?;
        }
    }
    Ok(())
}

fn batch<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    flights: &[Flight],
    class: Class,
    answer: &Answer,
) -> Result<(), Error> {
    let verdict = match verdict::judge_batch(class) {
        BatchVerdict::Read => return read_batch(step, attempt, flights, answer),
        BatchVerdict::Halve { detail } => return halve(step, flights, detail),
        // Somebody else was answered meanwhile: this batch is at fault, by its size or by one of its items.
        BatchVerdict::Connection(Verdict::Unreached { reason })
            if step.attempts.answered > attempt.answered_before =>
        {
            return halve(step, flights, reason);
        }
        BatchVerdict::Connection(Verdict::Unreached { reason }) => {
            step.state.connection.message = Some(reason);
            step.attempts.suspects.push(flights.to_vec());
            return Ok(());
        }
        BatchVerdict::Connection(verdict) => verdict,
    };
    for flight in flights {
        if let Some(row) = row_in_flight(step, *flight)? {
            carry_out(step, attempt, row, *flight, verdict.clone(), None)?;
        }
    }
    Ok(())
}

fn read_batch<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    flights: &[Flight],
    answer: &Answer,
) -> Result<(), Error> {
    let responses = response_of(answer).and_then(|response| push::batch::read(response, flights.len()).ok());
    let Some(responses) = responses else {
        return halve(
            step,
            flights,
            "the answer to the batch could not be read".to_owned(),
        );
    };
    let width = i64::try_from(flights.len()).unwrap_or(i64::MAX);
    if step.state.batch_max > 0 && width >= step.state.batch_max {
        step.state.batch_max = step.state.batch_max.saturating_mul(2);
    }
    let app = step.app;
    let mut pause = None;
    for (flight, response) in flights.iter().zip(responses) {
        let answer = match response {
            Some(response) => Answer::Response(response),
            None => Answer::Unreached {
                reason: "the batch answer left it out".to_owned(),
            },
        };
        let class = verdict::classify(&answer, |response| app.recognise(response), step.wall);
        if let Class::Busy { retry_after } = class {
            pause = pause.max(Some(retry_after));
        }
        if let Some(row) = row_in_flight(step, *flight)? {
            let verdict = verdict::judge(class, row.intent);
            carry_out(step, attempt, row, *flight, verdict, response_of(&answer))?;
        }
    }
    if let Some(retry_after) = pause {
        busy(step, retry_after);
    }
    Ok(())
}

/// A batch as a whole failed: its items are tried in smaller ones, down to one, which is judged by itself.
pub(crate) fn halve<A: App>(step: &mut Step<'_, A>, flights: &[Flight], detail: String) -> Result<(), Error> {
    step.state.connection.message = Some(detail);
    let half = i64::try_from(flights.len() / 2).unwrap_or(1).max(1);
    step.state.batch_max = if step.state.batch_max > 0 {
        step.state.batch_max.min(half)
    } else {
        half
    };
    step.state.connection.busy_streak = step.state.connection.busy_streak.saturating_add(1);
    let streak = step.state.connection.busy_streak;
    // The first few halvings go at once; a server that keeps failing is given time.
    if streak > 8 {
        let until = backoff::after_failure(step, streak - 8).0;
        step.state.connection.pause(until);
    }
    for flight in flights {
        if let Some(row) = row_in_flight(step, *flight)? {
            put_back_row(step, row, *flight)?;
        }
    }
    Ok(())
}

fn looked_up<A: App>(
    step: &mut Step<'_, A>,
    attempt: &Attempt,
    flight: Flight,
    class: Class,
    answer: &Answer,
) -> Result<(), Error> {
    let Some(row) = queue::by_place(&step.db, flight.place)? else {
        return Ok(());
    };
    let definite = !matches!(
        class,
        Class::Unreached { .. }
            | Class::Busy { .. }
            | Class::Transient { .. }
            | Class::NeedsAuth
            | Class::Wait
            | Class::Rewound
            | Class::Retired
    );
    let mutation = row.mutation(step.app);
    let found = match (definite, response_of(answer), &mutation) {
        (true, Some(response), Ok(mutation)) => Some(step.app.looked_up(mutation, response)),
        _ => None,
    };
    if row.state == RowState::Parked {
        return restore::settle_uncertain(step, attempt, row, found, class);
    }
    match found {
        Some(LookUp::Done(response)) => done(step, row, Some(&response)),
        Some(LookUp::NotDone) => {
            let mut row = row;
            went_well(step);
            let due = step.tick;
            flow::requeue(step, &mut row, due)?;
            match mutation {
                Ok(mutation) if row.state == RowState::Ready && !step.is_paused() => {
                    push::one(step, Outgoing::ready(row, mutation))
                }
                _ => Ok(()),
            }
        }
        Some(LookUp::Unclear) => failed(
            step,
            row,
            flight,
            "whether it arrived could not be looked up".to_owned(),
        ),
        None => {
            let verdict = verdict::judge(class, Intent::Update);
            carry_out(step, attempt, row, flight, verdict, None)
        }
    }
}
