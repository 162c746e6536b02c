//! Saying how things stand: the state of the queue after a step.
//!
//! Owns the precedence of kinds. Never counts: it reads the one row of counters and the head of an index.

use crate::app::App;
use crate::error::Error;
use crate::push::Purpose;
use crate::queue;
use crate::restore;
use crate::state::{ConnectionState, Halt, Reach};
use crate::status::{Cause, Progress, SyncKind, SyncState};
use crate::step::Step;
use crate::time::Tick;

/// How things stand now.
pub(crate) fn sync_state<A: App>(step: &Step<'_, A>) -> Result<SyncState, Error> {
    let state = &step.state;
    let connection = &state.connection;
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let next = next_attempt(step)?;
    let is_due = next.is_some_and(|next| next <= step.tick);
    let is_asking = step
        .attempts
        .is_under_way(|purpose| matches!(purpose, Purpose::LookUp(_)));
    let is_sending = state.counts.in_flight > 0 || is_due || is_asking || restore::has_look_ups(&step.db)?;
    let cause = cause(connection);
    let kind = match cause {
        Some(Cause::SignIn | Cause::ServerRestored) => SyncKind::Error,
        Some(Cause::ByChoice | Cause::Unreachable) => SyncKind::Offline,
        _ if is_sending => SyncKind::Syncing,
        _ if state.counts.failed > 0 => SyncKind::Error,
        _ if state.counts.pending > 0 => SyncKind::Syncing,
        _ => SyncKind::Idle,
    };
    let message = match (&connection.halt, kind) {
        _ if connection.must_sign_in => Some("sign in again".to_owned()),
        (Some(Halt::ServerRestored { detail }), _) => Some(detail.clone()),
        (_, SyncKind::Offline) if connection.user_offline => Some("offline by choice".to_owned()),
        (_, SyncKind::Idle) => None,
        _ => connection.message.clone(),
    };
    let waits = kind != SyncKind::Idle && state.counts.in_flight == 0;
    Ok(SyncState {
        kind,
        pending: count(state.counts.pending),
        in_flight: count(state.counts.in_flight),
        failed: count(state.counts.failed),
        blocked: count(state.counts.blocked),
        progress: Progress {
            done: count(state.run_total - state.counts.pending),
            total: count(state.run_total),
        },
        bytes: Progress {
            done: count(state.run_bytes_done),
            total: count(state.run_bytes_total),
        },
        cause,
        message,
        next_attempt_in_ms: next
            .filter(|_| waits && !is_due)
            .map(|next| count(step.tick.until(next).0)),
    })
}

/// What stands in the way of everything, the gravest first.
fn cause(connection: &ConnectionState) -> Option<Cause> {
    match &connection.halt {
        _ if connection.must_sign_in => Some(Cause::SignIn),
        Some(Halt::ServerRestored { .. }) => Some(Cause::ServerRestored),
        _ if connection.user_offline => Some(Cause::ByChoice),
        _ if matches!(connection.reach, Reach::Unreachable { .. }) => Some(Cause::Unreachable),
        _ => None,
    }
}

/// When something may be sent next: not before the connection may, nor before the first row may.
fn next_attempt<A: App>(step: &Step<'_, A>) -> Result<Option<Tick>, Error> {
    let connection = &step.state.connection;
    if connection.user_offline || connection.halt.is_some() {
        return Ok(None);
    }
    let Some(row) = queue::next_due(&step.db)? else {
        return Ok(None);
    };
    let reach = match connection.reach {
        Reach::Unreachable { until, .. } => until,
        Reach::Reachable => 0,
    };
    Ok(Some(row.max(Tick(connection.waits_until())).max(Tick(reach))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_way_is_said_in_type() {
        let connection = |halt, user_offline, reach| ConnectionState {
            halt,
            user_offline,
            reach,
            ..ConnectionState::default()
        };
        let unreachable = Reach::Unreachable { until: 0, streak: 1 };
        let restored = Halt::ServerRestored {
            detail: String::new(),
        };
        for (state, expected) in [
            (connection(None, false, Reach::Reachable), None),
            (connection(None, false, unreachable), Some(Cause::Unreachable)),
            (connection(None, true, unreachable), Some(Cause::ByChoice)),
            (
                connection(Some(Halt::Rewound), true, unreachable),
                Some(Cause::ByChoice),
            ),
            (
                ConnectionState {
                    must_sign_in: true,
                    ..connection(Some(restored.clone()), true, unreachable)
                },
                Some(Cause::SignIn),
            ),
            (
                connection(Some(restored), false, unreachable),
                Some(Cause::ServerRestored),
            ),
        ] {
            assert_eq!(cause(&state), expected);
        }
    }
}
