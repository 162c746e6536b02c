//! Opening the database file, for writing and for reading.
//!
//! Owns permissions, the journal mode and the words for what can be wrong with the file. Never changes or removes a file that it cannot use.

use outrigger_engine as engine;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::database_key::DatabaseKey;
use crate::error::Error;
use crate::files;

/// How long a read waits for another process: only while the log is being recovered does it have to.
const READ_PATIENCE: Duration = Duration::from_secs(10);
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Makes the folder of a database where it is missing.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    let folder = files::parent(path);
    files::create_private_folder(folder).map_err(|error| storage("make the folder", folder, error))
}

/// Opens the database for writing; makes it where it is missing.
pub(crate) fn open(
    path: &Path,
    key: Option<&DatabaseKey>,
    busy_timeout: Duration,
) -> Result<Connection, Error> {
    prove_usable(path, key.is_some())?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = connect(path, key, flags)?;
    db.busy_timeout(busy_timeout)
        .map_err(|error| explain(path, error))?;
    let mode: String = db
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|error| explain(path, error))?;
    if mode.eq_ignore_ascii_case("wal") {
        Ok(db)
    } else {
        let unfit = io::Error::new(
            io::ErrorKind::Unsupported,
            format!("its file system allows no write-ahead log (mode {mode}); put it on a local disk"),
        );
        Err(storage("use the database", path, unfit))
    }
}

/// Takes what the log holds into the database and gives the log's space back to the disk. Says whether the log is empty now: it is not where a
/// reader still needs it, or where even the database cannot grow.
pub(crate) fn empty_log(db: &Connection) -> bool {
    let emptied = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match emptied {
        Ok(busy) => busy == 0,
        Err(error) => {
            tracing::debug!(%error, "the log could not be emptied");
            false
        }
    }
}

/// How many bytes the database will grow by when what the log holds is taken into it.
pub(crate) fn growth(db: &Connection, path: &Path) -> Result<u64, Error> {
    let mut statement = db.prepare_cached("PRAGMA page_count")?;
    let pages: u64 = statement.query_row([], |row| row.get(0))?;
    let mut statement = db.prepare_cached("PRAGMA page_size")?;
    let page_bytes: u64 = statement.query_row([], |row| row.get(0))?;
    let has = std::fs::metadata(path).map_err(|error| storage("look at", path, error))?;
    Ok((pages * page_bytes).saturating_sub(has.len()))
}

/// Opens one more connection, for reading only. The database is there: the writer has opened it.
pub(crate) fn open_for_reading(path: &Path, key: Option<&DatabaseKey>) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = connect(path, key, flags)?;
    db.busy_timeout(READ_PATIENCE)
        .map_err(|error| explain(path, error))?;
    Ok(db)
}

/// The one way to a connection: its key comes before anything else.
pub(crate) fn connect(path: &Path, key: Option<&DatabaseKey>, flags: OpenFlags) -> Result<Connection, Error> {
    let db = Connection::open_with_flags(path, flags).map_err(|error| explain(path, error))?;
    if let Some(key) = key {
        key.unlock(&db)?;
    }
    Ok(db)
}

/// What the engine says of the database while it opens it, with the path.
pub(crate) fn explain_engine(path: &Path, error: engine::Error) -> Error {
    match error {
        engine::Error::Foreign(reason) => Error::Foreign {
            path: path.to_owned(),
            reason,
        },
        engine::Error::Database(error) => explain(path, error),
        other => Error::Engine(other),
    }
}

/// Makes the file where it is missing, and finds out whether it may be written and is a database. SQLite would make it readable by others,
/// and would only say later, and in fewer words, what is wrong.
fn prove_usable(path: &Path, encrypted: bool) -> Result<(), Error> {
    if path.is_dir() {
        return Err(Error::NotADatabase {
            path: path.to_owned(),
        });
    }
    let opened = files::private(
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false),
    )
    .open(path);
    let file = opened.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => read_only(path),
        _ => storage("open the database", path, error),
    })?;
    let mut head = Vec::with_capacity(MAGIC.len());
    file.take(MAGIC.len() as u64)
        .read_to_end(&mut head)
        .map_err(|error| storage("read the database", path, error))?;
    // One that is encrypted begins with its salt; one that is not must not be taken for it.
    if head.is_empty() || (head == MAGIC) != encrypted {
        Ok(())
    } else {
        Err(Error::NotADatabase {
            path: path.to_owned(),
        })
    }
}

/// What SQLite says, in words that name the file and what to do.
pub(crate) fn explain(path: &Path, error: rusqlite::Error) -> Error {
    let path: PathBuf = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => Error::Corrupt { path },
        Some(ErrorCode::NotADatabase) => Error::NotADatabase { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => read_only(&path),
        Some(ErrorCode::CannotOpen) => {
            storage("open the database", &path, io::Error::other(error.to_string()))
        }
        _ => Error::Engine(error.into()),
    }
}

fn read_only(path: &Path) -> Error {
    Error::ReadOnly {
        path: path.to_owned(),
    }
}

/// A file or folder of the service's own that could not be used.
pub(crate) fn storage(what: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Storage {
        what,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_new_database_is_its_owners_and_writes_ahead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/app.db");
        make_folder(&path).unwrap();
        let db = open(&path, None, READ_PATIENCE).unwrap();
        db.execute_batch("CREATE TABLE t (x) STRICT").unwrap_err();
        db.execute_batch("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (7)")
            .unwrap();
        let reader = open_for_reading(&path, None).unwrap();
        let seven: i64 = reader.query_row("SELECT x FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(seven, 7);
        assert!(reader.execute("INSERT INTO t VALUES (8)", []).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(&files::beside(&path, "-wal")), 0o600);
            assert_eq!(mode(&folder.path().join("new")), 0o700);
        }
    }

    #[test]
    fn the_log_is_emptied_once_nobody_reads_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let db = open(&path, Duration::ZERO).unwrap();
        db.execute_batch("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (7)")
            .unwrap();
        let log = || std::fs::metadata(files::beside(&path, "-wal")).unwrap().len();
        assert!(log() > 0);
        let reader = open_for_reading(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
        db.execute_batch("INSERT INTO t VALUES (8)").unwrap();
        assert!(!empty_log(&db));
        assert!(log() > 0);
        reader.execute_batch("COMMIT").unwrap();
        assert!(empty_log(&db));
        assert_eq!(log(), 0);
    }

    #[test]
    fn what_is_not_a_database_is_said_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        std::fs::write(&path, "Dear reader, this is a letter.").unwrap();
        assert!(matches!(
            open(&path, None, READ_PATIENCE),
            Err(Error::NotADatabase { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), b"Dear reader, this is a letter.");
        assert!(matches!(
            open(folder.path(), None, READ_PATIENCE),
            Err(Error::NotADatabase { .. })
        ));
    }

    #[test]
    fn a_damaged_database_is_said_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let mut damaged = MAGIC.to_vec();
        damaged.resize(8_192, 0xA5);
        std::fs::write(&path, &damaged).unwrap();
        let error = open(&path, None, READ_PATIENCE).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Database | ErrorKind::Foreign),
            "{error}"
        );
        assert!(error.to_string().contains("app.db"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), damaged);
    }
}
