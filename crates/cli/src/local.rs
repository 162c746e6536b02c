//! Reading the account's database as it stands, without the service: nothing is sent meanwhile, and nobody is in the way.
//!
//! Owns a connection that can only read. Never judges a database: one that cannot be read is opened by the service, which can say why.

use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::context::Context;
use crate::error::Error;

/// How long a read waits for a process that is just opening or closing the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads.
pub(crate) async fn read<T, F>(context: &Context<'_>, read: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, outrigger_engine::Error> + Send + 'static,
{
    let account = context.account()?;
    let path = context.home.database(&account);
    if !path.exists() {
        context.service().await?;
    }
    match run(path, read).await {
        Ok(found) => Ok(found),
        Err(error) => {
            // What is wrong with a database, the service says in better words.
            context.service().await?;
            Err(error)
        }
    }
}

async fn run<T, F>(path: PathBuf, read: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, outrigger_engine::Error> + Send + 'static,
{
    let reading = move || {
        let mut db = open(&path)?;
        let snapshot = db.transaction()?;
        read(&snapshot).map_err(outrigger_client::Error::from)
    };
    tokio::task::spawn_blocking(reading)
        .await
        .map_err(|error| Error::Failed(format!("the read was cut short: {error}")))?
        .map_err(Error::from)
}

/// Opens a database for reading only.
pub(crate) fn open(path: &Path) -> Result<Connection, outrigger_client::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}
