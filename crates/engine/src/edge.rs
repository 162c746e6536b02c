//! Edges: a row waits for another, whatever lanes they are in.
//!
//! Owns the table `outrigger_edge` and the rule of what releases an edge. An edge always leads from a newer place to an older one, so there is
//! no cycle.

use rusqlite::params;

use crate::db::Db;
use crate::error::Error;
use crate::ids::Place;

/// What a row waits for another for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgeKind {
    /// What it names must come to be: the create of an entity, the upload of a file. Discarding that discards this too.
    Needs,
    /// They change the same entity, and the older one has left their lane: order must be kept.
    Follows,
    /// It deletes what the older one names: the older one must have gone first, if it goes at all.
    Outlives,
}

/// How a row left the queue, or stopped moving in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It took effect.
    Done,
    /// It was refused, without effect; it may be edited and sent again.
    Rejected,
    /// It was taken out.
    Discarded,
}

impl EdgeKind {
    const fn code(self) -> i64 {
        match self {
            Self::Needs => 1,
            Self::Follows => 2,
            Self::Outlives => 3,
        }
    }

    const fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Needs,
            2 => Self::Follows,
            _ => Self::Outlives,
        }
    }

    /// Whether this fate of the older row lets the newer one go.
    pub(crate) const fn is_released_by(self, fate: Fate) -> bool {
        match (self, fate) {
            (_, Fate::Done) => true,
            (Self::Follows, Fate::Discarded) => true,
            (Self::Outlives, Fate::Discarded | Fate::Rejected) => true,
            (Self::Needs, Fate::Discarded | Fate::Rejected) | (Self::Follows, Fate::Rejected) => false,
        }
    }
}

/// Makes a row wait for another. True where it did not wait for it yet.
pub(crate) fn add(db: &Db<'_>, place: Place, blocker: Place, kind: EdgeKind) -> Result<bool, Error> {
    let added = db
        .prepare_cached("INSERT OR IGNORE INTO outrigger_edge (place, blocker, kind) VALUES (?1, ?2, ?3)")?
        .execute(params![place, blocker, kind.code()])?;
    Ok(added > 0)
}

pub(crate) fn remove(db: &Db<'_>, place: Place, blocker: Place) -> Result<(), Error> {
    db.prepare_cached("DELETE FROM outrigger_edge WHERE place = ?1 AND blocker = ?2")?
        .execute(params![place, blocker])?;
    Ok(())
}

/// What waits for a row, oldest first.
pub(crate) fn dependants(db: &Db<'_>, blocker: Place) -> Result<Vec<(Place, EdgeKind)>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place, kind FROM outrigger_edge WHERE blocker = ?1 ORDER BY place")?;
    let found = statement.query_map([blocker], |row| {
        Ok((row.get(0)?, EdgeKind::from_code(row.get(1)?)))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The first few of what waits for a row.
pub(crate) fn first_dependants(db: &Db<'_>, blocker: Place, limit: usize) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place FROM outrigger_edge WHERE blocker = ?1 ORDER BY place LIMIT ?2")?;
    Ok(statement
        .query_map(params![blocker, limit as i64], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// What a row waits for.
pub(crate) fn blockers(db: &Db<'_>, place: Place) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT blocker FROM outrigger_edge WHERE place = ?1 ORDER BY blocker")?;
    Ok(statement
        .query_map([place], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}
