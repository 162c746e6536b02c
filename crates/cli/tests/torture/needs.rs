//! What a test needs of the machine: a right, or a program. Where it is missing a test is left out, loudly; in CI that is a failure.
//!
//! Owns installing what can be installed. Never decides what is tested.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::setup::Launch;

/// Where Debian and its children have it, with threads.
const FAKETIME: &str = "libfaketime.so.1";

/// Whether the tests run as root; else says what is left out.
pub(crate) fn root(for_what: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        left_out(&format!("it needs root to {for_what}"));
    }
    is_root
}

/// Who has no rights but those that files give them.
const NOBODY: u32 = 65_534;

/// Started as somebody to whom rights mean something: to root they do not.
pub(crate) fn no_privileges() -> Launch {
    Launch {
        user: rustix::process::geteuid().is_root().then_some(NOBODY),
        ..Launch::default()
    }
}

/// The library that makes a process believe in another time. Installed where it is missing and can be.
pub(crate) fn faketime() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND
        .get_or_init(|| find_faketime().or_else(install_faketime))
        .as_deref();
    if found.is_none() {
        left_out("it needs faketime (Debian: apt-get install faketime)");
    }
    found
}

fn find_faketime() -> Option<PathBuf> {
    let folders = [
        format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH),
        "/usr/lib64/faketime".to_owned(),
        "/usr/lib/faketime".to_owned(),
    ];
    let mut files = folders.iter().map(|folder| Path::new(folder).join(FAKETIME));
    files.find(|file| file.is_file())
}

fn install_faketime() -> Option<PathBuf> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    eprintln!("faketime is missing: it is installed now, by apt-get");
    let install = ["install", "-y", "--no-install-recommends", "faketime"];
    // A clean machine may not know yet what there is.
    let _ = apt_get(&install) || (apt_get(&["update"]) && apt_get(&install));
    find_faketime()
}

fn apt_get(arguments: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    let run = command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(arguments)
        .output();
    run.is_ok_and(|run| run.status.success())
}

fn left_out(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{why}, and in CI nothing is left out"
    );
    // Past the capture of the harness: whoever runs the tests is to see it.
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("\nLEFT OUT: {name}: {why}\n").as_bytes(),
    );
}
