//! The engine, the package and the app as a browser loads them: `target/web`.
//!
//! Owns the order of building them, and how large they may be. What is built stays where it was if nothing of it changed, so that the server, in which
//! it is embedded, is not built anew. Never compiles with what is not there: it is brought, or named.

mod bundle;
mod compile;
mod debian;
mod join;
mod size;
mod toolchain;
mod types;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::shell::{self, Failure};

/// How the files that wasm-bindgen writes begin, in `package/wasm`.
const NAME: &str = "outrigger_web";

/// Builds all of it, compares the types with what is stored, and looks whether npm would pack the package.
pub(crate) fn run() -> Result<(), Failure> {
    build()?;
    stage("types", types::check)?;
    stage("package", pack)
}

/// What is published of the package is what npm says here. Nothing is written.
fn pack() -> Result<(), Failure> {
    if !shell::has("npm") {
        println!("npm is missing, so the package was not looked at");
        return Ok(());
    }
    let mut packing = Command::new("npm");
    packing
        .args(["pack", "--dry-run", "--loglevel", "error"])
        .current_dir(folder().join("package"));
    shell::run(&mut packing)
}

/// Builds all of it.
pub(crate) fn build() -> Result<(), Failure> {
    let toolchain = stage("toolchain", toolchain::Toolchain::find)?;
    let compiled = stage("compile", || compile::compile(&toolchain, &[]))?;
    let bound = work().join("bound");
    if compile::is_bound(&compiled, &bound)? {
        println!("-- bind, shrink: as before");
    } else {
        stage("bind", || compile::bind(&compiled, &bound))?;
        stage("shrink", || compile::shrink(&bound))?;
        compile::remember(&compiled, &bound)?;
    }
    let bundle = stage("bundle", || bundle::assemble(&bound))?;
    stage("size", || size::check(&bundle))?;
    println!("{}: version {}", bundle.folder.display(), bundle.version);
    Ok(())
}

/// Builds the engine once more, with what replays its scenarios; never part of what is served. Says where it is.
pub(crate) fn build_replay() -> Result<PathBuf, Failure> {
    let toolchain = toolchain::Toolchain::find()?;
    let compiled = compile::compile(&toolchain, &["--features", "scenario"])?;
    let bound = work().join("replay");
    if !compile::is_bound(&compiled, &bound)? {
        compile::bind(&compiled, &bound)?;
        compile::remember(&compiled, &bound)?;
    }
    Ok(bound)
}

/// Stores the types that the Rust code has now.
pub(crate) fn bless() -> Result<(), Failure> {
    stage("types", types::bless)
}

/// Where the bundle is.
fn folder() -> PathBuf {
    shell::target().join("web")
}

/// Where everything between is: the compiler's own folder, since another compiler may work here than elsewhere.
fn work() -> PathBuf {
    shell::target().join("wasm")
}

/// Each step says how long it took: the longest takes minutes.
pub(crate) fn stage<T>(name: &str, step: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    println!("-- {name}");
    let start = Instant::now();
    let done = step()?;
    println!("-- {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(done)
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be {what}: {error}", path.display()))
}
