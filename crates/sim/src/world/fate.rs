//! What becomes of one request on its way: drawn from the seed for each, so that leaving out one changes only what comes after it on its device.
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
    /// It arrives twice, as when a proxy tries again; the answer to one of them is heard.
    Twice { hears_second: bool },
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

impl Fate {
    /// Which fault it is of.
    pub(crate) const fn fault(self) -> Option<Fault> {
        match self {
            Self::Plain => None,
            Self::Lost => Some(Fault::RequestLost),
            Self::AnswerLost => Some(Fault::AnswerLost),
            Self::Twice { .. } => Some(Fault::Repeated),
            Self::Error { .. } => Some(Fault::ServerError),
            Self::Refused { .. } => Some(Fault::Refused),
            Self::Busy { .. } => Some(Fault::Busy),
            Self::Alien { .. } => Some(Fault::Alien),
            Self::Cut { .. } => Some(Fault::UploadCut),
        }
    }
}

/// The forms of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseForm {
    None,
    Seconds(u32),
    /// A date so many seconds from now by the server's clock, in one of the three forms that RFC 9110 §5.6.7 has.
    Date(DateForm, i64),
    /// A date that no calendar has.
    NoSuchDate,
    /// A number of seconds with a fraction, which RFC 9110 §10.2.3 does not have.
    Fraction,
    /// Two headers, of which the first counts.
    Two(u32),
    /// The end of all dates.
    FarDate,
    /// More than any integer holds.
    Huge,
    Negative,
    Word,
    Empty,
}

/// The forms of an HTTP date: of today, and those that are to be read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    Fixed,
    Rfc850,
    Asctime,
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
    /// Whether either is longer than is usual.
    pub(crate) is_delayed: bool,
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
            is_delayed: false,
            again_ms: 0,
            breaks_loudly: true,
        }
    }

    /// The way of a device's so many-th request: it does not shift with what other devices do.
    pub(crate) fn draw(plan: &Plan, device: usize, nth: u64) -> Self {
        let flight = nth << 8 | device as u64;
        let mut random = StdRng::seed_from_u64(plan.seed ^ flight.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let fate = fate(&mut random, plan);
        let mut is_delayed = false;
        let mut leg = || {
            let usual = random.random_range(plan.latency_ms / 2..=plan.latency_ms * 2);
            if random.random_bool(plan.strength(Fault::Delayed)) {
                is_delayed = true;
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
            is_delayed,
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
        Fault::Repeated => Fate::Twice {
            hears_second: random.random(),
        },
        Fault::ServerError => Fate::Error {
            after: random.random(),
            status: one(random, &[500, 501, 502, 504, 505, 507, 508, 408, 425]),
        },
        Fault::Refused => Fate::Refused {
            status: one(random, &[400, 402, 403, 405, 406, 413, 414, 415, 422, 431, 451]),
        },
        Fault::Busy => Fate::Busy {
            status: one(random, &[429, 503]),
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
    use DateForm::*;
    match random.random_range(0..14) {
        0 => PauseForm::None,
        1..4 => PauseForm::Seconds(random.random_range(0..90)),
        4..8 => PauseForm::Date(
            one(random, &[Fixed, Rfc850, Asctime]),
            random.random_range(-30..90),
        ),
        8 => PauseForm::FarDate,
        9 => PauseForm::Huge,
        10 => PauseForm::Two(random.random_range(0..90)),
        _ => {
            use PauseForm::*;
            one(random, &[Negative, Word, Empty, NoSuchDate, Fraction])
        }
    }
}

fn alien(random: &mut StdRng) -> AlienForm {
    use AlienForm::*;
    one(
        random,
        &[Redirect, Page, Required, ProxyError, Empty, CutShort, OtherJson],
    )
}

fn one<T: Copy>(random: &mut StdRng, of: &[T]) -> T {
    of[random.random_range(0..of.len())]
}
