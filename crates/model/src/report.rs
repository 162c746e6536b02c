//! Looking at a world in full, and saying what was seen.
//!
//! Owns the run of the checker and the form of its report. Never decides which worlds there are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use stateright::{Checker as _, Expectation, HasDiscoveries, Model as _};

use crate::bounds::Bounds;

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Which world.
    pub name: &'static str,
    /// So many different states.
    pub states: usize,
    /// So many happenings lie between the start and the farthest state.
    pub depth: usize,
    /// As long as it took.
    pub time: Duration,
    /// Whether every state was looked at: not where a counterexample ended it.
    pub is_whole: bool,
    /// The laws that failed, each with the shortest way there.
    pub broken: BTreeMap<&'static str, String>,
    /// What should have been seen and was not.
    pub unseen: Vec<&'static str>,
}

/// Looks at every state that can be reached, on so many threads. Stops at the first law that fails where one is expected to.
pub fn look_at(bounds: Bounds, threads: usize) -> Report {
    let name = bounds.name;
    let wanted = match bounds.flaw {
        Some(_) => HasDiscoveries::AnyFailures,
        None => HasDiscoveries::All,
    };
    let start = Instant::now();
    let checker = bounds
        .checker()
        .threads(threads)
        .finish_when(wanted)
        .spawn_bfs()
        .join();
    let discoveries = checker.discoveries();
    let mut broken = BTreeMap::new();
    let mut unseen = Vec::new();
    for property in checker.model().properties() {
        let found = discoveries.get(property.name);
        match (property.expectation, found) {
            (Expectation::Always, Some(path)) => {
                let steps: Vec<_> = path.clone().into_actions();
                let story: Vec<_> = steps.iter().map(|step| format!("  {step:?}")).collect();
                broken.insert(property.name, story.join("\n"));
            }
            (Expectation::Sometimes, None) => unseen.push(property.name),
            _ => {}
        }
    }
    Report {
        name,
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        time: start.elapsed(),
        is_whole: checker.is_done() && broken.is_empty(),
        broken,
        unseen,
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{:<36} {:>9} states, depth {:>2}, {:>5.1} s",
            self.name,
            self.states,
            self.depth,
            self.time.as_secs_f64()
        )?;
        for (law, story) in &self.broken {
            write!(formatter, "\nbroken: {law}\n{story}")?;
        }
        for law in &self.unseen {
            write!(formatter, "\nnever seen: {law}")?;
        }
        Ok(())
    }
}
