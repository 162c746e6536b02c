//! What is gone is gone from the files too: what was deleted from a database, and a whole folder that is to go.
//!
//! Owns overwriting. What it promises ends at the file system: blocks that it, a snapshot, or the disk itself keeps elsewhere (btrfs, ZFS, APFS,
//! flash) are out of reach of any program. Never touches a database that is open.

use rusqlite::OpenFlags;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::database;
use crate::database_key::DatabaseKey;
use crate::error::Error;

/// How long it waits for somebody who reads. Nobody writes: the caller sees to that.
const PATIENCE: Duration = Duration::from_secs(2);
const CHUNK_BYTES: usize = 64 << 10;

/// Leaves nothing in a database and its log of what was deleted: all that is kept is written anew, and the log emptied. Takes as much free space
/// as the database has bytes. No [`SyncService`](crate::SyncService) may have it open.
///
/// # Errors
/// Where somebody has it open, or the disk is full; then it is as it was.
pub fn scrub_database(path: &Path, key: Option<&DatabaseKey>) -> Result<(), Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = database::connect(path, key, flags)?;
    let scrub = || -> rusqlite::Result<bool> {
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "secure_delete", true)?;
        db.execute_batch("VACUUM")?;
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
    };
    match scrub() {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::Engine(outrigger_engine::Error::Locked)),
        Err(error) => Err(database::explain(path, error)),
    }
}

/// Removes a folder and all that is in it, each file overwritten first. What a symbolic link leads to is not touched.
///
/// # Errors
/// Where something cannot be removed. That it could not be overwritten is no reason to leave it.
pub fn erase_folder(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        // Of the link, where it is one.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            erase_folder(&path)?;
            continue;
        }
        if kind.is_file()
            && let Err(error) = overwrite(&path)
        {
            tracing::warn!(%error, "a file was removed, but not overwritten");
        }
        fs::remove_file(&path)?;
    }
    fs::remove_dir(folder)
}

fn overwrite(path: &Path) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    let zeros = [0; CHUNK_BYTES];
    while left > 0 {
        let length = left.min(CHUNK_BYTES as u64);
        file.write_all(&zeros[..usize::try_from(length).unwrap_or(CHUNK_BYTES)])?;
        left -= length;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANTED: &[u8] = b"a planted sentence";

    fn holds(path: &Path) -> bool {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(PLANTED.len()).any(|window| window == PLANTED)
    }

    #[test]
    fn what_was_deleted_is_not_in_the_database_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let db = database::open(&path, None, PATIENCE).unwrap();
        db.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, text BLOB) STRICT")
            .unwrap();
        for id in 0..100 {
            db.execute("INSERT INTO t VALUES (?1, ?2)", (id, PLANTED))
                .unwrap();
        }
        db.execute_batch(
            "PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM t WHERE id > 0; UPDATE t SET text = x'00'",
        )
        .unwrap();
        let log = crate::files::beside(&path, "-wal");
        assert!(holds(&path), "a delete alone leaves it there");
        let error = {
            let mut reader = database::open_for_reading(&path, None).unwrap();
            let reading = reader.transaction().unwrap();
            let _: i64 = reading
                .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
                .unwrap();
            scrub_database(&path, None).unwrap_err()
        };
        assert_eq!(error.kind(), crate::ErrorKind::Locked, "{error}");
        scrub_database(&path, None).unwrap();
        assert!(!holds(&path) && !holds(&log));
        let kept: i64 = db
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_erased_is_overwritten_and_nothing_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let (home, beyond) = (folder.path().join("home"), folder.path().join("beyond"));
        fs::create_dir_all(home.join("files")).unwrap();
        fs::write(&beyond, PLANTED).unwrap();
        let large: Vec<u8> = PLANTED
            .iter()
            .copied()
            .cycle()
            .take(CHUNK_BYTES * 2 + 7)
            .collect();
        fs::write(home.join("files/picture"), &large).unwrap();
        std::os::unix::fs::symlink(&beyond, home.join("link")).unwrap();
        std::os::unix::fs::symlink(folder.path(), home.join("files/up")).unwrap();
        // The same bytes on the disk, under another name.
        let witness = folder.path().join("witness");
        fs::hard_link(home.join("files/picture"), &witness).unwrap();
        erase_folder(&home).unwrap();
        erase_folder(&home).unwrap();
        assert!(!home.exists() && holds(&beyond));
        assert_eq!(fs::read(&witness).unwrap(), vec![0; large.len()]);
    }
}
