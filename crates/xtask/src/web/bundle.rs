//! The bundle: the package, the app and what was compiled, and all of it once more as it is served.
//!
//! Owns what belongs to it and what its version is. Writes nothing that is there already as it should be: by that the server's build knows whether it is
//! still up to date. Never serves anything.
//!
//! `packed/` holds each file that is served, by gzip, and `packed/list`: a line for each, its path and the hash of its bytes. `crates/server/build.rs` reads it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{cannot, join};
use crate::shell::{self, Failure};

const BUILD: &str = "build.json";
const PACKED: &str = "packed";
const LIST: &str = "list";

/// What a browser asks for. The rest of the package is for those who build with it.
const SERVED: [&str; 8] = ["css", "html", "ico", "js", "png", "svg", "wasm", "webmanifest"];

/// The licences go along with the package, which stands alone once it is published.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// What was built.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) folder: PathBuf,
    pub(super) version: String,
    /// By path below the folder: bytes of what is served as it is, and by gzip.
    pub(super) sizes: BTreeMap<String, (usize, usize)>,
}

/// What the Service Worker keeps for when there is no network: where each file is served.
#[derive(Serialize)]
struct Build<'a> {
    version: &'a str,
    files: Vec<String>,
}

/// Files by their path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Writes the bundle.
pub(super) fn assemble(bound: &Path) -> Result<Bundle, Failure> {
    let folder = super::folder();
    let mut files = sources(bound)?;
    store(&folder, &files, &[PACKED, BUILD])?;
    files.retain(|path, _| {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        SERVED.contains(&extension)
    });
    let mut served = join::join(&folder, files)?;
    let version = version(&served);
    let build = Build {
        version: &version,
        files: served.keys().map(|path| format!("/{path}")).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&build).map_err(|error| Failure::new(error.to_string()))?;
    text.push(b'\n');
    write_if_new(&folder.join(BUILD), &text)?;
    served.insert(BUILD.to_owned(), text);

    let mut list = String::new();
    let mut packed = Files::new();
    let mut sizes = BTreeMap::new();
    for (path, bytes) in &served {
        let gzipped = gzip(bytes);
        sizes.insert(path.clone(), (bytes.len(), gzipped.len()));
        list.push_str(&format!("{path} {}\n", hash(bytes)));
        packed.insert(format!("{path}.gz"), gzipped);
    }
    let packed_folder = folder.join(PACKED);
    store(&packed_folder, &packed, &[LIST])?;
    // Last: it says that all the rest is there.
    write_if_new(&packed_folder.join(LIST), list.as_bytes())?;
    Ok(Bundle {
        folder,
        version,
        sizes,
    })
}

/// All that belongs to it, by its path.
fn sources(bound: &Path) -> Result<Files, Failure> {
    let web = shell::root().join("web");
    let mut files = Files::new();
    for (folder, below) in [
        (web.join("package"), "package/"),
        (web.join("app"), "app/"),
        (bound.to_owned(), "package/wasm/"),
    ] {
        collect(&folder, below, &mut files)?;
    }
    for licence in LICENCES {
        let path = shell::root().join(licence);
        let bytes = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        files.insert(format!("package/{licence}"), bytes);
    }
    Ok(files)
}

/// Adds the files of a folder, under paths that begin so.
pub(super) fn collect(folder: &Path, below: &str, files: &mut Files) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| cannot("listed", folder, &error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{below}{name}/"), files)?;
        } else {
            let bytes = fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
            files.insert(format!("{below}{name}"), bytes);
        }
    }
    Ok(())
}

/// A hash of everything that is served, and of where.
fn version(served: &Files) -> String {
    let lines: Vec<String> = served
        .iter()
        .map(|(path, bytes)| format!("{path} {}\n", hash(bytes)))
        .collect();
    hash(lines.concat().as_bytes())[..16].to_owned()
}

/// In hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("BUG: memory can be written")
}

/// Makes a folder hold these files, and nothing else but what is kept.
fn store(folder: &Path, files: &Files, kept: &[&str]) -> Result<(), Failure> {
    let mut there = Files::new();
    for name in list(folder) {
        if !kept.contains(&name.as_str()) {
            let path = folder.join(&name);
            if path.is_dir() {
                collect(&path, &format!("{name}/"), &mut there)?;
            } else {
                there.insert(name, Vec::new());
            }
        }
    }
    for path in there.keys().filter(|path| !files.contains_key(*path)) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| cannot("removed", &path, &error))?;
    }
    for (path, bytes) in files {
        write_if_new(&folder.join(path), bytes)?;
    }
    Ok(())
}

fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn write_if_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| cannot("written", path, &error))
}
