//! The unit by which systemd runs the server: that it is understood, and that its sandbox is shut.
//!
//! Owns how much may be open. Never runs the unit: that takes a machine whose first process is systemd.

use std::process::Command;

use crate::packages;
use crate::shell::{self, Failure};

const UNIT: &str = "packaging/outrigger.service";
/// What `systemd-analyze security` may find open, in tenths: from 0 (nothing) to 100.
const EXPOSURE_MAX: u32 = 15;

pub(crate) fn run() -> Result<(), Failure> {
    if !packages::installed(&["systemd-analyze"], &["systemd"])? {
        println!("{UNIT} was not checked");
        return Ok(());
    }
    let path = shell::root().join(UNIT);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{UNIT} cannot be read: {error}")))?;
    // It is not installed here; that it could be started is not what is asked.
    let folder = shell::target().join("unit");
    let copy = folder.join("outrigger.service");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&copy, text.replace("/usr/bin/outrigger ", "/bin/true ")))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", copy.display())))?;
    shell::run(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&copy),
    )?;
    let judged = shell::output(
        Command::new("systemd-analyze")
            .args(["security", "--no-pager", "--offline=true"])
            .arg(format!("--threshold={EXPOSURE_MAX}"))
            .arg(&path),
    )?;
    println!("{}", judged.lines().last().unwrap_or_default().trim());
    Ok(())
}
