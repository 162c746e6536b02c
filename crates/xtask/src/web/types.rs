//! The TypeScript types of what crosses to JavaScript, generated from Rust.
//!
//! Owns that what is stored is what the Rust code says. Never writes it unless that is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cannot;
use crate::shell::{self, Failure};

fn stored() -> PathBuf {
    shell::root().join("web/package/types")
}

pub(super) fn check() -> Result<(), Failure> {
    let fresh = super::work().join("types");
    generate(&fresh)?;
    let (fresh, stored) = (texts(&fresh)?, texts(&stored())?);
    let differing: Vec<&str> = fresh
        .keys()
        .chain(stored.keys().filter(|name| !fresh.contains_key(*name)))
        .filter(|name| fresh.get(*name) != stored.get(*name))
        .map(String::as_str)
        .collect();
    if differing.is_empty() {
        println!("{} files of types are as the Rust code has them", fresh.len());
        return Ok(());
    }
    Err(Failure::new(format!(
        "web/package/types is not what the Rust code says ({}): run `cargo xtask bless-types` and look at what changes",
        differing.join(", ")
    )))
}

pub(super) fn bless() -> Result<(), Failure> {
    generate(&stored())
}

fn generate(folder: &Path) -> Result<(), Failure> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| cannot("made", folder, &error))?;
    // With the features of the tests, so that what they built is used again.
    shell::cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--bin",
        "types",
    ])?;
    shell::run(Command::new(shell::target().join("debug/types")).arg(folder))
}

fn texts(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let text = fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
        texts.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(texts)
}
