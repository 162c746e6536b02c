//! Making attempts: what is sent, as what request, and what is remembered of it until the answer.
//!
//! Owns the memory of what is under way, and marking rows as sent. A row is marked, counted and given its sequence in the transaction before the
//! request leaves; only then may it have had an effect. Never judges an answer.

pub(crate) mod batch;
pub(crate) mod request;

use outrigger_planted::{self as planted, Bug};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::App;
use crate::attachment::{self, UploadStep};
use crate::error::Error;
use crate::event::Effect;
use crate::flow;
use crate::http::{HttpRequest, Method, Target};
use crate::ids::{AttemptId, Place, Sequence, Sha256};
use crate::lease::Generation;
use crate::parked;
use crate::queue::{Row, RowState};
use crate::restore;
use crate::sent::{self, Sent};
use crate::status::Parked;
use crate::step::Step;
use crate::time::Millis;

/// Without an answer for so long a request counts as unreached.
const TIMEOUT: Millis = Millis(30_000);
/// The same for a part of a file.
const TIMEOUT_PART: Millis = Millis(60_000);
/// The same for a probe.
const TIMEOUT_PROBE: Millis = Millis(10_000);

/// A row in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flight {
    pub(crate) place: Place,
    /// Whether the attempt was counted when it was made.
    pub(crate) counted: bool,
}

/// A row that may be sent, and what it says.
pub(crate) struct Outgoing<A: App> {
    pub(crate) row: Row,
    pub(crate) mutation: A::Mutation,
    /// What must go before it in the same batch.
    pub(crate) depends_on: BTreeSet<Place>,
}

impl<A: App> Outgoing<A> {
    /// A row that waits for nothing.
    pub(crate) fn ready(row: Row, mutation: A::Mutation) -> Self {
        Self {
            row,
            mutation,
            depends_on: BTreeSet::new(),
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// One mutation.
    One(Flight),
    /// Several, in this order.
    Batch(Vec<Flight>),
    /// A step of an upload.
    Upload {
        flight: Flight,
        sha256: Sha256,
        step: UploadStep,
    },
    /// Whether a mutation took effect.
    LookUp(Flight),
    /// Whether the server answers.
    Probe,
    /// The end of this client id.
    Retire,
}

/// One request under way.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) purpose: Purpose,
    /// How many requests had been answered when it was sent.
    pub(crate) answered_before: u64,
    /// The watermark that the server had confirmed when it was sent: no answer may tell of a lower one.
    pub(crate) watermark: i64,
    /// The credentials that it was sent with.
    pub(crate) credentials: u64,
}

/// What one process remembers of what is under way. Lost with the process; the rows say enough to begin again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    next: u64,
    open: Arc<BTreeMap<AttemptId, Attempt>>,
    /// How many requests were answered, by whatever status.
    pub(crate) answered: u64,
    /// What stood in each request that was not answered, until a probe tells whether it was their fault.
    pub(crate) suspects: Vec<Vec<Flight>>,
    /// Whether a probe is wanted, to tell whose fault a failure was. It goes when the gate lets it: a pause that the server asked for holds for it too.
    pub(crate) wants_probe: bool,
    /// How often this process has asked for the end of the client id and may have got it: an answer may have been lost.
    pub(crate) retires: u32,
    /// Counts renewals of credentials.
    pub(crate) credentials: u64,
    /// Whether a renewal is under way.
    pub(crate) refreshing: bool,
    /// The generation under which this process drains.
    pub(crate) generation: Option<Generation>,
    /// Ends everything: nothing is sent any more.
    pub(crate) closing: bool,
    /// Files that the host was told to remove after the last commit.
    pub(crate) removed: Vec<String>,
}

impl Attempts {
    pub(crate) fn open(&mut self, attempt: Attempt) -> AttemptId {
        self.next += 1;
        let id = AttemptId(self.next);
        Arc::make_mut(&mut self.open).insert(id, attempt);
        id
    }

    pub(crate) fn close(&mut self, id: AttemptId) -> Option<Attempt> {
        if !self.open.contains_key(&id) {
            return None;
        }
        Arc::make_mut(&mut self.open).remove(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.open.is_empty() && self.suspects.is_empty() && !self.refreshing
    }

    pub(crate) fn is_under_way(&self, wanted: impl Fn(&Purpose) -> bool) -> bool {
        self.open.values().any(|attempt| wanted(&attempt.purpose))
    }

    pub(crate) fn uploads(&self) -> usize {
        self.open
            .values()
            .filter(|attempt| matches!(attempt.purpose, Purpose::Upload { .. }))
            .count()
    }

    /// Forgets the request of an upload; its answer will be ignored.
    pub(crate) fn abandon_upload(&mut self, wanted: &Sha256) -> Option<AttemptId> {
        let is_wanted = |attempt: &Attempt| matches!(&attempt.purpose, Purpose::Upload { sha256, .. } if sha256 == wanted);
        let id = self
            .open
            .iter()
            .find(|(_, attempt)| is_wanted(attempt))
            .map(|(id, _)| *id)?;
        self.close(id);
        Some(id)
    }

    /// Forgets every request under way.
    pub(crate) fn abandon_all(&mut self) -> Vec<AttemptId> {
        self.suspects.clear();
        self.wants_probe = false;
        self.take_all().keys().copied().collect()
    }

    /// What is under way, from now on forgotten: what comes of it will be ignored.
    pub(crate) fn take_all(&mut self) -> BTreeMap<AttemptId, Attempt> {
        Arc::unwrap_or_clone(std::mem::take(&mut self.open))
    }

    /// Forgets everything under way: another process drains now.
    pub(crate) fn forget_all(&mut self) -> Vec<AttemptId> {
        self.generation = None;
        if planted::is(Bug::StaleAttemptAccepted) {
            return Vec::new();
        }
        self.abandon_all()
    }
}

/// Sends a request and remembers what it is for.
fn send<A: App>(step: &mut Step<'_, A>, purpose: Purpose, mut request: HttpRequest, timeout: Millis) {
    request.headers.extend(step.app.headers());
    let attempt = step.open_attempt(Attempt {
        purpose,
        answered_before: step.attempts.answered,
        watermark: step.state.watermark,
        credentials: step.attempts.credentials,
    });
    step.effect(Effect::Send {
        attempt,
        request,
        timeout,
    });
}

/// Marks a row as in flight, and counts the attempt before it is made: where the server has answered something else well since the row's last one,
/// a failure will be the row's own. What is sent for the first time gets the next sequence, and its request is kept.
fn depart<A: App>(step: &mut Step<'_, A>, row: &mut Row, first: Option<&Sent>) -> Result<Flight, Error> {
    let counted = row.attempts == 0 || step.state.well > row.well_seen;
    let well = step.state.well;
    let sequence = match first {
        Some(sent) => {
            let sequence = Sequence(step.state.sequence_next);
            step.state.sequence_next += 1;
            sent::keep(&step.db, row.place, sequence, sent)?;
            Some(sequence)
        }
        None => row.sequence,
    };
    flow::depart(step, row, |row| {
        row.attempts = row
            .attempts
            .saturating_add(u32::from(counted && !planted::is(Bug::AttemptCountedLate)));
        row.well_seen = well;
        row.sequence = sequence;
    })?;
    Ok(Flight {
        place: row.place,
        counted,
    })
}

/// Sends one mutation, which waits for nothing, in a request of its own.
pub(crate) fn one<A: App>(step: &mut Step<'_, A>, outgoing: Outgoing<A>) -> Result<(), Error> {
    let Outgoing {
        mut row, mutation, ..
    } = outgoing;
    let Some(prepared) = request::prepare(step, &row, &mutation)? else {
        return park_without_id(step, &mut row);
    };
    let Some(path) = request::path(step, &prepared.sent.target)? else {
        return park_without_id(step, &mut row);
    };
    let flight = depart(step, &mut row, prepared.first())?;
    let acknowledged = request::acknowledged(step)?;
    let request = request::alone(step, &row, prepared.sent, path, acknowledged)?;
    send(step, Purpose::One(flight), request, TIMEOUT);
    Ok(())
}

/// What a row is about, or names, has no id on the server, and nothing that waits will give it one: its create was answered without, or the id was given
/// to something newer. It cannot be sent, and nothing can be claimed of it: one that was sent may have arrived.
fn park_without_id<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    let detail = "what this is about has no id on the server, or no longer";
    if row.was_sent() {
        return restore::make_uncertain(step, row, detail);
    }
    let reason = Parked::Rejected {
        status: 404,
        code: "no-server-id".to_owned(),
        detail: detail.to_owned(),
        current: None,
    };
    parked::park(step, row, reason)
}

/// Sends the next step of an upload.
pub(crate) fn upload<A: App>(step: &mut Step<'_, A>, row: &mut Row, sha256: Sha256) -> Result<(), Error> {
    let (Some(found), Some(uploads)) = (
        attachment::find(&step.db, &sha256)?,
        step.app.capabilities().uploads,
    ) else {
        return Err(Error::Refused("BUG: an upload without its file"));
    };
    let (upload_step, mut request) = attachment::next_request(step, found, &uploads)?;
    let first = (upload_step == UploadStep::Create && !row.was_sent()).then(|| Sent {
        method: Method::Post,
        target: Target::path(uploads.path.clone()),
        guarded: false,
        body: None,
    });
    let flight = depart(step, row, first.as_ref())?;
    if upload_step == UploadStep::Create {
        let acknowledged = request::acknowledged(step)?;
        request
            .headers
            .extend(request::key_headers(step, row, acknowledged));
        request.headers.extend(request::epoch(step));
    }
    let timeout = if upload_step == UploadStep::Part {
        TIMEOUT_PART
    } else {
        TIMEOUT
    };
    send(
        step,
        Purpose::Upload {
            flight,
            sha256,
            step: upload_step,
        },
        request,
        timeout,
    );
    Ok(())
}

/// Asks whether a mutation took effect, where the app knows how. False where it does not.
pub(crate) fn look_up<A: App>(
    step: &mut Step<'_, A>,
    row: &mut Row,
    mutation: &A::Mutation,
) -> Result<bool, Error> {
    let ids = step.ids();
    let made = step.app.look_up(mutation, row.key, &ids);
    ids.were_read()?;
    let Some(request) = made else {
        return Ok(false);
    };
    let Some(request) = request::unkeyed(step, &request)? else {
        return Ok(false);
    };
    let flight = if row.state == RowState::Parked {
        Flight {
            place: row.place,
            counted: false,
        }
    } else {
        depart(step, row, None)?
    };
    send(step, Purpose::LookUp(flight), request, TIMEOUT);
    Ok(true)
}

/// Finds out whether the server answers.
pub(crate) fn probe<A: App>(step: &mut Step<'_, A>) {
    step.attempts.wants_probe = false;
    let request = step.app.probe();
    send(step, Purpose::Probe, request, TIMEOUT_PROBE);
}

/// Ends this client id. False where the backend knows no such thing.
pub(crate) fn retire<A: App>(step: &mut Step<'_, A>) -> bool {
    let Some(request) = step.app.retire(step.identity.client) else {
        return false;
    };
    step.attempts.retires += 1;
    send(step, Purpose::Retire, request, TIMEOUT);
    true
}
