//! What compiles Rust and C to WebAssembly.
//!
//! Owns finding and bringing it: the target from rustup where rustup can fetch it, else Debian's own compiler, whose standard library is built once, into its
//! sysroot. Says everything by the environment of one command. Never writes a setting that another build would see.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::debian;
use crate::packages;
use crate::shell::{self, Failure};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// For rustup to fetch the target. Where the network is shut, it would try for long.
const FETCH_TIME_MAX: Duration = Duration::from_secs(90);

/// Versions of LLVM, newest first, under whose names its programs may be found. Any will do whose clang knows the target.
const LLVM: std::ops::RangeInclusive<u32> = 14..=24;

/// Takes one of the two ways, `rustup` or `debian`, where the first that is found would be another.
const CHOICE: &str = "OUTRIGGER_WASM_TOOLCHAIN";

#[derive(Debug)]
pub(super) struct Toolchain {
    rust: Rust,
    /// The compiler and the archiver for the C of SQLite.
    cc: String,
    ar: String,
}

#[derive(Debug)]
enum Rust {
    /// The one that runs this, with the target.
    Rustup,
    /// Debian's, beside it.
    Debian(debian::Rust),
}

impl Toolchain {
    pub(super) fn find() -> Result<Self, Failure> {
        let choice = std::env::var(CHOICE).unwrap_or_default();
        let rust = match choice.as_str() {
            "rustup" if !rustup_has_target() && !rustup_brings_target() => {
                return Err(Failure::new(format!("rustup could not bring {TARGET}")));
            }
            "rustup" => Rust::Rustup,
            "debian" => Rust::Debian(debian::bring()?),
            "" => any_rust()?,
            other => {
                return Err(Failure::new(format!(
                    "{CHOICE} is rustup or debian, not {other:?}"
                )));
            }
        };
        let version = match &rust {
            Rust::Rustup => None,
            Rust::Debian(rust) => Some(rust.llvm),
        };
        let (cc, ar) = c_compiler(version)?;
        println!("{}, {cc}, {ar}", rust.told());
        Ok(Self { rust, cc, ar })
    }

    /// A cargo that compiles to WebAssembly.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.rust {
            Rust::Rustup => shell::cargo_command(arguments),
            Rust::Debian(rust) => rust.cargo(arguments),
        };
        command
            .current_dir(shell::root())
            .env("CC_wasm32_unknown_unknown", &self.cc)
            .env("AR_wasm32_unknown_unknown", &self.ar);
        command
    }
}

impl Rust {
    fn told(&self) -> String {
        match self {
            Self::Rustup => format!("rustup's {TARGET}"),
            Self::Debian(rust) => format!("Debian's Rust {}", rust.version),
        }
    }
}

/// What is there already goes first, then what is quicker to bring.
fn any_rust() -> Result<Rust, Failure> {
    if rustup_has_target() {
        return Ok(Rust::Rustup);
    }
    if let Some(rust) = debian::found() {
        return Ok(Rust::Debian(rust));
    }
    if rustup_brings_target() {
        return Ok(Rust::Rustup);
    }
    debian::bring().map(Rust::Debian)
}

fn rustup_has_target() -> bool {
    if !shell::has("rustup") {
        return false;
    }
    let mut listed = Command::new("rustup");
    listed.args(["target", "list", "--installed"]);
    shell::output(&mut listed).is_ok_and(|list| list.lines().any(|line| line == TARGET))
}

fn rustup_brings_target() -> bool {
    if !shell::has("rustup") {
        return false;
    }
    println!("{TARGET} is missing: rustup is asked for it");
    let mut adding = Command::new("rustup");
    adding
        .args(["target", "add", TARGET])
        .env("RUSTUP_MAX_RETRIES", "1")
        .stdin(Stdio::null());
    let brought = ended_in_time(&mut adding, FETCH_TIME_MAX);
    if !brought {
        println!("rustup could not bring it");
    }
    brought && rustup_has_target()
}

/// Whether a program ends well, within its time.
fn ended_in_time(command: &mut Command, time_max: Duration) -> bool {
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    let start = Instant::now();
    while start.elapsed() < time_max {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(_) => return false,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// A clang that knows the target, and an archiver: of this version of LLVM, where one is named.
fn c_compiler(version: Option<u32>) -> Result<(String, String), Failure> {
    let names = |program: &str| -> Vec<String> {
        match version {
            Some(version) => vec![format!("{program}-{version}")],
            None => std::iter::once(program.to_owned())
                .chain(LLVM.rev().map(|version| format!("{program}-{version}")))
                .collect(),
        }
    };
    let find = || {
        let cc = named("CC_wasm32_unknown_unknown")
            .or_else(|| names("clang").into_iter().find(|name| knows_target(name)));
        let ar = named("AR_wasm32_unknown_unknown")
            .or_else(|| names("llvm-ar").into_iter().find(|name| shell::has(name)));
        cc.zip(ar)
    };
    let packages = match version {
        Some(version) => [format!("clang-{version}"), format!("llvm-{version}")],
        None => ["clang".to_owned(), "llvm".to_owned()],
    };
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let what = "clang with a WebAssembly target, or llvm-ar, to compile SQLite with,";
    packages::needed(what, || find().is_some(), &packages)?;
    find().ok_or_else(|| Failure::new("the engine cannot be compiled for browsers without clang and llvm-ar"))
}

fn named(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Apple's clang does not, and is found first on a Mac.
fn knows_target(clang: &str) -> bool {
    let mut listed = Command::new(clang);
    listed.arg("--print-targets").stderr(Stdio::null());
    listed.output().is_ok_and(|output| {
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("wasm32")
    })
}

/// The folder of the sources of crates, in which paths begin that a compiled crate names.
pub(super) fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(
        || {
            std::env::home_dir()
                .unwrap_or_else(|| Path::new("/").to_owned())
                .join(".cargo")
        },
        PathBuf::from,
    )
}
