//! What becomes of one request on its way: drawn from the seed for each, so that leaving out another changes nothing.
//!
//! Owns the closed set of fates and their chances. Never looks at what the request asks for, but to keep made-up answers honest.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::fault::Fault;
use crate::plan::Plan;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives, and so does its answer.
    Plain,
    /// It never arrives.
    Lost,
    /// It arrives, its answer does not.
    AnswerLost,
    /// It arrives twice.
    Twice,
    /// Something between says that it failed: after it arrived, or before.
    Error { after: bool, status: u16 },
    /// The server says no, before anything.
    Refused { status: u16 },
    /// The server wants a pause.
    Busy { status: u16, form: PauseForm },
    /// Somebody else answers.
    Alien { after: bool, form: AlienForm },
    /// Of an upload only a part of the bytes arrives, this share of them in thousandths.
    Cut { share: u16 },
}

/// The forms of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseForm {
    None,
    Seconds(u32),
    /// A date so many seconds from now by the server's clock.
    Date(i64),
    /// The end of all dates.
    FarDate,
    /// More than any integer holds.
    Huge,
    Negative,
    Word,
    Empty,
}

/// Who else may answer, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlienForm {
    /// A redirect to a page to sign in.
    Redirect,
    /// A page with status 200.
    Page,
    /// RFC 6585 §6.
    Required,
    /// A proxy's page about the server.
    ProxyError,
    /// Nothing at all, with status 200.
    Empty,
    /// The server's answer, cut in half.
    CutShort,
    /// Somebody else's JSON.
    OtherJson,
}

/// Fate and ways of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) fate: Fate,
    /// How long it takes there and back, in milliseconds.
    pub(crate) there_ms: i64,
    pub(crate) back_ms: i64,
    /// How long after the first its repetition arrives.
    pub(crate) again_ms: i64,
    /// Whether a break is noticed at once, or only by waiting.
    pub(crate) breaks_loudly: bool,
}

impl Way {
    /// The way of a request when everything is well.
    pub(crate) const fn plain(latency_ms: i64) -> Self {
        Self {
            fate: Fate::Plain,
            there_ms: latency_ms,
            back_ms: latency_ms,
            again_ms: 0,
            breaks_loudly: true,
        }
    }

    pub(crate) fn draw(plan: &Plan, flight: u64) -> Self {
        let mut random = StdRng::seed_from_u64(plan.seed ^ flight.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let fate = fate(&mut random, plan);
        let mut leg = || {
            let usual = random.random_range(plan.latency_ms / 2..=plan.latency_ms * 2);
            if random.random_bool(plan.strength(Fault::Delayed)) {
                usual + random.random_range(0..60_000)
            } else {
                usual
            }
        };
        let (there_ms, back_ms) = (leg(), leg());
        Self {
            fate,
            there_ms,
            back_ms,
            again_ms: random.random_range(0..20_000),
            breaks_loudly: random.random_bool(0.6),
        }
    }
}

fn fate(random: &mut StdRng, plan: &Plan) -> Fate {
    let mut strikes = |fault| random.random_bool(plan.strength(fault));
    // All are asked, so that one fault less does not change what the others draw.
    let struck: Vec<_> = [
        Fault::RequestLost,
        Fault::AnswerLost,
        Fault::Repeated,
        Fault::ServerError,
        Fault::Refused,
        Fault::Busy,
        Fault::Alien,
        Fault::UploadCut,
    ]
    .into_iter()
    .filter(|fault| strikes(*fault))
    .collect();
    let Some(fault) = struck.first() else {
        return Fate::Plain;
    };
    match fault {
        Fault::RequestLost => Fate::Lost,
        Fault::AnswerLost => Fate::AnswerLost,
        Fault::Repeated => Fate::Twice,
        Fault::ServerError => Fate::Error {
            after: random.random(),
            status: [500, 502, 504, 408][random.random_range(0..4)],
        },
        Fault::Refused => Fate::Refused {
            status: [400, 403, 422][random.random_range(0..3)],
        },
        Fault::Busy => Fate::Busy {
            status: [429, 503][random.random_range(0..2)],
            form: pause(random),
        },
        Fault::Alien => Fate::Alien {
            after: random.random(),
            form: alien(random),
        },
        _ => Fate::Cut {
            share: random.random_range(0..1_000),
        },
    }
}

fn pause(random: &mut StdRng) -> PauseForm {
    match random.random_range(0..10) {
        0 => PauseForm::None,
        1..4 => PauseForm::Seconds(random.random_range(0..90)),
        4..6 => PauseForm::Date(random.random_range(-30..90)),
        6 => PauseForm::FarDate,
        7 => PauseForm::Huge,
        8 => PauseForm::Negative,
        _ => [PauseForm::Word, PauseForm::Empty][random.random_range(0..2)],
    }
}

fn alien(random: &mut StdRng) -> AlienForm {
    use AlienForm::*;
    [Redirect, Page, Required, ProxyError, Empty, CutShort, OtherJson][random.random_range(0..7)]
}
