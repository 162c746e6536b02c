//! The modules as they are served: joined, so that a page asks for a handful of files instead of eighty.
//!
//! Owns with which of them pages and Workers begin. Never touches what npm publishes, and never leaves one out that somebody may ask for by its name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::bundle::{Files, collect};
use super::cannot;
use crate::browser;
use crate::shell::{self, Failure};

/// From npm, pinned by web/package-lock.json.
const JOINER: &str = "node_modules/.bin/esbuild";

/// What a page begins with, ours or somebody else's. What several begin with is in files that they share.
const PAGES: [&str; 5] = [
    "app/gallery.js",
    "app/inspector/main.js",
    "app/main.js",
    "package/index.js",
    "package/sync-status.js",
];

/// What else somebody may ask of the package, in a file of its own each. They hold nothing, so a second copy does no harm, and our pages need no further file.
const ALONE: [&str; 4] = [
    "package/messages/ar.js",
    "package/messages/de.js",
    "package/messages/en.js",
    "package/pill.js",
];

/// What a Worker begins with, in one file: while it asks for a second one, a page waits.
const WORKERS: [&str; 1] = ["package/worker.js"];

/// Scripts that are no modules, and stand for themselves.
const SCRIPTS: [&str; 2] = ["app/check.js", "app/sw.js"];

/// Joins the modules among the files that are served, which are in `folder`. Without npm they stay as they are: the app opens later, and does the same.
pub(super) fn join(folder: &Path, mut served: Files) -> Result<Files, Failure> {
    if !shell::has("npm") {
        println!("npm is missing, so the modules are served one by one");
        return Ok(served);
    }
    browser::install_tools()?;
    complete(&served)?;
    let joined = super::work().join("joined");
    let _ = fs::remove_dir_all(&joined);
    let bundle = |beginnings: &[&str], how: &[&str]| {
        let mut joining = Command::new(joiner());
        joining
            .args(beginnings)
            .args(["--bundle", "--format=esm", "--target=es2022", "--outbase=."])
            .args(["--minify-whitespace", "--log-level=warning"])
            .args(how)
            .arg(format!("--outdir={}", joined.display()))
            .current_dir(folder);
        shell::run(&mut joining)
    };
    // What several pages begin with lies beside the package's own files: `import.meta.url` says where those are.
    bundle(&PAGES, &["--splitting", "--chunk-names=package/part-[hash]"])?;
    bundle(&ALONE, &[])?;
    bundle(&WORKERS, &[])?;
    served.retain(|path, _| !path.ends_with(".js") || SCRIPTS.contains(&path.as_str()));
    if !joined.is_dir() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(cannot("found", &joined, &missing));
    }
    collect(&joined, "", &mut served)?;
    Ok(served)
}

/// What is read of package.json.
#[derive(Deserialize)]
struct Package {
    exports: BTreeMap<String, Export>,
}

/// Where an export is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Export {
    Plain(String),
    ByUse { default: String },
}

/// Looks whether all modules that the package exports are begun with: one that is not would not be served.
fn complete(served: &Files) -> Result<(), Failure> {
    let path = shell::root().join("web/package/package.json");
    let text = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
    let package: Package = serde_json::from_slice(&text)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let exported: Vec<String> = package
        .exports
        .into_values()
        .map(|(Export::Plain(at) | Export::ByUse { default: at })| at.replacen("./", "package/", 1))
        .collect();
    let begun: Vec<&str> = [&PAGES[..], &ALONE, &WORKERS].concat();
    let forgotten = served.keys().filter(|module| {
        let is_exported = exported.iter().any(|named| match named.split_once('*') {
            Some((begin, end)) => module.starts_with(begin) && module.ends_with(end),
            None => *module == named,
        });
        // What binds the wasm is part of the Worker, which alone can use it.
        let is_bound = module.starts_with("package/wasm/");
        is_exported && module.ends_with(".js") && !is_bound && !begun.contains(&module.as_str())
    });
    let forgotten: Vec<&str> = forgotten.map(String::as_str).collect();
    if forgotten.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the package exports what is not served, as xtask/src/web/join.rs does not name it: {}",
        forgotten.join(", ")
    )))
}

fn joiner() -> PathBuf {
    browser::folder().join(JOINER)
}
