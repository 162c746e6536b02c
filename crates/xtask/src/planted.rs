//! Tests of the tests: bugs are planted one at a time, and each must be found.
//!
//! Owns the order of the run and its verdict. The bugs are `crates/planted`'s; a patch file that is handed in counts as one more. Never says that a check
//! found something which it also finds in the code as it is: that code goes first, and whatever finds a bug must pass without it.

mod absent;
mod caught;
mod patch;
mod simulator;
mod suite;
mod table;
mod tests;

use std::path::PathBuf;
use std::time::Instant;

use outrigger_planted::Bug;

use crate::shell::Failure;
use caught::{Caught, Missed};
use simulator::Bounds;
use suite::Suite;
use table::Line;

pub(crate) use absent::check as check_absent;

/// Worlds that are played against a bug, at most.
const SEEDS_MAX: u64 = 100;

/// Worlds that the code as it is must pass before anything is planted.
const SEEDS_OF_CONTROL: u64 = 100;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    bugs: Vec<Bug>,
    patches: Vec<PathBuf>,
    seeds: u64,
    /// Every bug there is: then the table is stored.
    is_all: bool,
}

impl Wanted {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut wanted = Self {
            bugs: Vec::new(),
            patches: Vec::new(),
            seeds: SEEDS_MAX,
            is_all: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| Failure::new(format!("{argument} wants a value; {USAGE}")))
            };
            match argument.as_str() {
                "--patch" => wanted.patches.push(PathBuf::from(value()?)),
                "--seeds" => {
                    let text = value()?;
                    let seeds = text.parse().ok().filter(|seeds| *seeds > 0);
                    wanted.seeds =
                        seeds.ok_or_else(|| Failure::new(format!("{text:?} is no number of worlds")))?;
                }
                name => wanted.bugs.push(Bug::named(name).ok_or_else(|| unknown(name))?),
            }
        }
        if wanted.bugs.is_empty() {
            wanted.is_all = true;
            wanted.bugs = Bug::ALL.to_vec();
        }
        Ok(wanted)
    }
}

const USAGE: &str = "cargo xtask planted [NAME…] [--patch FILE]… [--seeds N]";

fn unknown(name: &str) -> Failure {
    let known: Vec<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
    Failure::new(format!(
        "there is no bug {name:?}; {USAGE}, by these names: {}",
        known.join(", ")
    ))
}

/// Plants what was asked for, and fails where something was not found.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = Wanted::read(arguments)?;
    // A file that is not there is told before an hour has passed.
    let patches = patch::read(&wanted.patches)?;
    let bounds = Bounds { seeds: wanted.seeds };
    let suite = Suite::planted()?;
    println!("the code as it is: {SEEDS_OF_CONTROL} worlds");
    let mut complaints = suite.simulator.control(SEEDS_OF_CONTROL)?;
    for complaint in &complaints {
        println!("  the code as it is fails: {complaint}");
    }
    let mut lines = Vec::new();
    for bug in &wanted.bugs {
        lines.push(one(bug.name(), bug.told(), Some(bug.breaks()), || {
            suite.find(Some(*bug), bounds)
        })?);
    }
    complaints.extend(suite.known_spoiled());
    if wanted.is_all {
        table::store(&lines, &complaints)?;
    }
    let as_it_is = complaints
        .iter()
        .map(|it| format!("the code as it is fails: {it}"));
    let mut wrong: Vec<_> = as_it_is.collect();
    for patch in &patches {
        // One that is no patch of this code says nothing of the others.
        match one(&patch.name(), "a patch", None, || patch.find(&suite, bounds)) {
            Ok(line) => lines.push(line),
            Err(failure) => wrong.push(failure.to_string()),
        }
    }
    let missed = lines.iter().filter(|line| line.caught.is_err()).count();
    println!("\n{}", table::plain(&lines));
    println!("{} of {} caught", lines.len() - missed, lines.len());
    if missed > 0 {
        wrong.push(format!("{missed} not caught: a check is missing"));
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(wrong.join("\n"))),
    }
}

/// Finds one, and tells at once.
fn one(
    name: &str,
    told: &str,
    breaks: Option<u8>,
    find: impl FnOnce() -> Result<Result<Caught, Missed>, Failure>,
) -> Result<Line, Failure> {
    let began = Instant::now();
    let caught = find().map_err(|failure| Failure::new(format!("{name}: {failure}")))?;
    let line = Line {
        name: name.to_owned(),
        told: told.to_owned(),
        breaks,
        caught,
        seconds: began.elapsed().as_secs(),
    };
    println!("{}", line.plain(name.len()));
    Ok(line)
}

#[cfg(test)]
mod arguments {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Wanted, Failure> {
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        Wanted::read(&arguments)
    }

    #[test]
    fn names_patches_and_seeds_are_read() {
        let all = read(&["--patch", "a.patch", "--patch", "b.patch"]).unwrap();
        assert_eq!(all.bugs, Bug::ALL);
        assert_eq!(all.patches.len(), 2);
        assert!(all.is_all);
        let one = read(&["no-fsync", "--seeds", "7"]).unwrap();
        assert_eq!((one.bugs, one.seeds, one.is_all), (vec![Bug::NoFsync], 7, false));
        for wrong in [
            &["nothing"][..],
            &["--patch"],
            &["--seeds", "0"],
            &["--seeds", "many"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
