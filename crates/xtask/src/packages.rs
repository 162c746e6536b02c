//! Programs of the system that a check needs.
//!
//! Owns getting them: by apt-get where it may, else by saying what is missing. Never leaves anything out silently: in CI what is missing is an
//! error.

use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Failure};

/// Whether all of these answer to `--version`, after they were installed where that may be done. `packages` are Debian's.
pub(crate) fn installed(programs: &[&str], packages: &[&str]) -> Result<bool, Failure> {
    let missing = || programs.iter().find(|program| !shell::has(program));
    let first = missing().copied().unwrap_or_default();
    needed(first, || missing().is_none(), packages)
}

/// The same of anything.
pub(crate) fn needed(what: &str, is_there: impl Fn() -> bool, packages: &[&str]) -> Result<bool, Failure> {
    if is_there() {
        return Ok(true);
    }
    if is_root_on_debian() {
        println!("{what} is missing: it is installed now, by apt-get");
        let install = || {
            shell::run(
                Command::new("apt-get")
                    .env("DEBIAN_FRONTEND", "noninteractive")
                    .args(["install", "-y", "-qq", "--no-install-recommends"])
                    .args(packages),
            )
        };
        // A clean machine may not know yet what there is.
        let installed =
            install().or_else(|_| shell::run(Command::new("apt-get").arg("update")).and_then(|()| install()));
        if let Err(failure) = installed {
            println!("{failure}");
        }
        if is_there() {
            return Ok(true);
        }
    }
    let told = format!(
        "{what} is missing: install it (Debian: apt-get install {})",
        packages.join(" ")
    );
    if shell::is_ci() {
        return Err(Failure::new(told));
    }
    println!("{told}");
    Ok(false)
}

fn is_root_on_debian() -> bool {
    let user = shell::output(Command::new("id").arg("-u"));
    user.is_ok_and(|user| user.trim() == "0") && shell::has("apt-get")
}

/// A program of a Python package, in an environment of its own, installed once. The package names its version.
pub(crate) fn python_tool(package: &str, program: &str) -> Result<PathBuf, Failure> {
    let folder = shell::target().join("tools").join(package);
    let tool = folder.join("bin").join(program);
    if tool.exists() {
        return Ok(tool);
    }
    if !shell::has("python3") {
        return Err(Failure::new(
            "python3 is missing: install it (Debian: apt-get install python3 python3-venv)",
        ));
    }
    let folder_text = folder.display().to_string();
    shell::run(Command::new("python3").args(["-m", "venv", &folder_text]))
        .map_err(|failure| Failure::new(format!("{failure}; Debian: apt-get install python3-venv")))?;
    let pip = folder.join("bin/pip");
    shell::run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", package]))?;
    Ok(tool)
}
