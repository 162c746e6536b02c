//! Whether the server can be reached: suspects, probes, and the one back-off that all share.
//!
//! Owns `Reach`. A request that nobody answered says little: the item may be odd, or the network gone. A probe tells which.

use outrigger_planted::{self as planted, Bug};

use crate::answer;
use crate::app::App;
use crate::backoff;
use crate::error::Error;
use crate::push::{Attempt, Purpose};
use crate::queue::{self, RowState};
use crate::state::Reach;
use crate::step::Step;
use crate::verdict::{Class, Verdict};

/// Somebody answered as the server: it can be reached.
pub(crate) fn answered<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    if step.state.connection.reach != Reach::Reachable {
        step.state.connection.reach = Reach::Reachable;
        step.state.connection.message = None;
    }
    judge_suspects(step, true)
}

/// A probe came back.
pub(crate) fn probed<A: App>(step: &mut Step<'_, A>, class: Class) -> Result<(), Error> {
    match class {
        Class::Unreached { reason } => {
            let streak = match step.state.connection.reach {
                Reach::Unreachable { streak, .. } => streak.saturating_add(1),
                Reach::Reachable => 1,
            };
            let until = backoff::after_failure(step, streak).0;
            step.state.connection.reach = Reach::Unreachable { until, streak };
            step.state.connection.message = Some(reason);
            judge_suspects(step, false)
        }
        // It answered, if not gladly: it can be reached, and the answers to mutations will say the rest.
        _ => Ok(()),
    }
}

/// Rows whose requests nobody answered: with the server reachable it was theirs, and counts; without, it was nobody's fault.
fn judge_suspects<A: App>(step: &mut Step<'_, A>, reachable: bool) -> Result<(), Error> {
    let suspects = std::mem::take(&mut step.attempts.suspects);
    let attempt = Attempt {
        purpose: Purpose::Probe,
        answered_before: 0,
        watermark: 0,
        credentials: step.attempts.credentials,
    };
    for flights in suspects {
        if reachable && flights.len() > 1 {
            answer::halve(step, &flights, unanswered(step))?;
            continue;
        }
        for flight in flights {
            let Some(row) = queue::by_place(&step.db, flight.place)? else {
                continue;
            };
            if row.state != RowState::InFlight {
                continue;
            }
            if reachable {
                let detail = unanswered(step);
                answer::carry_out(step, &attempt, row, flight, Verdict::Transient { detail }, None)?;
            } else {
                answer::put_back_row(step, row, flight)?;
            }
        }
    }
    Ok(())
}

/// Nobody will find out whose fault it was: nobody's.
pub(crate) fn release_suspects<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    judge_suspects(step, false)
}

fn unanswered<A: App>(step: &Step<'_, A>) -> String {
    step.state
        .connection
        .message
        .clone()
        .unwrap_or_else(|| "no answer".to_owned())
}

/// The operating system says that the network came or went. It is a hint: only an answer is the truth, so a probe finds out.
pub(crate) fn network<A: App>(step: &mut Step<'_, A>, up: bool) {
    let until = if up {
        step.tick.0
    } else {
        backoff::after_failure(step, 3).0
    };
    if !up || step.state.connection.reach != Reach::Reachable {
        step.state.connection.reach = Reach::Unreachable { until, streak: 0 };
    }
}

/// The start and the user pierce the back-off of the connection and of rows, but not a pause that the server asked for.
pub(crate) fn pierce<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    if let Reach::Unreachable { streak, .. } = step.state.connection.reach {
        step.state.connection.reach = Reach::Unreachable {
            until: step.tick.0,
            streak,
        };
    }
    step.state.connection.pause_until = 0;
    if planted::is(Bug::PausePierced) {
        step.state.connection.busy_until = 0;
    }
    step.db
        .prepare_cached("UPDATE outrigger_queue SET due = ?1 WHERE state = 1 AND due > ?1")?
        .execute([step.tick.0])?;
    Ok(())
}
