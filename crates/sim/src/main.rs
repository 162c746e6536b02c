//! `outrigger-sim`: plays the worlds of many seeds, and what failed again.
//!
//! Owns the command line and what is printed.

use clap::Parser;
use outrigger_sim::{Faults, Outcome, Plan, Summary, Trace, play, play_many, shrink};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// Thousands of lifetimes of phones, a server and a hostile network, each from one seed.
///
/// Every world is checked against the invariants of docs/reliability.md, all along and at its end. Exit status 1 when one did not hold.
#[derive(Debug, Parser)]
#[command(name = "outrigger-sim", version)]
struct Arguments {
    /// How many worlds
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// What is done in each world
    #[arg(long, default_value_t = 200)]
    ops: usize,
    /// Which faults may happen, by name, separated by commas; `all`; `none`
    #[arg(long, default_value = "all", value_name = "LIST")]
    faults: Faults,
    /// Play each world twice: the traces must be the same to the byte
    #[arg(long)]
    twice: bool,
    /// One JSON object: seeds, operations, failures, seconds, counts, faults
    #[arg(long)]
    json: bool,
    /// Print all that happens
    #[arg(long, conflicts_with = "json")]
    trace: bool,
    /// Make the plan of the first failing seed as small as it will go, and write it here
    #[arg(long, value_name = "FILE")]
    shrink: Option<PathBuf>,
    /// Play a stored plan instead of drawing one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "from", "ops", "faults", "twice"])]
    replay: Option<PathBuf>,
}

/// Worlds that are played, at most, to make a plan smaller.
const SHRINK_PLAYS_MAX: usize = 3_000;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    outrigger_disk::install_as_default();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether every invariant held.
fn run(arguments: &Arguments) -> Result<bool, String> {
    if let Some(path) = &arguments.replay {
        let text =
            std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let plan: Plan = serde_json::from_slice(&text)
            .map_err(|error| format!("{} is no plan: {error}", path.display()))?;
        return one(arguments, &plan);
    }
    if arguments.trace && arguments.seeds == 1 {
        let plan = Plan::draw(arguments.from, arguments.ops, &arguments.faults);
        return one(arguments, &plan);
    }
    let summary = many(arguments);
    if arguments.json {
        let text = serde_json::to_string(&summary).map_err(|error| error.to_string())?;
        println!("{text}");
    } else {
        tell(arguments, &summary);
    }
    if let (Some(path), Some(failed)) = (&arguments.shrink, summary.failures.first()) {
        let plan = Plan::draw(failed.seed, arguments.ops, &arguments.faults);
        make_smaller(&plan, path)?;
    }
    Ok(summary.failures.is_empty())
}

fn one(arguments: &Arguments, plan: &Plan) -> Result<bool, String> {
    let trace = if arguments.trace {
        Trace::shown()
    } else {
        Trace::default()
    };
    let outcome = play(plan, trace);
    match &outcome.violation {
        Some(violation) => println!("{violation}"),
        None => println!(
            "every invariant held; {} lines, digest {}",
            outcome.lines, outcome.digest
        ),
    }
    if let (Some(path), Some(_)) = (&arguments.shrink, &outcome.violation) {
        make_smaller(plan, path)?;
    }
    Ok(outcome.violation.is_none())
}

fn many(arguments: &Arguments) -> Summary {
    let played = AtomicU64::new(0);
    let every = (arguments.seeds / 20).max(1);
    let progress = |seed: u64, outcome: &Outcome| {
        let count = played.fetch_add(1, Ordering::Relaxed) + 1;
        if arguments.json {
            return;
        }
        if let Some(violation) = &outcome.violation {
            eprintln!("seed {seed}: {violation}");
        } else if count.is_multiple_of(every) {
            eprintln!("{count} of {} worlds", arguments.seeds);
        }
    };
    play_many(
        arguments.from,
        arguments.seeds,
        arguments.ops,
        &arguments.faults,
        arguments.twice,
        progress,
    )
}

fn tell(arguments: &Arguments, summary: &Summary) {
    println!(
        "{} worlds, {} operations, {:.1} s",
        summary.seeds, summary.operations, summary.seconds
    );
    for (what, count) in &summary.counts {
        println!("{count:>12} {what}");
    }
    if !summary.faults.is_empty() {
        println!("what went wrong, and how often:");
    }
    for (fault, count) in &summary.faults {
        println!("{count:>12} {fault}");
    }
    if summary.failures.is_empty() {
        println!("every invariant held");
        return;
    }
    println!("{} worlds failed. To see one again:", summary.failures.len());
    for failed in summary.failures.iter().take(10) {
        println!(
            "  outrigger-sim --seeds 1 --from {} --ops {} --faults {} --trace",
            failed.seed, arguments.ops, arguments.faults
        );
    }
}

fn make_smaller(plan: &Plan, path: &std::path::Path) -> Result<(), String> {
    eprintln!("making the plan of seed {} smaller", plan.seed);
    let smaller = shrink(plan, SHRINK_PLAYS_MAX, |plan| {
        eprintln!(
            "  {} steps, {} kinds of fault",
            plan.steps.len(),
            plan.strengths.len()
        );
    });
    let text = serde_json::to_string_pretty(&smaller).map_err(|error| error.to_string())?;
    std::fs::write(path, text + "\n")
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    println!("outrigger-sim --replay {} --trace", path.display());
    Ok(())
}
