//! The modules as they are served: joined, so that a page asks for a handful of files instead of eighty.
//!
//! Owns with which of them pages and Workers begin. Never touches what npm publishes, and never leaves one out that somebody may ask for by its name.

use std::path::{Path, PathBuf};
use std::process::Command;

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
    let joined = super::work().join("joined");
    let _ = std::fs::remove_dir_all(&joined);
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
    bundle(&WORKERS, &[])?;
    served.retain(|path, _| !path.ends_with(".js") || SCRIPTS.contains(&path.as_str()));
    if !joined.is_dir() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(cannot("found", &joined, &missing));
    }
    collect(&joined, "", &mut served)?;
    Ok(served)
}

fn joiner() -> PathBuf {
    browser::folder().join(JOINER)
}
