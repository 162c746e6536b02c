//! The TypeScript types of what crosses to JavaScript, generated from Rust.
//!
//! Owns that what is stored is what the Rust code says. Never writes it unless that is asked for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::cannot;
use crate::shell::{self, Failure};

fn stored() -> PathBuf {
    shell::root().join("web/package/types/index.d.ts")
}

pub(super) fn check() -> Result<(), Failure> {
    let (path, fresh) = (stored(), generated()?);
    if fs::read_to_string(&path).is_ok_and(|stored| stored == fresh) {
        println!("the types are as the Rust code has them");
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is not what the Rust code says: run `cargo xtask bless-types`, and look at what changes",
        path.display()
    )))
}

pub(super) fn bless() -> Result<(), Failure> {
    let path = stored();
    let text = generated()?;
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| cannot("written", &path, &error))
}

fn generated() -> Result<String, Failure> {
    // With the features of the tests, so that what they built is used again.
    shell::cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--bin",
        "types",
    ])?;
    shell::output(&mut Command::new(shell::target().join("debug/types")))
}
