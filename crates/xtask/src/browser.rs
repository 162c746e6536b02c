//! The app in a real browser, against the real server, by Playwright.
//!
//! Owns bringing the browser, the fonts of stored pictures and the tools, and building what is tried. Never downloads a browser but by apt-get, and never tries
//! a failed test again. `OUTRIGGER_BROWSER="tabs storage"` runs only the files of these names.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Failure};
use crate::{packages, web};

/// Another browser than Debian's.
const CHROMIUM: &str = "CHROMIUM";

/// Pictures are stored of text in this one.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

pub(crate) fn run() -> Result<(), Failure> {
    let Some(chromium) = chromium()? else {
        println!("the app was not tried in a browser");
        return Ok(());
    };
    packages::needed(
        "the font DejaVu Sans",
        || Path::new(FONT).exists(),
        &["fonts-dejavu-core"],
    )?;
    packages::installed(&["faketime"], &["faketime"])?;
    web::build()?;
    let program = web::stage("server", build_server)?;
    let replay = web::stage("replay", web::build_replay)?;
    web::stage("tools", install_tools)?;
    web::stage("types of JavaScript", || {
        shell::run(&mut npm(&["run", "--silent", "check"])?)
    })?;
    let only = std::env::var("OUTRIGGER_BROWSER").unwrap_or_default();
    web::stage("tests", || {
        shell::run(
            npm(&["test", "--silent", "--"])?
                .args(only.split_whitespace())
                .env(CHROMIUM, &chromium)
                .env("OUTRIGGER_BIN", &program)
                .env("OUTRIGGER_REPLAY", &replay),
        )
    })
}

fn chromium() -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = std::env::var_os(CHROMIUM) {
        return Ok(Some(named.into()));
    }
    let there = packages::installed(&["chromium"], &["chromium"])?;
    Ok(there.then(|| "/usr/bin/chromium".into()))
}

/// With the features of the tests, so that what they built is used again.
fn build_server() -> Result<PathBuf, Failure> {
    shell::cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--bin",
        "outrigger",
    ])?;
    Ok(shell::target().join("debug/outrigger"))
}

/// Installs what `web/package-lock.json` names, unless it is there.
pub(crate) fn install_tools() -> Result<(), Failure> {
    let folder = folder();
    let wanted = std::fs::read(folder.join("package-lock.json"))
        .map_err(|error| Failure::new(format!("web/package-lock.json cannot be read: {error}")))?;
    let stamp = folder.join("node_modules/.installed");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    shell::run(npm(&["ci"])?.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    std::fs::write(&stamp, wanted)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", stamp.display())))
}

fn npm(arguments: &[&str]) -> Result<Command, Failure> {
    if !shell::has("npm") {
        return Err(Failure::new("npm is missing: install Node.js, 20 or newer"));
    }
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder());
    Ok(command)
}

pub(crate) fn folder() -> PathBuf {
    shell::root().join("web")
}
