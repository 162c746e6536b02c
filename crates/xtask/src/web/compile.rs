//! From Rust to what a browser loads: compiled, bound, made smaller.
//!
//! Owns how each of the three programs is called. Never decides where the result is served.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundle::hash;
use super::toolchain::{TARGET, Toolchain, cargo_home};
use super::{NAME, cannot};
use crate::browser;
use crate::shell::{self, Failure};

const PACKAGE: &str = "outrigger-web";
const BINDER: &str = "outrigger-bind";
/// What stands in Cargo.lock of the library that it calls.
const BINDER_LIBRARY: &str = "name = \"wasm-bindgen-cli-support\"";
/// From npm, pinned by web/package-lock.json: Debian 12's, of version 108, exports another table than the one that was named, and no such wasm starts.
const SHRINKER: &str = "node_modules/.bin/wasm-opt";
/// Beside what was bound: from what. Files that begin with a dot are in no bundle.
const CAUSE: &str = ".cause";
/// In the workspace's Cargo.toml.
const PROFILE: &str = "web";

/// What the compiler takes for granted of browsers, in the words of wasm-opt. Each is in every browser that has OPFS.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What is left out of SQLite: nothing here uses it, and everybody would load it.
const SQLITE_WITHOUT: [&str; 14] = [
    "API_ARMOR",
    "BYTECODE_VTAB",
    "COLUMN_METADATA",
    "DBPAGE_VTAB",
    "DBSTAT_VTAB",
    "FTS5",
    "MATH_FUNCTIONS",
    "OFFSET_SQL_FUNC",
    "PREUPDATE_HOOK",
    "RTREE",
    "SESSION",
    "STMTVTAB",
    "UNKNOWN_SQL_FUNCTION",
    "UNLOCK_NOTIFY",
];

/// Compiles the engine and the app; says where it is.
pub(super) fn compile(toolchain: &Toolchain, features: &[&str]) -> Result<PathBuf, Failure> {
    let without = SQLITE_WITHOUT.map(|what| format!("-USQLITE_ENABLE_{what}"));
    let mut building = toolchain.cargo(&["build", "--quiet", "--package", PACKAGE, "--lib"]);
    building
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(super::work())
        .args(features)
        .env("SQLITE_WASM_RS_FLAGS", without.join(" "))
        // Where the sources lie on this machine is nobody's business, and would make each machine's result another one.
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("--remap-path-prefix={}=cargo", cargo_home().display()),
        );
    shell::run(&mut building)?;
    let name = PACKAGE.replace('-', "_");
    Ok(super::work()
        .join(TARGET)
        .join(PROFILE)
        .join(name)
        .with_extension("wasm"))
}

/// Whether the same was bound and made smaller already.
pub(super) fn is_bound(compiled: &Path, bound: &Path) -> Result<bool, Failure> {
    let cause = cause(compiled)?;
    Ok(std::fs::read_to_string(bound.join(CAUSE)).is_ok_and(|remembered| remembered == cause))
}

/// Notes from what it was made.
pub(super) fn remember(compiled: &Path, bound: &Path) -> Result<(), Failure> {
    let (path, cause) = (bound.join(CAUSE), cause(compiled)?);
    std::fs::write(&path, cause).map_err(|error| cannot("written", &path, &error))
}

/// The compiled crate, and what works on it, this file included.
fn cause(compiled: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(compiled).map_err(|error| cannot("read", compiled, &error))?;
    let shrinker = shell::output(Command::new(shrinker()).arg("--version")).unwrap_or_default();
    let lock = shell::root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|error| cannot("read", &lock, &error))?;
    let binder = lock
        .split("[[package]]")
        .find(|package| package.contains(BINDER_LIBRARY));
    Ok(format!(
        "{} {} {shrinker} {}",
        hash(&bytes),
        hash(include_bytes!("compile.rs")),
        binder.unwrap_or_default()
    ))
}

/// Writes the JavaScript through which the wasm is called, and the wasm that goes with it.
pub(super) fn bind(compiled: &Path, bound: &Path) -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all(bound);
    std::fs::create_dir_all(bound).map_err(|error| cannot("made", bound, &error))?;
    let mut binding = shell::cargo_command(&["run", "--quiet", "--package", BINDER, "--"]);
    binding.arg(compiled).arg(bound).arg(NAME);
    shell::run(&mut binding)
}

fn shrinker() -> PathBuf {
    browser::folder().join(SHRINKER)
}

/// Makes the wasm smaller where npm is: by a tenth, so whoever only tries the app may do without.
pub(super) fn shrink(bound: &Path) -> Result<(), Failure> {
    if !shell::has("npm") {
        println!("npm is missing, so the wasm stays larger than it could be");
        return Ok(());
    }
    browser::install_tools()?;
    let wasm = bound.join(format!("{NAME}_bg.wasm"));
    let smaller = wasm.with_extension("smaller");
    let mut shrinking = Command::new(shrinker());
    shrinking
        .arg("-Os")
        .args(FEATURES)
        .arg(&wasm)
        .arg("-o")
        .arg(&smaller);
    shell::run(&mut shrinking)?;
    std::fs::rename(&smaller, &wasm).map_err(|error| cannot("moved", &smaller, &error))
}
