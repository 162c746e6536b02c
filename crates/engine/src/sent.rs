//! The request of a row as it was first made: it is made again to the letter, under the same sequence.
//!
//! Owns the table `outrigger_sent`, and a row's sequence with it. Never decides what is sent.

use rusqlite::{OptionalExtension as _, params};

use crate::db::Db;
use crate::error::Error;
use crate::http::{Method, Target};
use crate::ids::{Place, Sequence};
use crate::queue::{self, Row};

/// A request as it was first made.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) target: Target,
    pub(crate) guarded: bool,
    pub(crate) body: Option<String>,
}

/// The request that was kept for a row.
pub(crate) fn find(db: &Db<'_>, row: &Row) -> Result<Option<Sent>, Error> {
    let Some(sequence) = row.sequence else {
        return Ok(None);
    };
    let found: Option<(String, String, bool, Option<String>)> = db
        .prepare_cached("SELECT method, target, guarded, body FROM outrigger_sent WHERE sequence = ?1")?
        .query_row([sequence], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((method, target, guarded, body)) = found else {
        return Ok(None);
    };
    let unreadable = |error| {
        Error::Database(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            Box::new(error),
        ))
    };
    Ok(Some(Sent {
        method: serde_json::from_str(&method).map_err(unreadable)?,
        target: serde_json::from_str(&target).map_err(unreadable)?,
        guarded,
        body,
    }))
}

/// Keeps a request under the sequence that its row has now.
pub(crate) fn keep(db: &Db<'_>, place: Place, sequence: Sequence, sent: &Sent) -> Result<(), Error> {
    let json = |error| Error::Database(rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
    db.prepare_cached(
        "INSERT INTO outrigger_sent (sequence, place, method, target, guarded, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        sequence,
        place,
        serde_json::to_string(&sent.method).map_err(json)?,
        serde_json::to_string(&sent.target).map_err(json)?,
        sent.guarded,
        sent.body,
    ])?;
    Ok(())
}

/// A row is as if it had never been sent.
pub(crate) fn forget(db: &Db<'_>, row: &mut Row) -> Result<(), Error> {
    if let Some(sequence) = row.sequence.take() {
        delete(db, sequence)?;
        queue::save_sequence(db, row)?;
    }
    Ok(())
}

/// Removes the request of a row that leaves the queue.
pub(crate) fn delete(db: &Db<'_>, sequence: Sequence) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_sent WHERE sequence = ?1")?
        .execute([sequence])?;
    Ok(())
}

/// The rows that were sent, oldest first.
pub(crate) fn places(db: &Db<'_>) -> Result<Vec<Place>, Error> {
    let mut statement = db.prepare_cached("SELECT place FROM outrigger_sent ORDER BY place")?;
    Ok(statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The lowest sequence whose answer is not recorded.
pub(crate) fn lowest_open(db: &Db<'_>) -> Result<Option<Sequence>, Error> {
    Ok(db
        .prepare_cached("SELECT min(sequence) FROM outrigger_sent")?
        .query_row([], |row| row.get(0))?)
}
