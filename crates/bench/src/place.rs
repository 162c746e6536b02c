//! Where the bench's files are: one folder on a real disk, removed when it ends.
//!
//! Owns choosing the disk, and copying what a round begins with. Never touches anything outside of its folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

use crate::error::Error;

/// Makes the folder: in `TMPDIR` where that is set, else in the working directory. Not in `/tmp`, which is often memory: what a commit costs would be
/// missing.
pub(crate) fn folder() -> Result<TempDir, Error> {
    let named = env::var_os("TMPDIR").filter(|path| !path.is_empty());
    let parent = match named {
        Some(path) => PathBuf::from(path),
        None => env::current_dir().map_err(Error::io("find the working directory"))?,
    };
    tempfile::Builder::new()
        .prefix(".outrigger-bench-")
        .tempdir_in(parent)
        .map_err(Error::io("make a folder for the bench: name one in TMPDIR"))
}

/// Copies a folder with all that is in it, but for lock files.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let copying = || -> std::io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (path, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                copy(&path, &target).map_err(std::io::Error::other)?;
            } else if path.extension().is_none_or(|extension| extension != "lock") && !path.ends_with("lock")
            {
                fs::copy(&path, &target)?;
            }
        }
        Ok(())
    };
    copying().map_err(Error::io("copy the files of a round"))
}

/// Removes what a round left behind.
pub(crate) fn remove(folder: &Path) -> Result<(), Error> {
    fs::remove_dir_all(folder).map_err(Error::io("remove the files of a round"))
}
