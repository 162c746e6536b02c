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
    /// This client's database is an older copy.
    Rewound,
    /// This client's id was retired.
    Retired,
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
    /// The client id was retired.
    Retired,
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
        ProblemKind::ClientRewound => return Class::Rewound,
        ProblemKind::ClientRetired => return Class::Retired,
        _ => {}
    }
    let retry_after = || {
        response
            .header("retry-after")
            .and_then(|value| backoff::retry_after(value, wall))
    };
    let current = if status == 412 {
        response.header("etag").map(str::to_owned)
    } else {
        None
    };
    let parked = Parked::Rejected {
        status,
        code,
        detail,
        current,
    };
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
        (Class::Retired, _) => Verdict::Retired,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recognise::plain_rest;

    const INTENTS: [Intent; 5] = [
        Intent::Create,
        Intent::Update,
        Intent::Delete,
        Intent::Ensure,
        Intent::Remove,
    ];

    fn answer(status: u16, media_type: &str, body: &str) -> Answer {
        let headers = vec![("content-type".into(), media_type.to_owned())];
        Answer::Response(Response {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        })
    }

    fn verdict(answer: &Answer, intent: Intent) -> Verdict {
        judge(classify(answer, plain_rest, Wall(0)), intent)
    }

    /// The table of the design, row by row.
    #[test]
    fn each_status_means_what_the_table_says() {
        let check = |status: u16, intent: Intent, expected: &str| {
            let verdict = verdict(&answer(status, "application/json", "{}"), intent);
            let name = format!("{verdict:?}");
            let name = name.split([' ', '(']).next().unwrap_or_default();
            assert_eq!(name, expected, "{status} on {intent:?}");
        };
        for intent in INTENTS {
            for status in [200, 201, 204] {
                check(status, intent, "Done");
            }
            for status in [302, 511, 520, 526] {
                check(status, intent, "Unreached");
            }
            for status in [429, 503] {
                check(status, intent, "Busy");
            }
            for status in [424, 425] {
                check(status, intent, "Wait");
            }
            for status in [408, 500, 502, 504, 599] {
                check(status, intent, "Transient");
            }
            check(401, intent, "NeedsAuth");
            for status in [400, 403, 409, 412, 413, 415, 422] {
                check(status, intent, "Rejected");
            }
        }
        for status in [404, 410] {
            check(status, Intent::Delete, "AlreadySo");
            check(status, Intent::Remove, "AlreadySo");
            check(status, Intent::Create, "Rejected");
            check(status, Intent::Update, "Rejected");
            check(status, Intent::Ensure, "Rejected");
        }
    }

    #[test]
    fn a_typed_problem_outranks_its_status() {
        let check = |kind: ProblemKind, intent: Intent, expected: Verdict| {
            let answer = answer(409, "application/problem+json", "{}");
            let problem = Problem {
                kind,
                code: "code".to_owned(),
                detail: "detail".to_owned(),
            };
            let class = classify(&answer, |_| Recognition::Problem(problem), Wall(0));
            assert_eq!(judge(class, intent), expected, "{kind:?}");
        };
        check(ProblemKind::InProgress, Intent::Create, Verdict::Wait);
        check(ProblemKind::ClientRewound, Intent::Create, Verdict::Rewound);
        check(ProblemKind::ClientRetired, Intent::Create, Verdict::Retired);
        check(ProblemKind::Exists, Intent::Ensure, Verdict::AlreadySo);
        check(ProblemKind::UploadMissing, Intent::Create, Verdict::UploadMissing);
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        let media_types = prop::sample::select(vec![
            "application/json",
            "text/html",
            "application/problem+json",
            "",
        ]);
        let bodies = prop::sample::select(vec!["", "{}", "<html></html>", "{\"id\": 7", "null", "[1]"]);
        prop_oneof![
            9 => (100..600_u16, media_types, bodies).prop_map(|(status, media, body)| answer(status, media, body)),
            1 => Just(Answer::Unreached { reason: "cut".to_owned() }),
        ]
    }

    proptest! {
        /// Only a recognised 2xx acknowledges, or a recognised "it is so already"; nobody else's page ever does.
        #[test]
        fn nothing_alien_is_an_acknowledgement(answer in any_answer(), intent in prop::sample::select(INTENTS.to_vec())) {
            let acknowledges = matches!(verdict(&answer, intent), Verdict::Done | Verdict::AlreadySo);
            let Answer::Response(response) = &answer else {
                prop_assert!(!acknowledges);
                return Ok(());
            };
            let is_ours = !matches!(plain_rest(response), Recognition::Alien { .. });
            let is_so = response.is_success() || matches!(response.status, 404 | 410);
            prop_assert!(!acknowledges || (is_ours && is_so), "{:?}", response);
        }

        /// A batch's own status is no verdict on its items: none of them is parked or acknowledged by it.
        #[test]
        fn a_batch_is_no_verdict_on_its_items(answer in any_answer()) {
            if let BatchVerdict::Connection(verdict) = judge_batch(classify(&answer, plain_rest, Wall(0))) {
                let spares_the_items = matches!(
                    verdict,
                    Verdict::Unreached { .. } | Verdict::Busy { .. } | Verdict::Wait | Verdict::NeedsAuth | Verdict::Rewound | Verdict::Retired
                );
                prop_assert!(spares_the_items, "{:?}", verdict);
            }
        }
    }
}
