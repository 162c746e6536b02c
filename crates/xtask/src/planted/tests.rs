//! The crates' own tests, built once and run against each bug.
//!
//! Owns which crates, in which order, and how what a test program prints is read. Never lets a run leave anything behind in the sources.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use outrigger_planted::VARIABLE;
use serde::Deserialize;

use super::caught::Caught;
use super::suite::{cargo_in, ended};
use crate::shell::Failure;

/// Those that look at what is planted; those that take minutes come last.
pub(super) const CORE: [&str; 8] = [
    "outrigger-engine",
    "outrigger-server",
    "outrigger-social",
    "outrigger-wal",
    "outrigger-fuzz",
    SIMULATED,
    "outrigger-disk",
    "outrigger-model",
];

/// The simulator's own tests, which play the worlds that once failed: with the profile that worlds are simulated with, for which most is built anyway.
const SIMULATED: &str = "outrigger-sim";

/// Those that look at what else a patch may touch: real sockets, real processes, which are killed.
pub(super) const AROUND: [&str; 2] = ["outrigger-client", "outrigger-cli"];

/// A test program that takes longer does not come to its end.
const TIME_MAX: Duration = Duration::from_secs(900);

/// A program of tests.
#[derive(Debug)]
pub(super) struct Tests {
    /// The crate, and the target within it.
    name: String,
    program: PathBuf,
    /// Where cargo would run it.
    folder: PathBuf,
    /// Its tests that fail anyway, once that was looked at.
    spoiled: OnceCell<BTreeSet<String>>,
}

/// A line of what cargo says in JSON, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds the tests of these crates, as far as the workspace in `root` has them; in their order. The simulator's have features of their own.
pub(super) fn build(
    root: &Path,
    packages: &[&str],
    features: &[&str],
    simulated: &[&str],
) -> Result<Vec<Tests>, Failure> {
    let is_there = |package: &&&str| folder_of(root, package).exists();
    let packages: Vec<&str> = packages.iter().filter(is_there).copied().collect();
    let (slow, others): (Vec<&str>, Vec<&str>) = packages.iter().partition(|it| **it == SIMULATED);
    let mut said = build_together(root, &others, features)?;
    if !slow.is_empty() {
        let options = [&["--profile", "sim"], simulated].concat();
        said.push_str(&build_together(root, &slow, &options)?);
    }
    let mut built = Vec::new();
    for package in packages {
        let folder = folder_of(root, package);
        let programs = said.lines().filter_map(|line| program(line, package, &folder));
        built.extend(programs);
    }
    Ok(built)
}

fn folder_of(root: &Path, package: &str) -> PathBuf {
    root.join("crates").join(package.trim_start_matches("outrigger-"))
}

/// What cargo says of them.
fn build_together(root: &Path, packages: &[&str], options: &[&str]) -> Result<String, Failure> {
    let mut arguments = vec![
        "test",
        "--quiet",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ];
    for package in packages {
        arguments.extend(["--package", package]);
    }
    arguments.extend(options);
    crate::shell::output(&mut cargo_in(root, &arguments))
}

fn program(line: &str, package: &str, folder: &Path) -> Option<Tests> {
    let message: Message = serde_json::from_str(line).ok()?;
    let (target, profile) = (message.target?, message.profile?);
    let is_of_it = message.manifest_path?.parent()? == folder;
    // Examples are built with tests, and are none.
    let is_test = profile.test
        && !target
            .kind
            .iter()
            .any(|kind| kind == "example" || kind == "bench");
    (is_of_it && is_test).then_some(())?;
    Some(Tests {
        name: format!("{package} {}", told(&target)),
        program: message.executable?,
        folder: folder.to_owned(),
        spoiled: OnceCell::new(),
    })
}

fn told(target: &Target) -> &str {
    match target.kind.first().map(String::as_str) {
        Some("test") => &target.name,
        Some("bin") => "bin",
        _ => "lib",
    }
}

impl Tests {
    /// What it finds of what is planted, or with nothing planted of what the program holds. A test that fails without the bug, too, finds nothing.
    pub(super) fn find(&self, planted: Option<&str>) -> Result<Option<Caught>, Failure> {
        let (success, failed) = self.run(planted)?;
        let spoiled = match (success, planted) {
            (true, _) => return Ok(None),
            (false, Some(_)) => self.spoiled()?,
            (false, None) => &BTreeSet::new(),
        };
        let found: Vec<_> = failed.difference(spoiled).collect();
        Ok(found.first().map(|first| Caught::Test {
            of: self.name.clone(),
            test: (**first).clone(),
            others: found.len() - 1,
        }))
    }

    /// The tests that fail with nothing planted.
    fn spoiled(&self) -> Result<&BTreeSet<String>, Failure> {
        if self.spoiled.get().is_none() {
            let (_, failed) = self.run(None)?;
            return Ok(self.spoiled.get_or_init(|| failed));
        }
        Ok(self.spoiled.get_or_init(BTreeSet::new))
    }

    /// Those of them that are known by now.
    pub(super) fn known_spoiled(&self) -> impl Iterator<Item = String> {
        let spoiled = self.spoiled.get().into_iter().flatten();
        spoiled.map(|test| format!("{}: {test}", self.name))
    }

    /// Whether it passes, and the tests that fail.
    fn run(&self, planted: Option<&str>) -> Result<(bool, BTreeSet<String>), Failure> {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            // What fails because of a bug is not to be remembered as if it were a case of its own.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .env("INSTA_UPDATE", "no")
            .env(VARIABLE, planted.unwrap_or_default())
            // Needs Node.js, and looks at a backend that nobody here wrote.
            .args(["--skip", "json_server::"]);
        let Some(ended) = ended(&mut command, TIME_MAX)? else {
            return Ok((false, [format!("no end after {} s", TIME_MAX.as_secs())].into()));
        };
        let mut failed: BTreeSet<_> = failed(&ended.printed).into_iter().map(str::to_owned).collect();
        if !ended.success && failed.is_empty() {
            failed.insert(format!(
                "it broke: {}",
                ended.told.lines().last().unwrap_or_default()
            ));
        }
        Ok((ended.success, failed))
    }

    /// Which it is.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// The tests that failed, as libtest prints them.
fn failed(printed: &str) -> Vec<&str> {
    let name = |line: &str| {
        let test = line.strip_prefix("test ")?;
        test.strip_suffix(" ... FAILED").map(|name| name.len())
    };
    let lines = printed.lines();
    lines
        .filter_map(|line| name(line).map(|length| &line["test ".len()..][..length]))
        .collect()
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_failed_tests_are_read() {
        let printed =
            "running 3 tests\ntest a::b ... ok\ntest c::d ... FAILED\ntest e ... FAILED\n\nfailures:\n";
        assert_eq!(failed(printed), ["c::d", "e"]);
    }
}
