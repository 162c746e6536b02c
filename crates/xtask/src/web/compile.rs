//! From Rust to what a browser loads: compiled, bound, made smaller.
//!
//! Owns how each of the three programs is called. Never decides where the result is served.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::toolchain::{TARGET, Toolchain, cargo_home};
use super::{NAME, cannot};
use crate::packages;
use crate::shell::{self, Failure};

const PACKAGE: &str = "outrigger-web";
const BINDER: &str = "outrigger-bind";
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

/// Compiles the engine and the app; says where it is.
pub(super) fn compile(toolchain: &Toolchain) -> Result<PathBuf, Failure> {
    let mut building = toolchain.cargo(&["build", "--quiet", "--package", PACKAGE, "--lib"]);
    building
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(super::work())
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

/// Writes the JavaScript through which the wasm is called, and the wasm that goes with it.
pub(super) fn bind(compiled: &Path, bound: &Path) -> Result<(), Failure> {
    let _ = std::fs::remove_dir_all(bound);
    std::fs::create_dir_all(bound).map_err(|error| cannot("made", bound, &error))?;
    let mut binding = shell::cargo_command(&["run", "--quiet", "--package", BINDER, "--"]);
    binding.arg(compiled).arg(bound).arg(NAME);
    shell::run(&mut binding)
}

/// Makes the wasm smaller where binaryen is: by a tenth, so whoever only tries the app may do without.
pub(super) fn shrink(bound: &Path) -> Result<(), Failure> {
    if !packages::installed(&["wasm-opt"], &["binaryen"])? {
        println!("the wasm stays larger than it could be");
        return Ok(());
    }
    let wasm = bound.join(format!("{NAME}_bg.wasm"));
    let smaller = wasm.with_extension("smaller");
    let mut shrinking = Command::new("wasm-opt");
    shrinking
        .arg("-Os")
        .args(FEATURES)
        .arg(&wasm)
        .arg("-o")
        .arg(&smaller);
    shell::run(&mut shrinking)?;
    std::fs::rename(&smaller, &wasm).map_err(|error| cannot("moved", &smaller, &error))
}
