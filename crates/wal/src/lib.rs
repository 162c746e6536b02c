//! SQLite's write-ahead log, made certain before it is written on.
//!
//! A sync that fails leaves bytes that are read but are not on the disk, and no later sync brings them there: the operating system takes them for written.
//! SQLite writes over them while the process lives. The next process reads them as if they were there, writes on behind them, and syncs; with the power they go,
//! and with them all that stands behind the gap. Copying the log into the database first does not help: what is left of the log would be found again, and be older
//! than what was copied.
//!
//! So whoever opens a database that nobody else has open writes its log anew, byte for byte, and syncs that: what is read is certain from then on.
//!
//! Owns that one step. Never reads what is in a log, and never opens a database.

use outrigger_planted::{self as planted, Bug};
use rusqlite::{Connection, ErrorCode, ffi};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// So many bytes are read and written at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Makes the log of a database certain: to be called before anything is written, by one who has the database alone. `rewrite` writes the log anew
/// and syncs it ([`rewrite_file`], but in tests); meanwhile nobody else can write to it.
///
/// Where somebody has the database locked all the same, nothing is done: as long as anybody alive has it open, what a failed sync left is written over.
///
/// # Errors
/// What the database says; what `rewrite` says, as SQLite's error of the same kind.
pub fn make_certain(db: &Connection, rewrite: impl FnOnce() -> io::Result<()>) -> rusqlite::Result<()> {
    if planted::is(Bug::LogNotMadeCertain) {
        return Ok(());
    }
    match db.execute_batch("BEGIN IMMEDIATE") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => return Ok(()),
        other => other?,
    }
    let rewritten = rewrite();
    db.execute_batch("ROLLBACK")?;
    rewritten.map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::StorageFull => ffi::SQLITE_FULL,
            _ => ffi::SQLITE_IOERR,
        };
        let why = format!("the write-ahead log cannot be made certain: {error}");
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(why))
    })
}

/// Writes the log of a database file anew and syncs it, with its name. Where there is none, nothing is done.
///
/// # Errors
/// What the file system says.
pub fn rewrite_file(database: &Path) -> io::Result<()> {
    let log = log_of(database);
    let mut file = match OpenOptions::new().read(true).write(true).open(&log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    loop {
        file.seek(SeekFrom::Start(offset))?;
        let count = file.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&chunk[..count])?;
        offset += count as u64;
    }
    file.sync_all()?;
    // That it is there may have been lost with a sync of the folder. Only Unix lets a folder be synced; elsewhere the file system sees to it.
    match log.parent() {
        Some(folder) if cfg!(unix) && folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Where SQLite keeps the log of a database.
fn log_of(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push("-wal");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(folder: &Path) -> (PathBuf, Connection) {
        let path = folder.join("app.db");
        let db = Connection::open(&path).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
            .unwrap();
        (path, db)
    }

    #[test]
    fn a_log_is_the_same_to_the_byte_and_goes_on_being_used() {
        let folder = tempfile::tempdir().unwrap();
        let (path, db) = database(folder.path());
        let text = "x".repeat(3 * CHUNK_BYTES);
        db.execute("INSERT INTO t (text) VALUES (?1)", [&text]).unwrap();
        let before = std::fs::read(log_of(&path)).unwrap();
        assert!(before.len() > 3 * CHUNK_BYTES);
        make_certain(&db, || rewrite_file(&path)).unwrap();
        assert_eq!(std::fs::read(log_of(&path)).unwrap(), before);
        db.execute("INSERT INTO t (text) VALUES ('y')", []).unwrap();
        let count: i64 = Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 2);
    }

    #[test]
    fn without_a_log_nothing_is_done_and_none_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.db");
        let db = Connection::open(&path).unwrap();
        make_certain(&db, || rewrite_file(&path)).unwrap();
        assert!(!log_of(&path).exists());
    }

    #[test]
    fn who_is_in_the_way_keeps_it_from_being_touched() {
        let folder = tempfile::tempdir().unwrap();
        let (path, db) = database(folder.path());
        let other = Connection::open(&path).unwrap();
        other.busy_timeout(std::time::Duration::ZERO).unwrap();
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        make_certain(&other, || panic!("somebody writes to it")).unwrap();
    }

    #[test]
    fn a_disk_that_fails_is_told_and_leaves_no_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let (_, db) = database(folder.path());
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
        let error = make_certain(&db, full).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
        assert!(db.is_autocommit());
    }
}
