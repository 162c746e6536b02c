//! Debian's own Rust, with a standard library for WebAssembly.
//!
//! Owns installing the packages and building that library, once, into the compiler's sysroot: Debian has its source, but no build of it. Never
//! touches another toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::cannot;
use super::toolchain::TARGET;
use crate::packages;
use crate::shell::{self, Failure};

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";

/// Older ones cannot compile the engine: `rust-version` of the workspace.
const MINOR_MIN: u32 = 95;

/// The compiler that Debian keeps new for its browsers, and the source of its standard library.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "libstd-rust-web-dev", "rust-web-src"];

/// Where `rust-web-src` puts a link.
const SOURCE: &str = "/usr/lib/rustlib/src/rust";

/// Beside the library: of which compiler it is.
const STAMP: &str = "built-by";

#[derive(Debug)]
pub(super) struct Rust {
    /// All that the compiler says of itself.
    verbose: String,
    pub(super) version: String,
    pub(super) llvm: u32,
    sysroot: PathBuf,
}

/// Whether the compiler is there, with its library.
pub(super) fn is_built() -> bool {
    compiler().is_some_and(|rust| rust.has_std())
}

/// The compiler with its library and its linker, after they were installed and built where that may be done.
pub(super) fn bring() -> Result<Rust, Failure> {
    let is_there = || compiler().is_some() && Path::new(SOURCE).exists();
    let what = "a Rust compiler for WebAssembly (rustup's target, or Debian's rustc-web with its source)";
    packages::needed(what, is_there, &PACKAGES)?;
    let rust = compiler().ok_or_else(|| {
        Failure::new(format!(
            "no Rust compiler for WebAssembly: bring its target (rustup target add {TARGET})"
        ))
    })?;
    let (llvm, linker) = (rust.llvm, rust.linker());
    packages::needed(
        &format!("{linker}, the linker,"),
        || shell::has(&linker),
        &[&format!("lld-{llvm}")],
    )?;
    if !rust.has_std() {
        rust.build_std()?;
    }
    Ok(rust)
}

impl Rust {
    pub(super) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = plain_cargo();
        command
            .args(arguments)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", self.linker());
        command
    }

    fn linker(&self) -> String {
        format!("wasm-ld-{}", self.llvm)
    }

    fn library(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib")
    }

    fn stamp(&self) -> PathBuf {
        self.library().join(STAMP)
    }

    fn has_std(&self) -> bool {
        std::fs::read_to_string(self.stamp()).is_ok_and(|stamp| stamp == self.verbose)
    }

    fn build_std(&self) -> Result<(), Failure> {
        println!(
            "the standard library for WebAssembly is built, once, into {}",
            self.library().display()
        );
        let work = super::work().join("std");
        let source = work.join("src");
        std::fs::create_dir_all(&source).map_err(|error| cannot("made", &source, &error))?;
        let manifest =
            "[package]\nname = \"stdonly\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
        write(&work.join("Cargo.toml"), manifest)?;
        write(&source.join("lib.rs"), "")?;
        let built = work.join("target");
        let mut building = plain_cargo();
        building
            .args([
                "build",
                "--quiet",
                "--release",
                "-Zbuild-std=std,panic_abort,test",
                "--target",
                TARGET,
            ])
            .arg("--target-dir")
            .arg(&built)
            .current_dir(&work)
            // What is built is the compiler's own library, for which alone its unstable features are.
            .env("RUSTC_BOOTSTRAP", "1")
            // Else nothing could be optimised at the link.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes");
        shell::run(&mut building)?;
        self.install(&built.join(TARGET).join("release/deps"))?;
        // What was compiled against another one is no good any more.
        let _ = std::fs::remove_dir_all(super::work().join(TARGET));
        std::fs::remove_dir_all(&work).map_err(|error| cannot("removed", &work, &error))
    }

    /// Puts what was built where the compiler looks. The stamp comes last: half a library is none.
    fn install(&self, built: &Path) -> Result<(), Failure> {
        let library = self.library();
        let _ = std::fs::remove_dir_all(&library);
        std::fs::create_dir_all(&library).map_err(|error| {
            Failure::new(format!(
                "{} cannot be written ({error}): run this once as root",
                library.display()
            ))
        })?;
        for entry in std::fs::read_dir(built).map_err(|error| cannot("listed", built, &error))? {
            let path = entry.map_err(|error| cannot("listed", built, &error))?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libstdonly-") {
                std::fs::copy(&path, library.join(&name)).map_err(|error| cannot("copied", &path, &error))?;
            }
        }
        write(&self.stamp(), &self.verbose)
    }
}

fn compiler() -> Option<Rust> {
    if !Path::new(CARGO).exists() || !Path::new(RUSTC).exists() {
        return None;
    }
    let verbose = shell::output(Command::new(RUSTC).arg("-vV")).ok()?;
    let sysroot = shell::output(Command::new(RUSTC).args(["--print", "sysroot"])).ok()?;
    let (version, llvm) = versions(&verbose)?;
    Some(Rust {
        version,
        llvm,
        sysroot: PathBuf::from(sysroot.trim()),
        verbose,
    })
}

/// The version of the compiler, where it is new enough, and the one of its LLVM.
fn versions(verbose: &str) -> Option<(String, u32)> {
    let field = |name: &str| verbose.lines().find_map(|line| line.strip_prefix(name));
    let version = field("release: ")?;
    let minor: u32 = version.split('.').nth(1)?.parse().ok()?;
    let llvm = field("LLVM version: ")?.split('.').next()?.parse().ok()?;
    (minor >= MINOR_MIN).then(|| (version.to_owned(), llvm))
}

/// Debian's cargo with Debian's compiler, whatever runs this.
fn plain_cargo() -> Command {
    let mut command = Command::new(CARGO);
    command.env("RUSTC", RUSTC);
    for variable in [
        "RUSTDOC",
        "RUSTUP_TOOLCHAIN",
        "RUSTC_WRAPPER",
        "LD_LIBRARY_PATH",
        "CARGO",
    ] {
        command.env_remove(variable);
    }
    command
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| cannot("written", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_known_by_what_it_says_and_taken_if_it_is_new_enough() {
        let said =
            |release: &str| format!("rustc {release}\nhost: x\nrelease: {release}\nLLVM version: 22.1.8\n");
        assert_eq!(versions(&said("1.96.0")), Some(("1.96.0".to_owned(), 22)));
        assert_eq!(versions(&said("1.63.0")), None);
        assert_eq!(versions("nothing"), None);
    }
}
