//! A smaller plan that fails in the same way: steps and faults are left out for as long as the failure stays.
//!
//! Owns delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002) over the steps, after whole kinds of
//! fault. Never changes a step: what is left is a part of what failed.

use crate::plan::{Plan, What};
use crate::trace::Trace;
use crate::world::play;

/// Makes a failing plan smaller, playing at most `plays_max` worlds. A plan that does not fail is given back.
pub fn shrink(plan: &Plan, plays_max: usize, progress: impl FnMut(&Plan)) -> Plan {
    let failure = |plan: &Plan| {
        let outcome = play(plan, Trace::default());
        outcome.violation.map(|violation| violation.invariant)
    };
    match failure(plan) {
        None => plan.clone(),
        first => smallest(plan, plays_max, |plan| failure(plan) == first, progress),
    }
}

/// The smallest plan found of which it holds that it fails.
fn smallest(
    plan: &Plan,
    plays_max: usize,
    fails: impl FnMut(&Plan) -> bool,
    mut progress: impl FnMut(&Plan),
) -> Plan {
    let mut search = Search {
        fails,
        left: plays_max,
        best: plan.clone(),
    };
    loop {
        let before = size(&search.best);
        search.drop_faults();
        search.drop_steps();
        progress(&search.best);
        if size(&search.best) == before || search.left == 0 {
            return search.best;
        }
    }
}

fn size(plan: &Plan) -> (usize, usize) {
    (plan.steps.len(), plan.strengths.len())
}

struct Search<F> {
    fails: F,
    left: usize,
    best: Plan,
}

impl<F: FnMut(&Plan) -> bool> Search<F> {
    /// Keeps the plan if it fails in the same way.
    fn try_one(&mut self, plan: Plan) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let fails = (self.fails)(&plan);
        if fails {
            self.best = plan;
        }
        fails
    }

    /// Leaves out whole kinds of fault: their chances, and their steps.
    fn drop_faults(&mut self) {
        let faults: Vec<_> = self.best.strengths.keys().copied().collect();
        for fault in faults {
            let mut plan = self.best.clone();
            plan.strengths.remove(&fault);
            plan.steps
                .retain(|step| !matches!(step.what, What::Trouble(trouble) if trouble.fault() == fault));
            self.try_one(plan);
        }
    }

    /// Leaves out runs of steps, from halves down to single ones.
    fn drop_steps(&mut self) {
        let mut run = self.best.steps.len().div_ceil(2);
        while run > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let mut plan = self.best.clone();
                let to = (from + run).min(plan.steps.len());
                plan.steps.drain(from..to);
                if !self.try_one(plan) {
                    from += run;
                }
            }
            if self.left == 0 {
                return;
            }
            run = if run == 1 { 0 } else { run.div_ceil(2) };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::{Fault, Faults};

    /// A plan with as many steps and faults as a world has.
    fn drawn(seed: u64) -> Plan {
        let mut plan = Plan::draw(seed, 60, &Faults::all());
        plan.strengths.insert(Fault::Delayed, 0.5);
        plan
    }

    proptest! {
        /// What fails for three steps and one fault is left with just those, whichever they are.
        #[test]
        fn nothing_is_left_but_what_it_takes(seed in 0_u64..1_000, picks in any::<[prop::sample::Index; 3]>()) {
            let plan = drawn(seed);
            let mut guilty: Vec<_> = picks.iter().map(|pick| pick.index(plan.steps.len())).collect();
            guilty.sort_unstable();
            guilty.dedup();
            let mut wanted: Vec<_> = guilty.iter().map(|index| plan.steps[*index].clone()).collect();
            // The steps of a fault go with it.
            wanted.retain(|step| matches!(step.what, What::Act(_)));
            let fails = |plan: &Plan| {
                plan.strengths.contains_key(&Fault::Delayed) && wanted.iter().all(|step| plan.steps.contains(step))
            };
            let smaller = smallest(&plan, 100_000, fails, |_| {});
            prop_assert_eq!(&smaller.steps, &wanted);
            prop_assert_eq!(smaller.strengths.keys().collect::<Vec<_>>(), [&Fault::Delayed]);
        }

        /// However few worlds may be played, what is given back fails.
        #[test]
        fn what_is_given_back_fails(seed in 0_u64..1_000, plays_max in 0_usize..60) {
            let plan = drawn(seed);
            let last = plan.steps[plan.steps.len() - 1].clone();
            let fails = |plan: &Plan| plan.steps.contains(&last);
            let smaller = smallest(&plan, plays_max, fails, |_| {});
            prop_assert!(smaller.steps.contains(&last));
        }
    }
}
