//! What is measured is what its name says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use outrigger_engine::event::Event;
use outrigger_steps::step::MANY;
use outrigger_steps::{Error, Step, Trial};

/// Takes a step so often, and says how many operations it was.
fn take(trial: &mut Trial, times: usize) -> u64 {
    let mut operations = 0;
    for _ in 0..times {
        let events = trial.ready().unwrap();
        let effects = trial.take(&events).unwrap();
        operations += trial.settle(effects).unwrap();
    }
    operations
}

#[test]
fn every_step_can_be_taken_again_and_again() {
    for step in Step::ALL {
        let many = matches!(step, Step::EnqueueMany | Step::PlanBatch | Step::AcceptBatch);
        let operations = take(&mut Trial::new(step).unwrap(), 3);
        assert_eq!(operations, if many { 3 * MANY as u64 } else { 3 }, "{step}");
        assert_eq!(Step::named(step.name()), Some(step));
    }
}

#[test]
fn a_trial_outlasts_its_device() {
    let mut trial = Trial::new(Step::EnqueueMany).unwrap();
    assert_eq!(take(&mut trial, 25), 2_500);
}

#[test]
fn what_does_something_else_is_not_measured_under_the_name() {
    for step in [Step::Enqueue, Step::Plan, Step::AcceptBatch] {
        let mut trial = Trial::new(step).unwrap();
        trial.ready().unwrap();
        let effects = trial.take(&[Event::Tick]).unwrap();
        assert!(
            matches!(trial.settle(effects), Err(Error::Other { .. })),
            "{step}"
        );
    }
}
