//! Many worlds, one for each seed, on as many threads as there are processors.
//!
//! Owns the distribution of seeds and the summary. Each world stays on one thread; what one finds does not depend on the others.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::fault::Faults;
use crate::plan::Plan;
use crate::trace::Trace;
use crate::world::{Outcome, play};

/// A seed in whose world an invariant did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The seed.
    pub seed: u64,
    /// The number of the invariant.
    pub invariant: u8,
    /// What was seen.
    pub seen: String,
}

/// What many worlds came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// How many worlds.
    pub seeds: u64,
    /// What was done in them.
    pub operations: u64,
    /// Those in which an invariant did not hold.
    pub failures: Vec<Failed>,
    /// How long it took.
    pub seconds: f64,
    /// How much of what happened.
    pub counts: BTreeMap<String, u64>,
    /// How often each fault struck, by name.
    pub faults: BTreeMap<&'static str, u64>,
}

/// Plays the worlds of `seeds` seeds from `from` on. With `twice`, each is played again and must give the same trace. `progress` hears of each.
pub fn play_many(
    from: u64,
    seeds: u64,
    operations: usize,
    faults: &Faults,
    twice: bool,
    progress: impl Fn(u64, &Outcome) + Sync,
) -> Summary {
    let began = Instant::now();
    let next = AtomicU64::new(from);
    let summary = Mutex::new(Summary {
        seeds: 0,
        operations: 0,
        failures: Vec::new(),
        seconds: 0.0,
        counts: BTreeMap::new(),
        faults: BTreeMap::new(),
    });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        return;
                    }
                    let plan = Plan::draw(seed, operations, faults);
                    let mut outcome = play(&plan, Trace::default());
                    if twice && outcome.violation.is_none() {
                        compare(&mut outcome, &play(&plan, Trace::default()));
                    }
                    progress(seed, &outcome);
                    let mut summary = summary.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    add(&mut summary, seed, outcome);
                }
            });
        }
    });
    let mut summary = summary
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    summary.failures.sort_by_key(|failed| failed.seed);
    summary.seconds = began.elapsed().as_secs_f64();
    summary
}

/// Invariant 28.
fn compare(first: &mut Outcome, second: &Outcome) {
    if first.digest != second.digest {
        first.violation = Some(crate::invariant::Violation {
            invariant: crate::invariant::Invariant::Reproducible,
            seen: format!(
                "{} lines with the digest {}, then {} with {}",
                first.lines, first.digest, second.lines, second.digest
            ),
        });
    }
}

fn add(summary: &mut Summary, seed: u64, outcome: Outcome) {
    summary.seeds += 1;
    summary.operations += outcome.operations as u64;
    for (what, count) in outcome.counts {
        *summary.counts.entry(what.to_owned()).or_default() += count;
    }
    for (fault, count) in outcome.strikes {
        *summary.faults.entry(fault.name()).or_default() += count;
    }
    if let Some(violation) = outcome.violation {
        summary.failures.push(Failed {
            seed,
            invariant: violation.invariant as u8,
            seen: violation.to_string(),
        });
    }
}
