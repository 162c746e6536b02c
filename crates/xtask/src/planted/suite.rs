//! Everything that may find a bug: the simulator, then the tests of the crates.
//!
//! Owns building it and the order in which it looks. Never runs a program without an end to its patience.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use outrigger_planted::Bug;

use super::caught::{Caught, Missed};
use super::simulator::{Bounds, Simulator};
use super::tests::{self, Tests};
use crate::shell::{self, Failure};

/// What looks at the code.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) simulator: Simulator,
    tests: Vec<Tests>,
}

impl Suite {
    /// With all bugs planted, of which the environment chooses one, or none.
    pub(super) fn planted() -> Result<Self, Failure> {
        let root = shell::root();
        Ok(Self {
            simulator: simulator(&root, "planted", &["--features", "planted-bugs"])?,
            tests: tests::build(
                &root,
                &tests::CORE,
                &["--all-features"],
                &["--features", "planted-bugs"],
            )?,
        })
    }

    /// Of the code in `root`, in which nothing is planted.
    pub(super) fn of(root: &Path, name: &str) -> Result<Self, Failure> {
        let simulator = simulator(root, name, &[])?;
        let packages: Vec<_> = tests::CORE.into_iter().chain(tests::AROUND).collect();
        let features = ["--features", "outrigger-engine/scenario"];
        Ok(Self {
            simulator,
            tests: tests::build(root, &packages, &features, &[])?,
        })
    }

    /// What finds a bug in the code as it is, as far as it was looked at: a test program is, before it is first believed.
    pub(super) fn known_spoiled(&self) -> Vec<String> {
        self.tests.iter().flat_map(Tests::known_spoiled).collect()
    }

    /// What finds this bug first.
    pub(super) fn find(&self, bug: Option<Bug>, bounds: Bounds) -> Result<Result<Caught, Missed>, Failure> {
        self.find_beside(self, bug, bounds)
    }

    /// The same, where `clean` plays the worlds without it.
    pub(super) fn find_beside(
        &self,
        clean: &Self,
        bug: Option<Bug>,
        bounds: Bounds,
    ) -> Result<Result<Caught, Missed>, Failure> {
        let planted = bug.map(Bug::name);
        let missed = match self.simulator.find(planted, &clean.simulator, bounds)? {
            Ok(caught) => return Ok(Ok(caught)),
            Err(missed) => missed,
        };
        for tests in &self.tests {
            if let Some(caught) = tests.find(planted)? {
                return Ok(Ok(caught));
            }
        }
        Ok(Err(missed))
    }

    /// Whether the test program of this name passes with the code as it is. Those that look at what only a patch may touch are built for that.
    pub(super) fn passes(&self, name: &str) -> Result<bool, Failure> {
        let find = |tests: &[Tests]| {
            let wanted = tests.iter().find(|tests| tests.name() == name);
            wanted.map(|tests| tests.find(None))
        };
        let found = match find(&self.tests) {
            Some(found) => found?,
            None => find(&tests::build(&shell::root(), &tests::AROUND, &[], &[])?)
                .transpose()?
                .flatten(),
        };
        Ok(found.is_none())
    }
}

/// Builds the simulator, and keeps it under a name of its own: the next build would take its place.
fn simulator(root: &Path, name: &str, features: &[&str]) -> Result<Simulator, Failure> {
    let mut arguments = vec![
        "build",
        "--quiet",
        "--profile",
        "sim",
        "--package",
        "outrigger-sim",
    ];
    arguments.extend(features);
    shell::run(&mut cargo_in(root, &arguments))?;
    let program = folder().join(format!("outrigger-sim-{name}"));
    // One that still runs keeps what it was started from.
    let _ = std::fs::remove_file(&program);
    let kept = std::fs::create_dir_all(folder())
        .and_then(|()| std::fs::copy(shell::target().join("sim/outrigger-sim"), &program));
    kept.map_err(|error| Failure::new(format!("{} cannot be kept: {error}", program.display())))?;
    let program = std::path::absolute(&program)
        .map_err(|error| Failure::new(format!("the target folder has no path: {error}")))?;
    Ok(Simulator { program })
}

/// Where what is built is kept.
pub(super) fn folder() -> PathBuf {
    shell::target().join("tools/planted")
}

/// Cargo on the workspace in `root`, building where this one builds: what comes from a registry is built once.
pub(super) fn cargo_in(root: &Path, arguments: &[&str]) -> Command {
    let mut command = shell::cargo_command(arguments);
    let target = std::path::absolute(shell::target()).unwrap_or_else(|_| shell::target());
    command.current_dir(root).env("CARGO_TARGET_DIR", target);
    command
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    /// On its standard output.
    pub(super) printed: String,
    /// On its standard error.
    pub(super) told: String,
}

/// Runs a program to its end; `None`: it had none in this time, and was ended.
pub(super) fn ended(command: &mut Command, patience: Duration) -> Result<Option<Ended>, Failure> {
    let what = format!("{:?}", command.get_program());
    let failed = |error: std::io::Error| Failure::new(format!("{what} could not be run: {error}"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let printed = read(child.stdout.take());
    let told = read(child.stderr.take());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if began.elapsed() > patience {
            child.kill().and_then(|()| child.wait()).map_err(failed)?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(20));
    };
    Ok(Some(Ended {
        success: status.success(),
        printed: printed.join().unwrap_or_default(),
        told: told.join().unwrap_or_default(),
    }))
}

/// Reads while the program runs, so that it never waits for its reader.
fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn a_program_is_run_to_its_end_or_to_the_end_of_patience() {
        let echo = |words: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", words]);
            command
        };
        let said = ended(
            &mut echo("echo out; echo err >&2; exit 3"),
            Duration::from_secs(60),
        );
        let said = said.unwrap().unwrap();
        assert_eq!(
            (said.success, said.printed.trim(), said.told.trim()),
            (false, "out", "err")
        );
        let never = ended(&mut echo("exec sleep 600"), Duration::from_millis(50));
        assert!(never.unwrap().is_none());
    }
}
