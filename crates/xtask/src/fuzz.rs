//! What comes from outside, invented by libFuzzer: every door of `outrigger-fuzz`, each for a while, from what is kept in its corpus.
//!
//! Owns the build for the fuzzer, on the stable toolchain, and how long each door is tried. Never changes what is kept: what breaks something lies where it is said,
//! and whoever mends it keeps it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::packages;
use crate::shell::{self, Failure};

const PACKAGE: &str = "outrigger-fuzz";
/// Names the door.
const TARGET: &str = "OUTRIGGER_FUZZ_TARGET";
/// So many seconds for each door, unless the environment says otherwise.
const SECONDS: u32 = 20;
/// An input that takes longer breaks something.
const SECONDS_OF_ONE_INPUT: u32 = 10;
/// A process that takes more memory does.
const MEBIBYTES: u32 = 2048;
/// What is longer shows nothing that something shorter does not.
const BYTES_MAX: u32 = 8192;

/// What the compiler adds so that the fuzzer sees where an input went: a counter for each edge, and what was compared with what. These are LLVM's own options, which the
/// stable compiler hands on.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Builds, and tries every door, as many at once as there are processors.
pub(crate) fn run() -> Result<(), Failure> {
    // libFuzzer is C++.
    if !packages::installed(&["g++"], &["g++"])? {
        println!("no door was tried");
        return Ok(());
    }
    let program = build()?;
    let doors = doors()?;
    let at_once = thread::available_parallelism().map_or(1, usize::from);
    let mut broken = Vec::new();
    for group in doors.chunks(at_once) {
        let tried: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = group
                .iter()
                .map(|door| scope.spawn(|| fuzz(&program, door)))
                .collect();
            let ended = running
                .into_iter()
                .map(|one| one.join().expect("BUG: trying a door panicked"));
            ended.collect()
        });
        for one in tried {
            match one {
                Ok(told) => println!("{told}"),
                Err(failure) => broken.push(failure.to_string()),
            }
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(broken.join("\n\n"))),
    }
}

/// Builds for the fuzzer, in a folder of its own: its flags would build everything else anew. They are for what runs on the target only, not for build scripts.
fn build() -> Result<PathBuf, Failure> {
    let host = host()?;
    let folder = shell::target().join("fuzzing");
    let mut flags = vec!["--cfg", "fuzzing"];
    flags.extend(COVERAGE);
    // What the fuzzer's macro expands to is not of this workspace's making.
    flags.extend(["-Ccodegen-units=16", "--cap-lints=allow"]);
    let arguments = [
        "build",
        "--quiet",
        "--profile",
        "fuzz",
        "--package",
        PACKAGE,
        "--bin",
        PACKAGE,
        "--target",
        &host,
    ];
    shell::run(
        shell::cargo_command(&arguments)
            .env("CARGO_TARGET_DIR", &folder)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
    )?;
    Ok(folder.join(host).join("fuzz").join(PACKAGE))
}

/// What is built for where it runs.
fn host() -> Result<String, Failure> {
    let told = shell::output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("rustc -vV names no host"))
}

/// Every door, by the folder of what is kept for it.
fn doors() -> Result<Vec<String>, Failure> {
    let corpus = corpus();
    let unreadable = |error| Failure::new(format!("{} cannot be listed: {error}", corpus.display()));
    let mut doors = Vec::new();
    for entry in std::fs::read_dir(&corpus).map_err(unreadable)? {
        doors.push(
            entry
                .map_err(unreadable)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    doors.sort();
    Ok(doors)
}

/// Tries one door. Inputs that show something new are gathered below the target folder, beside what is kept, and are begun with the next time.
fn fuzz(program: &Path, door: &str) -> Result<String, Failure> {
    let failed = |what: &Path, error| Failure::new(format!("{} cannot be used: {error}", what.display()));
    let found = shell::target().join("tools/fuzz").join(door);
    let broken = shell::target().join("tools/fuzz-broken");
    for folder in [&found, &broken] {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    }
    let prefix = broken.join(format!("{door}-"));
    let output = Command::new(program)
        .env(TARGET, door)
        .arg(format!("-max_total_time={}", seconds()))
        .arg(format!("-timeout={SECONDS_OF_ONE_INPUT}"))
        .arg(format!("-rss_limit_mb={MEBIBYTES}"))
        .arg(format!("-max_len={BYTES_MAX}"))
        .arg(format!("-artifact_prefix={}", prefix.display()))
        .args(["-print_final_stats=1", "-verbosity=1"])
        .args([&found, &corpus().join(door)])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(program, error))?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(format!("{door:<10} {}", summary(&log)?));
    }
    let end: Vec<_> = log.lines().rev().take(60).collect();
    let end: Vec<_> = end.into_iter().rev().collect();
    let artifact = log
        .lines()
        .find_map(|line| line.split_once("Test unit written to "));
    let artifact = artifact.map_or_else(|| "<the input>".to_owned(), |(_, file)| file.trim().to_owned());
    Err(Failure::new(format!(
        "{}\n\n{door} is broken by {artifact}\nAgain, and smaller: mend it, and keep the input in crates/fuzz/corpus/{door}/:\n  {TARGET}={door} {} {artifact}\n  \
         {TARGET}={door} {} -minimize_crash=1 -max_total_time=30 {artifact}\n  {TARGET}={door} cargo run -p {PACKAGE} -- {artifact}",
        end.join("\n"),
        program.display(),
        program.display(),
    )))
}

/// How many inputs were tried, and how much more of the program they reached than those that it began with. A fuzzer that sees no edge is blind, and fails.
fn summary(log: &str) -> Result<String, Failure> {
    let covered = |line: &str| -> Option<u32> {
        let rest = line.split_once("cov: ")?.1;
        rest.split(' ').next()?.parse().ok()
    };
    let first = log.lines().find(|line| line.contains("INITED")).and_then(covered);
    let last = log.lines().filter_map(covered).max();
    let tried = log
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    match (first, last, tried) {
        (Some(first), Some(last), Some(tried)) if first > 100 => Ok(format!(
            "{:>8} inputs, {first} edges at the beginning, {last} at the end",
            tried.trim()
        )),
        _ => Err(Failure::new(format!(
            "the fuzzer sees nothing of the program:\n{log}"
        ))),
    }
}

fn corpus() -> PathBuf {
    shell::root().join("crates/fuzz/corpus")
}

fn seconds() -> u32 {
    let wanted = std::env::var("OUTRIGGER_FUZZ_SECONDS").ok();
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or(SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blind_fuzzer_is_a_failure() {
        let log = |edges: u32| {
            format!(
                "#2\tINITED cov: {edges} ft: 9\n#9\tNEW    cov: 150 ft: 3\nstat::number_of_executed_units: 12\n"
            )
        };
        let told = summary(&log(140)).expect("it sees");
        assert!(
            told.contains("12 inputs, 140 edges at the beginning, 150 at the end"),
            "{told}"
        );
        assert!(summary(&log(2)).is_err());
        assert!(summary("").is_err());
    }
}
