//! `cargo xtask`: the checks and set-up tasks of this workspace.
//!
//! Owns what "green" means: `check` is what every change must pass, here and on a clean machine. Installs what it needs below `target/`, or by apt-get
//! where it may, or says what is missing and how to get it. No check changes a source file: what is stored anew is asked for by name.

mod api;
mod browser;
mod counts;
mod deny;
mod fuzz;
mod named;
mod packages;
mod planted;
mod shell;
mod sim;
mod sqlcipher;
mod tidy;
mod unit;
mod web;

use std::process::ExitCode;
use std::time::Instant;

use shell::{Failure, cargo};

type Task = fn() -> Result<(), Failure>;

/// Every task, in the order in which `check` runs them: what is quick to fail comes first.
const TASKS: [(&str, &str, Task); 15] = [
    ("fmt", "the code is formatted", fmt),
    ("tidy", "files are named, headed and sized as agreed", tidy::run),
    (
        "absent",
        "no planted bug can be in a release",
        planted::check_absent,
    ),
    (
        "unit",
        "the server's systemd unit is understood, and shut",
        unit::run,
    ),
    ("clippy", "no lint is violated", clippy),
    ("test", "all tests and documented examples pass", test),
    (
        "sim",
        "every invariant holds in thousands of simulated worlds",
        sim::run,
    ),
    (
        "sqlcipher",
        "the client's database can be encrypted (SQLCipher, built apart)",
        sqlcipher::run,
    ),
    ("doc", "the documentation builds without warnings", doc),
    (
        "api",
        "the server keeps to its OpenAPI document (schemathesis)",
        api::run,
    ),
    (
        "counts",
        "the engine's own steps cost no more instructions than is stored (valgrind)",
        counts::run,
    ),
    (
        "fuzz",
        "nothing that comes from outside breaks anything, as far as a fuzzer finds (g++)",
        fuzz::run,
    ),
    (
        "web",
        "the engine, the package and the app are built for browsers, small enough and with their types",
        web::run,
    ),
    (
        "browser",
        "the app works in a real browser, with the real server (Chromium, Playwright)",
        browser::run,
    ),
    (
        "deny",
        "licences, bans and sources are as agreed, and nothing is known to be weak (cargo-deny)",
        deny::run,
    ),
];

/// What is not checked but done, when it is asked for.
const DEEDS: [(&str, &str, Task); 2] = [
    (
        "bless-counts",
        "store what the engine's own steps cost now",
        counts::bless,
    ),
    (
        "bless-types",
        "store the TypeScript types that the Rust code has now",
        web::bless,
    ),
];

/// The one that takes arguments.
const PLANTED: &str =
    "plant bugs one at a time, and see which check finds each: [NAME…] [--patch FILE]… [--seeds N]";

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let result = match wanted.first().map(String::as_str) {
        Some("check") if wanted.len() == 1 => TASKS
            .iter()
            .try_for_each(|(name, what, task)| timed(name, what, *task)),
        Some("planted") => timed("planted", PLANTED, || planted::run(&wanted[1..])),
        Some(_) => wanted.iter().try_for_each(|name| one(name)),
        None => Err(Failure::new(usage())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> String {
    let listed = |tasks: &[(&str, &str, Task)]| {
        let lines: Vec<_> = tasks
            .iter()
            .map(|(name, what, _)| format!("  {name:<14}{what}"))
            .collect();
        lines.join("\n")
    };
    format!(
        "which task?\n\n  {:<14}all of these, in this order:\n{}\n\n{}\n  {:<14}{PLANTED}",
        "check",
        listed(&TASKS),
        listed(&DEEDS),
        "planted"
    )
}

fn one(name: &str) -> Result<(), Failure> {
    let found = TASKS.iter().chain(&DEEDS).find(|(task, ..)| *task == name);
    let (name, what, task) =
        found.ok_or_else(|| Failure::new(format!("there is no task {name:?}; {}", usage())))?;
    timed(name, what, *task)
}

fn timed(name: &str, what: &str, task: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("== {name}: {what}");
    let start = Instant::now();
    task()?;
    println!("== {name}: done in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn fmt() -> Result<(), Failure> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["fmt", "--check", "--manifest-path", sqlcipher::MANIFEST])
}

fn clippy() -> Result<(), Failure> {
    cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ])
}

fn test() -> Result<(), Failure> {
    // A real keyring to keep sessions in, without a desktop.
    packages::installed(
        &["dbus-run-session", "gnome-keyring-daemon"],
        &["dbus", "gnome-keyring"],
    )?;
    cargo(&["test", "--workspace", "--all-features"])
}

fn doc() -> Result<(), Failure> {
    shell::run(
        shell::cargo_command(&["doc", "--quiet", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
