//! Takes the app for browsers into the server, where `cargo xtask web` has built it.
//!
//! Owns where it is looked for, and when to look again. Never builds it, and never fails for want of it: a server without it says so at `/`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_TARGET_DIR");
    let packed = packed();
    let list = packed.join("list");
    leave_something_to_watch(&list);
    if list.exists() {
        println!("cargo::rerun-if-changed={}", list.display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(
        out.join("site.rs"),
        table(&packed, &fs::read_to_string(&list).unwrap_or_default()),
    )
}

/// Where the workspace builds; a build that is told another place by its configuration alone does not find the app.
fn packed() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace.join(target).join("web/packed")
}

/// Cargo looks again every time for what is not there, and would build the server anew every time. So there is a list, an old one, of nothing.
fn leave_something_to_watch(list: &Path) {
    if list.exists() {
        return;
    }
    let folder = list.parent().unwrap_or(list);
    let left = fs::create_dir_all(folder)
        .and_then(|()| fs::File::create(list))
        .and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH));
    if let Err(error) = left {
        println!(
            "cargo::warning={}: {error}; the server will be built each time",
            list.display()
        );
    }
}

/// The source of a slice of files: path, hash, the bytes by gzip.
fn table(packed: &Path, list: &str) -> String {
    let mut source = String::from("&[\n");
    for (path, hash) in list.lines().filter_map(|line| line.rsplit_once(' ')) {
        let file = packed.join(format!("{path}.gz"));
        let _ = writeln!(
            source,
            "    ({path:?}, {hash:?}, include_bytes!({:?})),",
            file.display().to_string()
        );
    }
    source.push_str("]\n");
    source
}
