//! Whole worlds, simulated: thousands of seeds once, some twice.
//!
//! Owns how many, and from which seed on. They are worlds that nobody has played, for every change others, but for one change always the same, so that a check that fails fails
//! again: the first seed follows from git's name for the code that is committed. `OUTRIGGER_SIM_FROM` and `OUTRIGGER_SIM_SEEDS` play others.

use std::process::Command;

use crate::shell::{self, Failure};

/// How many worlds are played once.
const SEEDS: u64 = 3_000;
/// The first seed of those, where git names nothing.
const FROM: u64 = 4_138_524_501;
/// Worlds that are played twice: their traces must be the same to the byte.
const TWICE: u64 = 200;
/// What is done in each.
const OPERATIONS: &str = "200";
/// All faults.
pub(crate) const FAULTS: &str = "all";

pub(crate) fn run() -> Result<(), Failure> {
    shell::cargo(&["build", "--quiet", "--profile", "sim", "-p", "outrigger-sim"])?;
    play(1, TWICE, &["--twice"])?;
    let from = wanted("OUTRIGGER_SIM_FROM")?.or_else(fresh).unwrap_or(FROM);
    let seeds = wanted("OUTRIGGER_SIM_SEEDS")?.unwrap_or(SEEDS);
    println!("the same worlds again: OUTRIGGER_SIM_FROM={from} OUTRIGGER_SIM_SEEDS={seeds} cargo xtask sim");
    play(from, seeds, &[])
}

/// A seed of this code: the first digits of git's name for it. Whoever checks it has the same.
fn fresh() -> Option<u64> {
    let tree = shell::output(Command::new("git").args(["rev-parse", "HEAD:crates"])).ok()?;
    u64::from_str_radix(tree.get(..8)?, 16).ok()
}

/// A number from the environment. One that cannot be read is told, rather than other worlds played than were asked for.
fn wanted(name: &str) -> Result<Option<u64>, Failure> {
    match std::env::var(name) {
        Ok(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Failure::new(format!("{name} is to be a number, and is {text:?}"))),
        },
        Err(_) => Ok(None),
    }
}

fn play(from: u64, seeds: u64, more: &[&str]) -> Result<(), Failure> {
    let program = shell::target().join("sim/outrigger-sim");
    let mut command = Command::new(program);
    command
        .args(["--from", &from.to_string(), "--seeds", &seeds.to_string()])
        .args(["--ops", OPERATIONS, "--faults", FAULTS])
        .args(more);
    shell::run(&mut command)
}
