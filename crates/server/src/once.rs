//! Exactly once: a key is looked up, its effect applied and its answer recorded in one savepoint of one transaction.
//!
//! Owns the rules of keys, sequences and watermarks (`docs/protocol.md`, *Exactly once*). Never knows what an effect does.

use std::collections::BTreeMap;

use bytes::Bytes;
use outrigger_planted::{self as planted, Bug};

use crate::action::Failure;
use crate::exchange::{Body, Response};
use crate::headers::{ClientHeader, Once};
use crate::ids::{Now, UserId, Watermark};
use crate::problem::{Problem, ProblemKind};
use crate::store::clients::{Claim, ClientRef, Fingerprint, RecordRow, RecordedResponse};
use crate::store::{Keep, Result as StoreResult, Snapshot, StoreError, Transaction, contained};

/// Tells that an answer is one of before.
pub(crate) const REPLAYED: &str = "idempotency-replayed";
/// Carries the watermark held before the request.
pub(crate) const WATERMARK: &str = "outrigger-watermark";

/// A mutation: what identifies it, and what it does.
pub(crate) type Effect<'e> = dyn FnMut(&mut dyn Transaction) -> Result<Response, Failure> + 'e;

/// Raises the client's watermark as its header says, before anything else of the request is looked at; the watermark held
/// before. A retired client raises nothing.
pub(crate) fn acknowledge(
    tx: &mut dyn Transaction,
    account: &UserId,
    header: &ClientHeader,
) -> StoreResult<Watermark> {
    let client = ClientRef {
        account,
        client: &header.client,
    };
    match header.ack {
        Some(ack) if !tx.client(client)?.retired => tx.raise_watermark(client, ack),
        _ => Ok(tx.client(client)?.watermark),
    }
}

/// Refuses a retired client; for requests without a key.
pub(crate) fn check_not_retired(
    snapshot: &dyn Snapshot,
    account: &UserId,
    header: &ClientHeader,
) -> StoreResult<Result<(), Problem>> {
    let row = snapshot.client(ClientRef {
        account,
        client: &header.client,
    })?;
    Ok(if row.retired { Err(retired()) } else { Ok(()) })
}

/// Applies an effect without a key: as it comes.
pub(crate) fn apply_plainly(tx: &mut dyn Transaction, effect: &mut Effect<'_>) -> StoreResult<Response> {
    undoing_rejections(tx, effect)
}

/// Applies an effect under its key, or answers as before.
pub(crate) fn apply_once(
    tx: &mut dyn Transaction,
    account: &UserId,
    once: &Once,
    fingerprint: Fingerprint,
    now: Now,
    effect: &mut Effect<'_>,
) -> StoreResult<Response> {
    let client = ClientRef {
        account,
        client: &once.client,
    };
    let row = tx.lock_client_shared(client)?;
    if row.retired {
        return Ok(retired().into_response());
    }
    match tx.claim_key(client, &once.key)? {
        Claim::Held => return Ok(in_progress().into_response()),
        Claim::Recorded(record)
            if record.fingerprint != fingerprint && !planted::is(Bug::FingerprintNotCompared) =>
        {
            let detail = "this key stands for another request: a new one needs a new key";
            return Ok(Problem::new(ProblemKind::KeyReused, detail).into_response());
        }
        Claim::Recorded(record) => return replay(record.response),
        Claim::Free => {}
    }
    let watermark = row
        .watermark
        .0
        .saturating_sub(u64::from(planted::is(Bug::WatermarkOffByOne)));
    if once.sequence.0 <= watermark || tx.key_of_sequence(client, once.sequence)?.is_some() {
        let detail = "this client went on from here with other keys: it was restored or copied";
        return Ok(Problem::new(ProblemKind::ClientRewound, detail).into_response());
    }
    contained(tx, |tx| {
        let response = undoing_rejections(tx, effect)?;
        if response.problem.is_none_or(is_recorded) {
            let response = recorded(&response);
            let record = RecordRow {
                key: once.key.clone(),
                sequence: once.sequence,
                fingerprint,
                response,
            };
            tx.record(client, &record, now.wall)?;
        }
        Ok((Keep::Changes, response))
    })
}

/// Whether a rejection stands under its key. An effect finds a client rewound where the key has created before: recorded, the key counts among those that
/// were seen when the client id is retired, so that the client looks up what it created rather than sending it once more.
fn is_recorded(problem: ProblemKind) -> bool {
    problem.is_definitive() || problem == ProblemKind::ClientRewound
}

/// Runs an effect; one that is rejected leaves nothing behind.
fn undoing_rejections(tx: &mut dyn Transaction, effect: &mut Effect<'_>) -> StoreResult<Response> {
    contained(tx, |tx| match effect(tx) {
        Ok(response) => Ok((Keep::Changes, response)),
        Err(Failure::Problem(problem)) => Ok((Keep::Nothing, problem.into_response())),
        Err(Failure::Store(error)) => Err(error),
    })
}

fn recorded(response: &Response) -> RecordedResponse {
    let headers = serde_json::to_string(&response.headers).expect("BUG: headers are JSON");
    RecordedResponse {
        status: response.status,
        headers,
        body: response.bytes().to_vec(),
    }
}

fn replay(recorded: RecordedResponse) -> StoreResult<Response> {
    let headers: BTreeMap<String, String> = serde_json::from_str(&recorded.headers)
        .map_err(|error| StoreError::Failed(format!("a recorded answer cannot be read: {error}")))?;
    let body = Body::Bytes(Bytes::from(recorded.body));
    let response = Response {
        status: recorded.status,
        headers,
        body,
        problem: None,
    };
    Ok(response.header(REPLAYED, "true"))
}

fn retired() -> Problem {
    Problem::new(
        ProblemKind::ClientRetired,
        "this client id is retired: go on under a new one",
    )
}

fn in_progress() -> Problem {
    Problem::new(
        ProblemKind::InProgress,
        "the same key is being applied now: ask again",
    )
    .header("retry-after", "1")
}
