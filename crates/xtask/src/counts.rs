//! What the engine's own steps cost, in instructions, against what is stored: a regression shows on a machine that is too noisy for times.
//!
//! Owns the comparison and its tolerance. Never stores anything unless it is asked to: `cargo xtask bless-counts`.

mod callgrind;
mod stored;

use std::collections::BTreeMap;

use crate::shell::{self, Failure};
use stored::{Counted, Stored, Tools};

/// A step may cost so much more than what is stored. On one machine the same program takes the same number of instructions, to within 0.1 % for another
/// length of the environment; on another processor the C library copies and compares memory by other instructions.
const TOLERANCE_PERCENT: f64 = 3.0;

/// Compares, and fails where a step costs more.
pub(crate) fn run() -> Result<(), Failure> {
    if !callgrind::installed()? {
        return Ok(());
    }
    let stored = Stored::read()?;
    let tools = Tools::here()?;
    let now = callgrind::count()?;
    let compared = compare(&stored.steps, &now);
    println!(
        "instructions for one operation; stored for release {}",
        stored.release
    );
    print!("{}", table(&compared));
    for hint in hints(&compared) {
        println!("{hint}");
    }
    let complaints = complaints(&compared);
    if complaints.is_empty() {
        return Ok(());
    }
    let mut told = format!(
        "{}\n{TOLERANCE_PERCENT} % are let pass. Make it cheaper (`callgrind_annotate {}` says where they go), or store what there is now by `cargo xtask \
         bless-counts` and say why in the commit",
        complaints.join("\n"),
        callgrind::out_file("<step>").display()
    );
    let foreign = stored.tools.differences(&tools);
    if !foreign.is_empty() {
        told = format!(
            "{told}\nIt may be the tools and not the change, they are others: {}",
            foreign.join("; ")
        );
        if !shell::is_ci() {
            println!("{told}\nSo it is not held against the change here.");
            return Ok(());
        }
    }
    Err(Failure::new(told))
}

/// Counts, and stores what was counted.
pub(crate) fn bless() -> Result<(), Failure> {
    if !callgrind::installed()? {
        return Err(Failure::new("nothing was counted, so nothing is stored"));
    }
    let before = Stored::read().map(|stored| stored.steps).unwrap_or_default();
    let blessed = Stored {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        tools: Tools::here()?,
        steps: callgrind::count()?,
    };
    print!("{}", table(&compare(&before, &blessed.steps)));
    blessed.write()
}

/// A step, as it is stored and as it is now.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    step: String,
    stored: Option<u64>,
    now: Option<u64>,
}

impl Compared {
    fn change_percent(&self) -> Option<f64> {
        let (stored, now) = (self.stored? as f64, self.now? as f64);
        Some((now - stored) / stored * 100.0)
    }
}

fn compare(stored: &BTreeMap<String, Counted>, now: &BTreeMap<String, Counted>) -> Vec<Compared> {
    let of = |counts: &BTreeMap<String, Counted>, step| {
        counts.get(step).map(|counted: &Counted| counted.instructions)
    };
    let mut steps: Vec<_> = stored.keys().chain(now.keys()).collect();
    steps.sort();
    steps.dedup();
    steps
        .into_iter()
        .map(|step| Compared {
            step: step.clone(),
            stored: of(stored, step),
            now: of(now, step),
        })
        .collect()
}

fn table(compared: &[Compared]) -> String {
    let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let mut lines = format!("  {:<14}{:>12}{:>12}{:>10}\n", "step", "stored", "now", "change");
    for row in compared {
        let change = row
            .change_percent()
            .map_or_else(String::new, |change| format!("{change:+.1} %"));
        lines += &format!(
            "  {:<14}{:>12}{:>12}{change:>10}\n",
            row.step,
            number(row.stored),
            number(row.now)
        );
    }
    lines
}

/// What a change must not bring.
fn complaints(compared: &[Compared]) -> Vec<String> {
    let mut complaints = Vec::new();
    for row in compared {
        let step = &row.step;
        match row.change_percent() {
            Some(change) if change > TOLERANCE_PERCENT => {
                complaints.push(format!(
                    "{step} costs {change:.1} % more instructions than is stored"
                ));
            }
            Some(_) => {}
            None => complaints.push(format!("{step} is counted or stored, but not both")),
        }
    }
    complaints
}

/// What is worth keeping.
fn hints(compared: &[Compared]) -> Vec<String> {
    let cheaper = |row: &&Compared| {
        row.change_percent()
            .is_some_and(|change| change < -TOLERANCE_PERCENT)
    };
    compared
        .iter()
        .filter(cheaper)
        .map(|row| {
            format!(
                "{} has become cheaper: `cargo xtask bless-counts` keeps the gain",
                row.step
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, Counted> {
        counts
            .iter()
            .map(|(step, instructions)| {
                let counted = Counted {
                    instructions: *instructions,
                };
                ((*step).to_owned(), counted)
            })
            .collect()
    }

    #[test]
    fn what_costs_more_is_complained_about_and_what_costs_less_is_pointed_out() {
        let check = |stored: &[(&str, u64)], now: &[(&str, u64)], complained: usize, hinted: usize| {
            let compared = compare(&counts(stored), &counts(now));
            assert_eq!(complaints(&compared).len(), complained, "{compared:?}");
            assert_eq!(hints(&compared).len(), hinted, "{compared:?}");
        };
        check(&[("enqueue", 1_000)], &[("enqueue", 1_000)], 0, 0);
        check(&[("enqueue", 1_000)], &[("enqueue", 1_030)], 0, 0);
        check(&[("enqueue", 1_000)], &[("enqueue", 1_031)], 1, 0);
        check(&[("enqueue", 1_000)], &[("enqueue", 970)], 0, 0);
        check(&[("enqueue", 1_000)], &[("enqueue", 969)], 0, 1);
        // A step that is new, and one that is gone.
        check(&[], &[("enqueue", 1_000)], 1, 0);
        check(&[("enqueue", 1_000)], &[], 1, 0);
        // One that was gained elsewhere does not make up for it.
        check(
            &[("plan", 10), ("status", 100)],
            &[("plan", 5), ("status", 104)],
            1,
            1,
        );
    }
}
