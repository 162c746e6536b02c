//! `outrigger-counts`: takes one step again and again, to be run under `valgrind --tool=callgrind`.
//!
//! Owns how often each step is taken: always with the same writes, at the same times. Prints how many operations it was; without the name of a step, prints
//! their names. Counts no instructions itself.

use outrigger_steps::{Error, Step, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        for step in Step::ALL {
            println!("{step}");
        }
        return ExitCode::SUCCESS;
    };
    let Some(step) = Step::named(&name) else {
        eprintln!("error: there is no step {name:?}; without one, all are listed");
        return ExitCode::FAILURE;
    };
    match run(step) {
        Ok(operations) => {
            println!("{operations}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(step: Step) -> Result<u64, Error> {
    let mut trial = Trial::new(step)?;
    let mut operations = 0;
    for _ in 0..times(step) {
        let events = trial.ready()?;
        let effects = trial.take(&events)?;
        operations += trial.settle(effects)?;
    }
    Ok(operations)
}

/// Enough that what happens now and then, as when the write-ahead log is taken into the database, is spread over many.
const fn times(step: Step) -> u32 {
    match step {
        Step::EnqueueMany | Step::PlanBatch | Step::AcceptBatch => 5,
        Step::Enqueue | Step::Plan | Step::Accept | Step::Status | Step::Coalesce => 200,
    }
}
