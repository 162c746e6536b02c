//! A smaller plan that fails in the same way: steps and faults are left out for as long as the failure stays.
//!
//! Owns delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002) over the steps, after whole kinds of
//! fault. Never changes a step: what is left is a part of what failed.

use crate::invariant::Invariant;
use crate::plan::{Plan, What};
use crate::trace::Trace;
use crate::world::play;

/// Makes a failing plan smaller, playing at most `plays_max` worlds. A plan that does not fail is given back.
pub fn shrink(plan: &Plan, plays_max: usize, mut progress: impl FnMut(&Plan)) -> Plan {
    let Some(invariant) = failure(plan) else {
        return plan.clone();
    };
    let mut search = Search {
        invariant,
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

fn failure(plan: &Plan) -> Option<Invariant> {
    let outcome = play(plan, Trace::default());
    outcome.violation.map(|violation| violation.invariant)
}

fn size(plan: &Plan) -> (usize, usize) {
    (plan.steps.len(), plan.strengths.len())
}

struct Search {
    invariant: Invariant,
    left: usize,
    best: Plan,
}

impl Search {
    /// Keeps the plan if it fails in the same way.
    fn try_one(&mut self, plan: Plan) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let fails = failure(&plan) == Some(self.invariant);
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
