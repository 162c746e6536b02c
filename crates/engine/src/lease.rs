//! The lease: which process drains.
//!
//! Owns the table `outrigger_lease`. A generation is never reused, and whoever sends or records an answer checks it in that transaction, so a holder
//! that was paused and wakes up writes nothing.

use rusqlite::params;

use crate::db::Db;
use crate::error::Error;
use crate::time::{Millis, Wall};

/// A holder that does nothing for so long may be relieved.
pub(crate) const LENGTH: Millis = Millis(3_000);

/// The generation under which a process drains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation(pub(crate) i64);

/// What asking for the lease gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is held already.
    Held,
    /// It is held from now on; what the former holder had in flight is to be queued again.
    Taken(Generation),
    /// Another holds it; ask again after so long.
    Denied(Millis),
}

/// Whether this generation is the newest.
pub(crate) fn is_current(db: &Db<'_>, generation: Generation) -> Result<bool, Error> {
    let newest: i64 = db
        .prepare_cached("SELECT generation FROM outrigger_lease")?
        .query_row([], |row| row.get(0))?;
    Ok(newest == generation.0)
}

/// Asks for the lease, or renews it.
pub(crate) fn hold(
    db: &Db<'_>,
    holder: &[u8; 16],
    mine: Option<Generation>,
    wall: Wall,
) -> Result<Asked, Error> {
    let (newest, until): (i64, i64) = db
        .prepare_cached("SELECT generation, until FROM outrigger_lease")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let left = until.saturating_sub(wall.0);
    let is_mine = mine == Some(Generation(newest));
    if is_mine && (LENGTH.0 / 2..=LENGTH.0).contains(&left) {
        return Ok(Asked::Held);
    }
    // A wall clock that was set back makes a lease look longer than any lease is: it has ended.
    let has_ended = left <= 0 || left > LENGTH.0;
    if !is_mine && !has_ended {
        return Ok(Asked::Denied(Millis(left)));
    }
    let generation = if is_mine { newest } else { newest.saturating_add(1) };
    db.prepare_cached("UPDATE outrigger_lease SET holder = ?1, generation = ?2, until = ?3")?
        .execute(params![
            holder.as_slice(),
            generation,
            wall.0.saturating_add(LENGTH.0)
        ])?;
    Ok(if is_mine {
        Asked::Held
    } else {
        Asked::Taken(Generation(generation))
    })
}

/// Ends whatever lease there is: the host knows that its holder has died.
pub(crate) fn expire(db: &Db<'_>) -> Result<(), Error> {
    db.prepare_cached("UPDATE outrigger_lease SET until = 0")?
        .execute([])?;
    Ok(())
}

/// Lets the lease go, so that another need not wait for its end.
pub(crate) fn release(db: &Db<'_>, mine: Generation) -> Result<(), Error> {
    db.prepare_cached("UPDATE outrigger_lease SET until = 0 WHERE generation = ?1")?
        .execute([mine.0])?;
    Ok(())
}
