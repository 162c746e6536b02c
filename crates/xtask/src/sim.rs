//! Whole worlds, simulated: many seeds once, some twice.
//!
//! Owns how many. Every run plays seeds that were never played before: they begin at the hour of the run.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell::{self, Failure};

/// Worlds of fresh seeds. `OUTRIGGER_SIM_SEEDS` plays another number.
const SEEDS: u64 = 3_000;
/// Worlds that are played twice: their traces must be the same to the byte.
const TWICE: u64 = 200;
/// What is done in each.
const OPERATIONS: &str = "200";
/// All faults.
pub(crate) const FAULTS: &str = "all";

pub(crate) fn run() -> Result<(), Failure> {
    shell::cargo(&["build", "--quiet", "--profile", "sim", "-p", "outrigger-sim"])?;
    let seeds = std::env::var("OUTRIGGER_SIM_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(SEEDS);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = now.as_secs() / 3_600 * 1_000_000;
    play(1, TWICE, &["--twice"])?;
    play(fresh, seeds, &[])
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
