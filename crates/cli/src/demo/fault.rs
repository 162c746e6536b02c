//! What goes wrong on the way, and when: the plan of a seed.
//!
//! Owns the closed set of faults and the order in which they come. Never touches a connection.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::VecDeque;

/// One way in which a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The connection closes before the server hears of it.
    RequestLost,
    /// The server does it; the answer never comes.
    AnswerLost,
    /// The server does it; half of the answer comes.
    AnswerCut,
    /// The server hears it twice.
    Repeated,
    /// 500.
    ServerError,
    /// 503 with this `Retry-After`.
    Unavailable(&'static str),
    /// 429 with this `Retry-After`.
    TooMany(&'static str),
    /// 429 with `Retry-After` as the date of a second later.
    TooManyUntil,
    /// 302 to a page where one is to sign in.
    PortalRedirect,
    /// 200 with such a page.
    PortalPage,
    /// A part of an upload is cut in its middle.
    UploadCut,
}

impl Fault {
    /// All that can happen to any request.
    pub(crate) const ANY: [Self; 10] = [
        Self::RequestLost,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::Repeated,
        Self::ServerError,
        Self::Unavailable("0"),
        Self::TooMany("1"),
        Self::TooManyUntil,
        Self::PortalRedirect,
        Self::PortalPage,
    ];

    /// In words, for a list: how many of them there were.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::RequestLost => "requests lost",
            Self::AnswerLost => "answers lost",
            Self::AnswerCut => "answers cut in half",
            Self::Repeated => "requests delivered twice",
            Self::ServerError => "500",
            Self::Unavailable(_) => "503",
            Self::TooMany(_) | Self::TooManyUntil => "429",
            Self::PortalRedirect | Self::PortalPage => "captive portal pages",
            Self::UploadCut => "uploads cut",
        }
    }
}

/// How many faults of a plan come one after another, and how many requests pass between them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Severity {
    /// What can happen to any request.
    pub(crate) faults: &'static [Fault],
    /// How often each of them comes.
    pub(crate) rounds: usize,
    /// Parts of uploads that are cut.
    pub(crate) cuts: usize,
    /// At most so many requests pass well between two faults.
    pub(crate) calm_max: u32,
}

/// The faults of one seed, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    cards: VecDeque<Card>,
    /// How many parts of uploads pass before each one that is cut.
    cuts: VecDeque<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Card {
    calm: u32,
    fault: Fault,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn new(seed: u64, severity: Severity) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut faults = severity.faults.repeat(severity.rounds);
        faults.shuffle(&mut random);
        let cards = faults
            .into_iter()
            .map(|fault| Card {
                calm: random.random_range(0..=severity.calm_max),
                fault,
            })
            .collect();
        let cuts = (0..severity.cuts).map(|_| random.random_range(0..3)).collect();
        Self { cards, cuts }
    }

    /// What happens to the next request.
    pub(crate) fn next(&mut self, is_part_of_upload: bool) -> Option<Fault> {
        if is_part_of_upload && let Some(calm) = self.cuts.front_mut() {
            if *calm == 0 {
                self.cuts.pop_front();
                return Some(Fault::UploadCut);
            }
            *calm -= 1;
        }
        let card = self.cards.front_mut()?;
        if card.calm > 0 {
            card.calm -= 1;
            return None;
        }
        self.cards.pop_front().map(|card| card.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVERITY: Severity = Severity {
        faults: &Fault::ANY,
        rounds: 2,
        cuts: 3,
        calm_max: 4,
    };

    fn play(seed: u64) -> Vec<Option<Fault>> {
        let mut plan = Plan::new(seed, SEVERITY);
        (0..200).map(|n| plan.next(n % 3 == 0)).collect()
    }

    #[test]
    fn a_seed_is_a_plan_with_every_fault_in_it() {
        assert_eq!(play(7), play(7));
        assert_ne!(play(7), play(8));
        let happened = play(7);
        for fault in Fault::ANY {
            let count = happened.iter().flatten().filter(|it| **it == fault).count();
            assert_eq!(count, SEVERITY.rounds, "{fault:?}");
        }
    }
}
