//! Whole worlds, simulated: many seeds once, some twice.
//!
//! Owns how many, and from which seed on: the same ones every time, so that what fails here was brought by the change. `OUTRIGGER_SIM_FROM` and
//! `OUTRIGGER_SIM_SEEDS` play others; what is known of them is in `docs/reliability.md`.

use std::process::Command;

use crate::shell::{self, Failure};

/// The first seed of those that are played once.
const FROM: u64 = 1_000;
/// How many are.
const SEEDS: u64 = 700;
/// Worlds that are played twice: their traces must be the same to the byte.
const TWICE: u64 = 200;
/// What is done in each.
const OPERATIONS: &str = "200";
/// All faults.
pub(crate) const FAULTS: &str = "all";

pub(crate) fn run() -> Result<(), Failure> {
    shell::cargo(&["build", "--quiet", "--profile", "sim", "-p", "outrigger-sim"])?;
    play(1, TWICE, &["--twice"])?;
    let from = wanted("OUTRIGGER_SIM_FROM").unwrap_or(FROM);
    play(from, wanted("OUTRIGGER_SIM_SEEDS").unwrap_or(SEEDS), &[])
}

fn wanted(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
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
