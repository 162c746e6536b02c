//! One transaction, and how a part of it is undone.
//!
//! Owns begin, commit and savepoints. A refusal is rare, and a savepoint makes SQLite copy every page that is changed under it: so a transaction
//! first runs without any, and where a part of it must be undone it is rolled back as a whole and run again with them.

use rusqlite::Connection;

use crate::app::App;
use crate::error::Error;
use crate::step::Step;

/// A transaction that may write; rolled back unless it is committed.
pub(crate) struct Transaction<'c> {
    db: &'c Connection,
}

impl<'c> Transaction<'c> {
    pub(crate) fn begin(db: &'c Connection) -> Result<Self, Error> {
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(Self { db })
    }

    pub(crate) fn commit(self) -> Result<(), Error> {
        self.db.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.db.is_autocommit() {
            // Where even this fails nothing was committed, and SQLite rolls back when the file is opened next.
            let _ = self.db.execute_batch("ROLLBACK");
        }
    }
}

/// How a part of a transaction is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undo {
    /// With all of it, which then runs again by [`Undo::Part`].
    Whole,
    /// By itself: it runs in a savepoint.
    Part,
}

/// Why a transaction did not come to its end.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// A part of it must be undone: it is to run again by [`Undo::Part`].
    NeedsSavepoints,
    /// It cannot be committed.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Interrupted {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a part of a step. Where it fails with an error that is its own affair, it leaves nothing behind, and the error is handed out.
pub(crate) fn contained<A: App, T>(
    step: &mut Step<'_, A>,
    is_its_own: impl Fn(&Error) -> bool,
    part: impl FnOnce(&mut Step<'_, A>) -> Result<T, Error>,
) -> Result<Result<T, Error>, Error> {
    if step.undo == Undo::Whole {
        return match part(step) {
            Ok(done) => Ok(Ok(done)),
            Err(error) => {
                step.needs_savepoints |= is_its_own(&error);
                Err(error)
            }
        };
    }
    let before = step.remember();
    step.db.prepare_cached("SAVEPOINT part")?.execute([])?;
    let outcome = match part(step) {
        Ok(done) => Ok(done),
        Err(error) if is_its_own(&error) => {
            step.db.prepare_cached("ROLLBACK TO part")?.execute([])?;
            step.restore(before);
            Err(error)
        }
        Err(error) => return Err(error),
    };
    step.db.prepare_cached("RELEASE part")?.execute([])?;
    Ok(outcome)
}
