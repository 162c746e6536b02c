//! What an answer means: one pure function on closed enums.
//!
//! Owns the classes and the table class × intent → verdict. Never matches strings, never touches a row.

use crate::app::{Intent, Problem, ProblemKind, Recognition};
use crate::backoff;
use crate::http::{Answer, Response};
use crate::status::Parked;
use crate::time::{Millis, Wall};

/// The class of an answer, whatever was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Class {
    /// The server did it.
    Success,
    /// The server was not reached, or somebody else answered.
    Unreached {
        /// What was seen, for people.
        reason: String,
    },
    /// The server wants a pause: 429, 503.
    Busy {
        /// As long as it asked for.
        retry_after: Option<Millis>,
    },
    /// Not now, and nobody's fault: 409 in progress, 424, 425.
    Wait,
    /// It failed and may not fail again: 408, other 5xx.
    Transient {
        /// What it said.
        detail: String,
    },
    /// 401.
    NeedsAuth,
    /// This client's database is an older copy, or its id was retired.
    Rewound,
    /// Something it names was uploaded and is gone.
    UploadMissing(Parked),
    /// 404 or 410: it is not there.
    Absent(Parked),
    /// It exists already.
    Exists(Parked),
    /// The server said no.
    Rejected(Parked),
}

/// What follows for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It took effect.
    Done,
    /// There was nothing left to do: the same, but the answer is no body of the entity's.
    AlreadySo,
    /// The connection is at fault, as far as is known.
    Unreached {
        /// What was seen, for people.
        reason: String,
    },
    /// The whole connection waits.
    Busy {
        /// As long as was asked for.
        retry_after: Option<Millis>,
    },
    /// The row waits; it is not an attempt.
    Wait,
    /// The row is tried again later; it is an attempt.
    Transient {
        /// What was said.
        detail: String,
    },
    /// Credentials must be renewed.
    NeedsAuth,
    /// The client id must be retired.
    Rewound,
    /// The files must be uploaded again, then the row goes under a new key.
    UploadMissing,
    /// The row is parked.
    Rejected(Parked),
}

/// Classifies an answer that the app has recognised.
pub(crate) fn classify(
    answer: &Answer,
    recognise: impl FnOnce(&Response) -> Recognition,
    wall: Wall,
) -> Class {
    let response = match answer {
        Answer::Unreached { reason } => {
            return Class::Unreached {
                reason: reason.clone(),
            };
        }
        Answer::Response(response) => response,
    };
    let problem = match recognise(response) {
        Recognition::Alien { sign } => {
            return Class::Unreached {
                reason: format!("not the server answered: {sign}"),
            };
        }
        Recognition::Answer if response.is_success() => return Class::Success,
        Recognition::Answer => Problem {
            kind: ProblemKind::Other,
            code: format!("http-{}", response.status),
            detail: format!("the server answered {}", response.status),
        },
        Recognition::Problem(problem) => problem,
    };
    by_problem(response, problem, wall)
}

fn by_problem(response: &Response, problem: Problem, wall: Wall) -> Class {
    let Problem { kind, code, detail } = problem;
    let status = response.status;
    match kind {
        ProblemKind::InProgress => return Class::Wait,
        ProblemKind::ClientRewound | ProblemKind::ClientRetired => return Class::Rewound,
        _ => {}
    }
    let retry_after = || {
        response
            .header("retry-after")
            .and_then(|value| backoff::retry_after(value, wall))
    };
    let parked = Parked::Rejected { status, code, detail };
    match (status, kind) {
        (401, _) => Class::NeedsAuth,
        (429 | 503, _) => Class::Busy {
            retry_after: retry_after(),
        },
        (424 | 425, _) => Class::Wait,
        (_, ProblemKind::UploadMissing) => Class::UploadMissing(parked),
        (_, ProblemKind::Exists) => Class::Exists(parked),
        (404 | 410, _) => Class::Absent(parked),
        (511 | 520..=530, _) => Class::Unreached {
            reason: format!("a gateway answered {status}"),
        },
        (408 | 500.., _) => Class::Transient {
            detail: parked.detail().to_owned(),
        },
        _ => Class::Rejected(parked),
    }
}

/// The table: what a class means for a mutation of this intent.
pub(crate) fn judge(class: Class, intent: Intent) -> Verdict {
    match (class, intent) {
        (Class::Success, _) => Verdict::Done,
        (Class::Absent(_), Intent::Delete | Intent::Remove) => Verdict::AlreadySo,
        (Class::Exists(_), Intent::Ensure) => Verdict::AlreadySo,
        (Class::Absent(parked) | Class::Exists(parked) | Class::Rejected(parked), _) => {
            Verdict::Rejected(parked)
        }
        (Class::UploadMissing(_), Intent::Create | Intent::Update | Intent::Ensure) => Verdict::UploadMissing,
        (Class::UploadMissing(parked), _) => Verdict::Rejected(parked),
        (Class::Unreached { reason }, _) => Verdict::Unreached { reason },
        (Class::Busy { retry_after }, _) => Verdict::Busy { retry_after },
        (Class::Wait, _) => Verdict::Wait,
        (Class::Transient { detail }, _) => Verdict::Transient { detail },
        (Class::NeedsAuth, _) => Verdict::NeedsAuth,
        (Class::Rewound, _) => Verdict::Rewound,
    }
}

/// What the status of a whole batch says; it is no verdict on its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BatchVerdict {
    /// Each item has an answer of its own.
    Read,
    /// Try it in halves: the batch may be too large, or one item breaks it.
    Halve {
        /// What was said.
        detail: String,
    },
    /// As for a single request.
    Connection(Verdict),
}

/// Judges the answer to a batch as a whole.
pub(crate) fn judge_batch(class: Class) -> BatchVerdict {
    match class {
        Class::Success => BatchVerdict::Read,
        Class::Transient { detail } => BatchVerdict::Halve { detail },
        Class::Rejected(parked)
        | Class::Absent(parked)
        | Class::Exists(parked)
        | Class::UploadMissing(parked) => BatchVerdict::Halve {
            detail: parked.detail().to_owned(),
        },
        other => BatchVerdict::Connection(judge(other, Intent::Update)),
    }
}
