//! The change log in SQLite: gathered while a transaction runs, written when it is committed.
//!
//! Owns what is gathered. A batch changes one scope a hundred times; its version is written once, and of each object its
//! newest change only. Never reads the log otherwise.

use std::collections::BTreeMap;

use rusqlite::params;

use super::SqliteTransaction;
use crate::ids::Timestamp;
use crate::store::{Change, ChangeOperation, ObjectKind, Result};

/// Changes in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Log {
    changes: Vec<Logged>,
}

#[derive(Debug)]
struct Logged {
    scope: String,
    kind: ObjectKind,
    object: String,
    operation: ChangeOperation,
    at: Timestamp,
}

impl Log {
    pub(super) fn add(&mut self, scope: &str, change: Change<'_>, at: Timestamp) {
        self.changes.push(Logged {
            scope: scope.to_owned(),
            kind: change.kind,
            object: change.object.to_owned(),
            operation: change.operation,
            at,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Forgets what came after the first `length`: it was undone.
    pub(super) fn truncate(&mut self, length: usize) {
        self.changes.truncate(length);
    }

    /// Writes what was gathered.
    pub(super) fn write(self, tx: &SqliteTransaction<'_>) -> Result<()> {
        let mut scopes: BTreeMap<&str, Vec<&Logged>> = BTreeMap::new();
        for change in &self.changes {
            scopes.entry(&change.scope).or_default().push(change);
        }
        for (scope, changes) in scopes {
            write_scope(tx, scope, &changes)?;
        }
        Ok(())
    }
}

/// Every change takes a version; only an object's newest is kept.
fn write_scope(tx: &SqliteTransaction<'_>, scope: &str, changes: &[&Logged]) -> Result<()> {
    let known: Option<i64> = tx.find("SELECT version FROM scopes WHERE scope = ?1", [scope], |row| {
        row.get(0)
    })?;
    let before = known.unwrap_or(0);
    let mut newest = BTreeMap::new();
    for (version, change) in (before + 1..).zip(changes) {
        newest.insert((change.kind.name(), change.object.as_str()), (version, *change));
    }
    let mut newest: Vec<_> = newest.into_values().collect();
    newest.sort_unstable_by_key(|(version, _)| *version);
    for (version, change) in newest {
        tx.execute(
            "INSERT INTO changes (scope, version, kind, object, operation, changed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (scope, kind, object) DO UPDATE
             SET version = excluded.version, operation = excluded.operation, changed_at = excluded.changed_at",
            params![
                scope,
                version,
                change.kind.name(),
                change.object,
                change.operation.name(),
                change.at.millis()
            ],
        )?;
    }
    let version = before + changes.len() as i64;
    let sql = match known {
        Some(_) => "UPDATE scopes SET version = ?2 WHERE scope = ?1",
        None => "INSERT INTO scopes (scope, version) VALUES (?1, ?2)",
    };
    tx.execute(sql, params![scope, version])?;
    Ok(())
}
