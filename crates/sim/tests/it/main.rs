//! The simulator: the same world twice, worlds without faults, stored plans that once failed, and a shrinker that keeps what fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod regressions;

use outrigger_sim::{Fault, Faults, Plan, Trace, play, play_many, shrink};
use std::str::FromStr as _;

fn faults(list: &str) -> Faults {
    Faults::from_str(list).unwrap()
}

#[test]
fn a_seed_gives_the_same_trace_twice() {
    outrigger_disk::install_as_default();
    let summary = play_many(1, 6, 120, &Faults::all(), true, |_, _| {});
    let differing: Vec<_> = summary
        .failures
        .iter()
        .filter(|failed| failed.invariant == 28)
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn without_faults_everything_arrives() {
    outrigger_disk::install_as_default();
    let summary = play_many(1, 8, 150, &faults("none"), false, |_, _| {});
    assert_eq!(summary.failures, []);
    assert!(summary.counts["effects"] > 500, "{:?}", summary.counts);
    assert_eq!(summary.counts.get("deaths of clients"), None);
}

#[test]
fn faults_happen_when_they_are_asked_for() {
    outrigger_disk::install_as_default();
    let list = faults("killed,killed-inside,request-lost,server-killed");
    let summary = play_many(1, 8, 150, &list, false, |_, _| {});
    assert_eq!(summary.failures, []);
    for happened in [
        "deaths of clients",
        "deaths of the server",
        "faults of the network",
    ] {
        assert!(summary.counts[happened] > 0, "{happened}: {:?}", summary.counts);
    }
}

/// A fault that is drawn and never strikes would be one that nothing is shown of.
#[test]
fn every_fault_strikes() {
    outrigger_disk::install_as_default();
    let summary = play_many(1, 30, 150, &Faults::all(), false, |_, _| {});
    assert_eq!(summary.failures, []);
    let struck: Vec<_> = summary.faults.keys().copied().collect();
    let mut named: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    named.sort_unstable();
    assert_eq!(struck, named);
}

#[test]
fn faults_are_named_as_they_are_listed() {
    for fault in Fault::ALL {
        assert_eq!(Faults::from_str(fault.name()).unwrap().to_string(), fault.name());
    }
    assert_eq!(Faults::all().to_string(), "all");
    assert!(Faults::from_str("flood").unwrap_err().contains("power-cut"));
}

#[test]
fn a_plan_is_the_same_after_it_was_stored() {
    let plan = Plan::draw(7, 200, &Faults::all());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    assert_eq!(plan.operations(), 200);
}

#[test]
fn a_plan_that_does_not_fail_is_not_made_smaller() {
    outrigger_disk::install_as_default();
    let plan = Plan::draw(1, 40, &faults("none"));
    assert_eq!(play(&plan, Trace::default()).violation, None);
    assert_eq!(shrink(&plan, 10, |_| {}), plan);
}
