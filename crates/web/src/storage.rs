//! Where the database is: a pool of files in the origin private file system, or memory where there is none.
//!
//! Owns the installation of SQLite's file system, the connection's first settings, and what its errors mean. Never knows a table.

use outrigger_engine::Error;
use rusqlite::{Connection, ffi};
use sqlite_wasm_rs::vfs::VfsFilesManager as _;
use sqlite_wasm_vfs::sahpool::{OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::JsError;

/// Files that the pool holds: the database, its log, and the journal of the moment before it has one. What is temporary is in memory. Each costs some
/// milliseconds whenever the database is opened.
const POOL_FILES: usize = 4;
/// An open database.
pub(crate) struct Opened {
    pub(crate) db: Connection,
    /// What the files are let go with; `None`: the database is in memory.
    pub(crate) pool: Option<OpfsSAHPoolUtil>,
    /// Whether there was a database before.
    pub(crate) existed: bool,
}

/// Opens the database of this name in a folder of its own. Whoever calls this holds the lock of that name: a second access to the files is refused by the
/// browser.
pub(crate) async fn open(name: &str) -> Result<Opened, JsError> {
    let pool = pool(name).await?;
    let opened = connect(name).and_then(|db| {
        let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((db, tables > 0))
    });
    match opened {
        Ok((db, existed)) => Ok(Opened {
            db,
            pool: Some(pool),
            existed,
        }),
        Err(error) => {
            let_go(Some(&pool));
            Err(error.into())
        }
    }
}

/// Lets the files go, of which none is open. Where that fails they are let go with the Worker.
pub(crate) fn let_go(pool: Option<&OpfsSAHPoolUtil>) {
    if let Some(pool) = pool {
        let _ = pool.pause();
    }
}

/// Empties the files of a database.
pub(crate) async fn erase(name: &str) -> Result<(), JsError> {
    let pool = pool(name).await?;
    let cleared = pool.clear();
    pool.pause()?;
    Ok(cleared?)
}

/// Takes the files of a database. A Worker may have had them before, and let them go; and those of others, of accounts that are signed in no more.
pub(crate) async fn pool(name: &str) -> Result<OpfsSAHPoolUtil, JsError> {
    let config = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(&vfs(name))
        .directory(&format!("outrigger/{name}"))
        .initial_capacity(POOL_FILES)
        .build();
    let pool = install::<sqlite_wasm_rs::WasmOsCallback>(&config, false).await?;
    pool.resume().await?;
    Ok(pool)
}

/// Opens a database whose files were taken.
pub(crate) fn connect(name: &str) -> rusqlite::Result<Connection> {
    let flags = rusqlite::OpenFlags::default();
    let db = Connection::open_with_flags_and_vfs(format!("/{name}.db"), flags, vfs(name).as_str())?;
    // In this order: with the lock held for good the log needs no shared memory, which there is none of.
    db.pragma_update(None, "locking_mode", "exclusive")?;
    db.pragma_update(None, "temp_store", "memory")?;
    Ok(db)
}

/// SQLite's name for the files of a database.
fn vfs(name: &str) -> String {
    format!("outrigger-{name}")
}

/// A database that is gone with the tab.
pub(crate) fn in_memory() -> Result<Opened, JsError> {
    Ok(Opened {
        db: Connection::open_in_memory()?,
        pool: None,
        existed: false,
    })
}

/// What an error of the database's means here. The pool has one word for every write that the browser refuses; but for a browser that is broken, that is one which
/// would take more than the site may have.
pub(crate) fn told(error: Error) -> Error {
    let refused = [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_TRUNCATE];
    match error {
        Error::Database(rusqlite::Error::SqliteFailure(failure, _))
            if refused.contains(&failure.extended_code) =>
        {
            Error::DiskFull
        }
        Error::Database(rusqlite::Error::SqliteFailure(failure, said)) => {
            let said = said.unwrap_or_else(|| failure.to_string());
            let told = format!("{said} (SQLite's code {})", failure.extended_code);
            Error::Database(rusqlite::Error::SqliteFailure(failure, Some(told)))
        }
        other => other,
    }
}
