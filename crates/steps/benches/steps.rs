//! The engine's own steps in wall-clock time: `cargo bench -p outrigger-steps`.
//!
//! Owns how long each is measured. Times depend on the machine and on who else is at work on it: what the checks compare is instructions, see
//! `cargo xtask counts`.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use outrigger_steps::step::MANY;
use outrigger_steps::{Error, Step, Trial};
use std::time::{Duration, Instant};

/// Takes the step so often, and adds up the time of the step alone.
fn time(trial: &mut Trial, times: u64) -> Result<Duration, Error> {
    let mut elapsed = Duration::ZERO;
    for _ in 0..times {
        let events = trial.ready()?;
        let began = Instant::now();
        let effects = trial.take(&events)?;
        elapsed += began.elapsed();
        trial.settle(effects)?;
    }
    Ok(elapsed)
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.sampling_mode(SamplingMode::Flat);
    for step in Step::ALL {
        let operations = match step {
            Step::EnqueueMany | Step::PlanBatch | Step::AcceptBatch => MANY as u64,
            _ => 1,
        };
        group.throughput(Throughput::Elements(operations));
        group.bench_function(step.name(), |bencher| {
            let mut trial = Trial::new(step).expect("BUG: the scene can be set");
            bencher.iter_custom(|times| time(&mut trial, times).expect("BUG: the step can be taken"));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // What leads to a step takes longer than the step: short times here are long ones on the clock.
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = steps
}
criterion_main!(benches);
