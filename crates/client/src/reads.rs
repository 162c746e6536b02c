//! Reads on connections of their own, so that they neither wait for the writer nor make it wait.
//!
//! Owns a few read-only connections and where reads run: off the async threads. Never writes.

use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

use crate::database;
use crate::database_key::DatabaseKey;
use crate::error::Error;

/// At most so many reads at once.
const READS_MAX: usize = 4;

/// The connections for reading. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Reads {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    key: Option<DatabaseKey>,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Reads {
    pub(crate) fn new(path: PathBuf, key: Option<DatabaseKey>) -> Self {
        Self {
            pool: Arc::new(Pool {
                path,
                key,
                turns: Arc::new(Semaphore::new(READS_MAX)),
                idle: Mutex::new(Vec::new()),
            }),
        }
    }

    /// Runs a read in one snapshot of the database.
    pub(crate) async fn read<T, E, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let turns = Arc::clone(&self.pool.turns);
        let turn = turns.acquire_owned().await.map_err(|_| Error::Closed)?;
        let pool = Arc::clone(&self.pool);
        let running = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut db = pool.take()?;
            let snapshot = db.transaction()?;
            let found = read(&snapshot).map_err(Into::into);
            drop(snapshot);
            pool.give_back(db);
            found
        });
        match running.await {
            Ok(found) => found,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_cancelled) => Err(Error::Closed),
            },
        }
    }

    /// Ends all reading: what runs goes on to its end, nothing new begins.
    pub(crate) fn close(&self) {
        self.pool.turns.close();
        self.pool.idle().clear();
    }
}

impl Pool {
    fn take(&self) -> Result<Connection, Error> {
        let idle = self.idle().pop();
        match idle {
            Some(db) => Ok(db),
            None => database::open_for_reading(&self.path, self.key.as_ref()),
        }
    }

    fn give_back(&self, db: Connection) {
        if !self.turns.is_closed() {
            self.idle().push(db);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn count(db: &Connection) -> rusqlite::Result<i64> {
        db.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
    }

    #[tokio::test]
    async fn reads_go_on_while_the_writer_is_inside_a_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let writer = database::open(&path, None, std::time::Duration::ZERO).unwrap();
        writer.execute_batch("CREATE TABLE t (x INTEGER)").unwrap();
        let reads = Reads::new(path, None);
        writer
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
            .unwrap();
        assert_eq!(reads.read(count).await.unwrap(), 0);
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(reads.read(count).await.unwrap(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_read_sees_one_snapshot_and_closing_ends_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        let writer = database::open(&path, None, std::time::Duration::ZERO).unwrap();
        writer.execute_batch("CREATE TABLE t (x INTEGER)").unwrap();
        let reads = Reads::new(path, None);
        let (counted_tx, counted_rx) = mpsc::channel();
        let (written_tx, written_rx) = mpsc::channel::<()>();
        let reading = tokio::spawn({
            let reads = reads.clone();
            async move {
                reads
                    .read(move |db| {
                        let before = count(db)?;
                        counted_tx.send(()).unwrap();
                        written_rx.recv().unwrap();
                        Ok::<_, rusqlite::Error>((before, count(db)?))
                    })
                    .await
            }
        });
        tokio::task::block_in_place(|| counted_rx.recv().unwrap());
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        written_tx.send(()).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
        reads.close();
        assert!(matches!(reads.read(count).await, Err(Error::Closed)));
    }
}
