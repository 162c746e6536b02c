//! Counting instructions with `valgrind --tool=callgrind`.
//!
//! Owns installing it, building what is counted and reading what it wrote. Never compares.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::stored::Counted;
use crate::packages;
use crate::shell::{self, Failure};

const PROGRAM: &str = "outrigger-counts";

/// The function whose instructions count, and those of all that it calls: `outrigger_steps::counted::counted_step`.
const COUNTED: &str = "*counted_step*";

/// Whether it is there. Where it is not and may be left out, says how to get it.
pub(crate) fn installed() -> Result<bool, Failure> {
    let there = packages::installed(&["valgrind"], &["valgrind"])?;
    if !there {
        println!("instructions were not counted");
    }
    Ok(there)
}

/// Builds, and counts what one operation of each step costs.
pub(crate) fn count() -> Result<BTreeMap<String, Counted>, Failure> {
    shell::cargo(&[
        "build",
        "--quiet",
        "--profile",
        "counts",
        "--package",
        "outrigger-steps",
        "--bin",
        PROGRAM,
    ])?;
    let folder = out_folder();
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::new(format!("{} cannot be made: {error}", folder.display())))?;
    let steps = shell::output(&mut Command::new(built_in().join(PROGRAM)))?;
    let steps: Vec<&str> = steps.lines().collect();
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut counts = BTreeMap::new();
    // Side by side: what is counted does not depend on who else is at work.
    for group in steps.chunks(at_once) {
        let counted: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = group.iter().map(|step| scope.spawn(|| count_one(step))).collect();
            let ended = running
                .into_iter()
                .map(|one| one.join().expect("BUG: counting panicked"));
            ended.collect()
        });
        for (step, counted) in group.iter().zip(counted) {
            counts.insert((*step).to_owned(), counted?);
        }
    }
    Ok(counts)
}

fn count_one(step: &str) -> Result<Counted, Failure> {
    let out = std::path::absolute(out_file(step))
        .map_err(|error| Failure::new(format!("the target folder has no path: {error}")))?;
    let mut command = Command::new("valgrind");
    // Environment and arguments lie on the stack: what is different there moves everything else. Options of somebody else's would count too.
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .current_dir(built_in())
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(format!("./{PROGRAM}"))
        .arg(step);
    let operations = shell::output(&mut command)?;
    let operations: u64 = operations.trim().parse().map_err(|_| {
        Failure::new(format!(
            "{PROGRAM} {step} says {operations:?}, not how many operations"
        ))
    })?;
    let text = std::fs::read_to_string(&out)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", out.display())))?;
    let per_operation = total(&text).unwrap_or(0).checked_div(operations).unwrap_or(0);
    if per_operation == 0 {
        return Err(Failure::new(format!(
            "nothing was counted for {step}: is there still a function {COUNTED:?}, and is it called?"
        )));
    }
    Ok(Counted {
        instructions: per_operation,
    })
}

/// All that was counted: the line `totals:` of what callgrind writes.
fn total(text: &str) -> Option<u64> {
    let total = text.lines().find_map(|line| line.strip_prefix("totals:"))?;
    total.trim().parse().ok()
}

fn built_in() -> PathBuf {
    shell::target().join("counts")
}

fn out_folder() -> PathBuf {
    shell::target().join("tools/counts")
}

/// What callgrind writes about a step.
pub(crate) fn out_file(step: &str) -> PathBuf {
    out_folder().join(Path::new(step).with_extension("out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found() {
        let text = "version: 1\nevents: Ir\nsummary: 12\n\nfn=(1) a\n0 12\n\ntotals: 12\n";
        assert_eq!(total(text), Some(12));
        assert_eq!(total("events: Ir\n"), None);
    }
}
