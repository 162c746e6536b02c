//! Playing worlds against a bug, a few at a time, until an invariant does not hold.
//!
//! Owns how many, and how the simulator's findings are read. Never takes a world that fails without the bug, too, for a find.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use outrigger_planted::VARIABLE;
use serde::Deserialize;

use super::caught::{Caught, Missed};
use super::suite::{Ended, ended};
use crate::shell::Failure;
use crate::sim::FAULTS;

/// Worlds of the first look; each further look is twice as long, up to the last.
const FIRST_LOOK: u64 = 8;
const LAST_LOOK: u64 = 256;

/// A bug is played against for so long, at most. What that leaves out is told.
const TIME_MAX: Duration = Duration::from_secs(300);

/// A look that takes longer does not come to its end: a world takes a fraction of a second.
const LOOK_TIME_MAX: Duration = Duration::from_secs(600);

/// How far a bug is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Worlds.
    pub(super) seeds: u64,
}

/// The program that plays.
#[derive(Debug)]
pub(super) struct Simulator {
    pub(super) program: PathBuf,
}

#[derive(Deserialize)]
struct Summary {
    failures: Vec<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    seed: u64,
    invariant: u8,
    seen: String,
}

/// What some worlds came to.
enum Look {
    /// These did not hold, by seed.
    Worlds(Vec<Failed>),
    /// The simulator itself did not come to its end: a panic, or for ever.
    Broken(String),
}

impl Simulator {
    /// Finds what is planted (`None`: nothing; what a patch brought is in the program), looking on until it is found or given up. `clean` plays the same
    /// worlds without it.
    pub(super) fn find(
        &self,
        planted: Option<&str>,
        clean: &Self,
        bounds: Bounds,
    ) -> Result<Result<Caught, Missed>, Failure> {
        let began = Instant::now();
        let (mut from, mut look) = (1, FIRST_LOOK);
        while from <= bounds.seeds && began.elapsed() < TIME_MAX {
            let seeds = look.min(bounds.seeds - from + 1);
            match self.look(planted, from, seeds)? {
                Look::Worlds(failures) => {
                    for failed in failures {
                        if clean.holds(failed.seed, 1)? {
                            return Ok(Ok(failed.caught()));
                        }
                    }
                }
                Look::Broken(by) => {
                    let seeds = from + seeds - 1;
                    return match clean.look(None, from, look)? {
                        Look::Worlds(_) => Ok(Ok(Caught::World { by, seeds })),
                        Look::Broken(_) => Err(Failure::new(format!(
                            "the simulator breaks without the bug, too: {by}"
                        ))),
                    };
                }
            }
            from += seeds;
            look = (look * 2).min(LAST_LOOK);
        }
        Ok(Err(Missed {
            worlds: from - 1,
            wanted: bounds.seeds,
        }))
    }

    /// Plays so many worlds of the code as it is; in which of them an invariant does not hold.
    pub(super) fn control(&self, seeds: u64) -> Result<Vec<String>, Failure> {
        match self.look(None, 1, seeds)? {
            Look::Worlds(failures) => Ok(failures
                .iter()
                .map(|failed| format!("world {}: {}", failed.seed, failed.seen))
                .collect()),
            Look::Broken(by) => Err(Failure::new(format!("the simulator does not run: {by}"))),
        }
    }

    fn holds(&self, from: u64, seeds: u64) -> Result<bool, Failure> {
        let look = self.look(None, from, seeds)?;
        Ok(matches!(look, Look::Worlds(failures) if failures.is_empty()))
    }

    fn look(&self, planted: Option<&str>, from: u64, seeds: u64) -> Result<Look, Failure> {
        let mut command = Command::new(&self.program);
        command.args(["--json", "--faults", FAULTS]);
        command.args(["--from", &from.to_string(), "--seeds", &seeds.to_string()]);
        command.env(VARIABLE, planted.unwrap_or_default());
        let Ended { printed, told, .. } = match ended(&mut command, LOOK_TIME_MAX)? {
            Some(ended) => ended,
            None => {
                return Ok(Look::Broken(format!(
                    "no end after {} s",
                    LOOK_TIME_MAX.as_secs()
                )));
            }
        };
        Ok(match serde_json::from_str::<Summary>(&printed) {
            Ok(summary) => Look::Worlds(summary.failures),
            Err(_) => Look::Broken(panic_of(&told)),
        })
    }
}

impl Failed {
    fn caught(self) -> Caught {
        Caught::World {
            by: format!("{} {}", self.invariant, name(&self.seen)),
            seeds: self.seed,
        }
    }
}

/// The name of the invariant in `invariant 2 (AtMostOnce): …`.
fn name(seen: &str) -> &str {
    let inside = seen.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inside.map_or("", |(name, _)| name)
}

/// What a panic said, which comes on the line after where it was.
fn panic_of(told: &str) -> String {
    let mut lines = told.lines().skip_while(|line| !line.contains("panicked at"));
    let place = lines.next().and_then(|line| line.split("panicked at ").nth(1));
    match (place, lines.next()) {
        (Some(place), Some(what)) => format!("a panic at {} {what}", place.trim_end_matches(':')),
        _ => format!(
            "no summary; {}",
            told.lines().last().unwrap_or("nothing was said")
        ),
    }
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn what_the_simulator_says_is_read() {
        assert_eq!(
            name("invariant 2 (AtMostOnce): Each write (once): x"),
            "AtMostOnce"
        );
        assert_eq!(name("nothing"), "");
        let told = "thread 'a' panicked at crates/engine/src/flow.rs:3:5:\nattempt to subtract with overflow\nnote: run";
        assert_eq!(
            panic_of(told),
            "a panic at crates/engine/src/flow.rs:3:5 attempt to subtract with overflow"
        );
        assert!(panic_of("killed").contains("killed"));
    }
}
