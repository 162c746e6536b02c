//! Patches: bugs of somebody else's, applied to a copy of the tracked files.
//!
//! Owns that copy, below the target folder. Never touches the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::caught::{Caught, Missed};
use super::simulator::Bounds;
use super::suite::{Suite, folder};
use crate::shell::{self, Failure};

/// A patch file.
#[derive(Debug)]
pub(super) struct Patch {
    path: PathBuf,
}

/// Looks whether they are there.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Patch>, Failure> {
    let read = |path: &PathBuf| {
        let found = std::path::absolute(path).and_then(|path| std::fs::metadata(&path).map(|_| path));
        found
            .map(|path| Patch { path })
            .map_err(|error| Failure::new(format!("the patch {} cannot be read: {error}", path.display())))
    };
    paths.iter().map(read).collect()
}

impl Patch {
    /// Its name in the table.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// What finds it first. `clean` is the code as it is.
    pub(super) fn find(&self, clean: &Suite, bounds: Bounds) -> Result<Result<Caught, Missed>, Failure> {
        let copy = std::path::absolute(folder().join("patched"))
            .map_err(|error| Failure::new(format!("the target folder has no path: {error}")))?;
        copy_tracked(&copy)?;
        self.apply(&copy)?;
        let suite = Suite::of(&copy, "patched")
            .map_err(|failure| Failure::new(format!("with the patch it does not build: {failure}")))?;
        let caught = suite.find_beside(clean, None, bounds)?;
        if let Ok(Caught::Test { of, .. }) = &caught
            && !clean.passes(of)?
        {
            return Err(Failure::new(format!("{of} fails without the patch, too")));
        }
        Ok(caught)
    }

    fn apply(&self, copy: &Path) -> Result<(), Failure> {
        let mut command = Command::new("git");
        // Else git finds the repository above the target folder, takes the patch for one of it, and silently skips what is not in this folder.
        command.env("GIT_CEILING_DIRECTORIES", copy.parent().unwrap_or(copy));
        command.current_dir(copy).args(["apply", "--whitespace=nowarn"]);
        shell::run(command.arg(&self.path)).map_err(|failure| {
            Failure::new(format!(
                "the patch does not apply to the tracked files: {failure}"
            ))
        })
    }
}

/// Makes the copy what the tracked files are now. What is the same already is left alone, so that it need not be built again.
fn copy_tracked(copy: &Path) -> Result<(), Failure> {
    let root = shell::root();
    let listed = shell::output(Command::new("git").current_dir(&root).args(["ls-files", "-z"]))?;
    let tracked: BTreeSet<PathBuf> = listed
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        // One that was removed and not yet committed is no more.
        .filter(|name| root.join(name).exists())
        .collect();
    let failed = |path: &Path, error: std::io::Error| {
        Failure::new(format!("{} cannot be copied: {error}", path.display()))
    };
    for name in &tracked {
        let (from, to) = (root.join(name), copy.join(name));
        let wanted = std::fs::read(&from).map_err(|error| failed(&from, error))?;
        if std::fs::read(&to).is_ok_and(|there| there == wanted) {
            continue;
        }
        let written =
            std::fs::create_dir_all(to.parent().unwrap_or(copy)).and_then(|()| std::fs::write(&to, wanted));
        written.map_err(|error| failed(&to, error))?;
    }
    remove_others(copy, copy, &tracked).map_err(|error| failed(copy, error))
}

/// Removes what an earlier patch added.
fn remove_others(copy: &Path, folder: &Path, tracked: &BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.strip_prefix(copy).unwrap_or(&path);
        if path.is_dir() {
            remove_others(copy, &path, tracked)?;
        } else if !tracked.contains(name) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
