//! Raw rusqlite: the same row changes as a program made, as a careful programmer would write them who knew them all beforehand.
//!
//! Owns what the limits of the disk are: for each transaction the net change of each row, once; one prepared statement for each shape; ready values;
//! WAL and `synchronous=FULL`, as the programs have it. It reads nothing, decides nothing and serialises nothing. Never runs on a database that is used
//! again.

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, Statement, params_from_iter};
use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Error;
use crate::trace::{Change, Record, Table, Trace, Traced};

/// One prepared statement, run once.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    statement: usize,
    values: Vec<Value>,
}

/// Transactions, ready to be run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replay {
    statements: Vec<String>,
    pub(crate) transactions: Vec<Vec<Run>>,
}

impl Replay {
    /// The changes up to each of these marks, as one transaction each; what comes after the last is the last one's.
    pub(crate) fn of(trace: &Trace, marks: &[i64], wanted: impl Fn(&Table) -> bool) -> Self {
        let mut replay = Self::default();
        let mut rest = trace.changes.as_slice();
        for (index, mark) in marks.iter().enumerate() {
            let is_last = index + 1 == marks.len();
            let end = rest.iter().position(|traced| traced.number > *mark && !is_last);
            let (these, later) = rest.split_at(end.unwrap_or(rest.len()));
            rest = later;
            let runs = net(trace, these, &wanted)
                .into_iter()
                .map(|(table, change)| replay.run_of(table, &change))
                .collect();
            replay.transactions.push(runs);
        }
        replay
    }

    /// One more statement in a transaction, before all others.
    pub(crate) fn prepend(&mut self, transaction: usize, sql: &str, values: Vec<Value>) {
        let statement = self.statement(sql.to_owned());
        if let Some(runs) = self.transactions.get_mut(transaction) {
            runs.insert(0, Run { statement, values });
        }
    }

    /// The same statements, all in one transaction.
    pub(crate) fn in_one(&self) -> Self {
        Self {
            statements: self.statements.clone(),
            transactions: vec![self.transactions.concat()],
        }
    }

    fn statement(&mut self, sql: String) -> usize {
        let known = self.statements.iter().position(|known| *known == sql);
        known.unwrap_or_else(|| {
            self.statements.push(sql);
            self.statements.len() - 1
        })
    }

    fn run_of(&mut self, table: &Table, change: &Change) -> Run {
        let (sql, values) = spoken(table, change);
        Run {
            statement: self.statement(sql),
            values,
        }
    }
}

/// A database with the statements of a replay, prepared.
pub(crate) struct Raw<'a> {
    begin: Statement<'a>,
    commit: Statement<'a>,
    statements: Vec<Statement<'a>>,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(db: &'a Connection, replay: &Replay) -> Result<Self, Error> {
        Ok(Self {
            begin: db.prepare("BEGIN IMMEDIATE")?,
            commit: db.prepare("COMMIT")?,
            statements: replay
                .statements
                .iter()
                .map(|sql| db.prepare(sql))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Runs transactions of that replay.
    pub(crate) fn run(&mut self, transactions: &[Vec<Run>]) -> Result<(), Error> {
        for runs in transactions {
            self.begin.execute([])?;
            for run in runs {
                self.statements[run.statement].execute(params_from_iter(&run.values))?;
            }
            self.commit.execute([])?;
        }
        Ok(())
    }
}

/// Opens a database as the programs do.
pub(crate) fn open(path: &Path, foreign_keys: bool) -> Result<Connection, Error> {
    let db = Connection::open(path)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", foreign_keys)?;
    // The room and the log that the engine gives itself.
    db.pragma_update(None, "cache_size", -8_192)?;
    db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    Ok(db)
}

/// What a row was before a transaction and is after it.
struct Net {
    before: Option<Record>,
    after: Option<Record>,
    position: usize,
}

/// The net change of each row, in the order in which the rows were first touched (deleted ones: last).
fn net<'t>(trace: &'t Trace, traced: &[Traced], wanted: impl Fn(&Table) -> bool) -> Vec<(&'t Table, Change)> {
    let mut rows: BTreeMap<(usize, String), Net> = BTreeMap::new();
    for (position, Traced { table, change, .. }) in traced.iter().enumerate() {
        let (before, after) = match change {
            Change::Inserted(after) => (None, Some(after)),
            Change::Updated { before, after } => (Some(before), Some(after)),
            Change::Deleted(before) => (Some(before), None),
        };
        let Some(named) = before.or(after) else { continue };
        let known = &trace.tables[*table];
        if !wanted(known) {
            continue;
        }
        let net = rows.entry((*table, key_of(known, named))).or_insert_with(|| Net {
            before: before.cloned(),
            after: None,
            position,
        });
        net.after = after.cloned();
        if net.after.is_none() {
            net.position = position;
        }
    }
    let mut rows: Vec<((usize, String), Net)> = rows.into_iter().collect();
    rows.sort_by_key(|(_, net)| net.position);
    rows.into_iter()
        .filter_map(|((table, _), net)| Some((&trace.tables[table], change_of(net)?)))
        .collect()
}

fn change_of(net: Net) -> Option<Change> {
    match (net.before, net.after) {
        (None, Some(after)) => Some(Change::Inserted(after)),
        (Some(before), Some(after)) if before != after => Some(Change::Updated { before, after }),
        (Some(before), None) => Some(Change::Deleted(before)),
        _ => None,
    }
}

fn key_of(table: &Table, record: &Record) -> String {
    let key: Vec<&Value> = table.key.iter().map(|column| &record[*column]).collect();
    format!("{key:?}")
}

/// As SQL with values: an insert of all columns, an update of those that changed, a delete by key.
fn spoken(table: &Table, change: &Change) -> (String, Vec<Value>) {
    let by_key = |record: &Record| -> (String, Vec<Value>) {
        let columns: Vec<String> = table
            .key
            .iter()
            .map(|column| format!("{} = ?", table.columns[*column]))
            .collect();
        (
            columns.join(" AND "),
            table.key.iter().map(|column| record[*column].clone()).collect(),
        )
    };
    match change {
        Change::Inserted(after) => {
            let marks = vec!["?"; after.len()].join(", ");
            let sql = format!(
                "INSERT INTO {} ({}) VALUES ({marks})",
                table.name,
                table.columns.join(", ")
            );
            (sql, after.clone())
        }
        Change::Updated { before, after } => {
            let changed: Vec<usize> = (0..after.len())
                .filter(|column| before[*column] != after[*column])
                .collect();
            let set: Vec<String> = changed
                .iter()
                .map(|column| format!("{} = ?", table.columns[*column]))
                .collect();
            let (key, key_values) = by_key(before);
            let mut values: Vec<Value> = changed.iter().map(|column| after[*column].clone()).collect();
            values.extend(key_values);
            (
                format!("UPDATE {} SET {} WHERE {key}", table.name, set.join(", ")),
                values,
            )
        }
        Change::Deleted(before) => {
            let (key, values) = by_key(before);
            (format!("DELETE FROM {} WHERE {key}", table.name), values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace;

    #[test]
    fn a_replay_ends_where_the_program_did() {
        let folder = tempfile::tempdir().expect("a folder");
        let (before, after) = (folder.path().join("before.db"), folder.path().join("after.db"));
        let db = Connection::open(&before).expect("a database");
        db.execute_batch(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER NOT NULL, y TEXT) STRICT; INSERT INTO t VALUES (1, 1, 'one'), (2, 2, NULL)",
        )
        .expect("rows");
        drop(db);
        std::fs::copy(&before, &after).expect("a copy");
        trace::install(&after).expect("triggers");
        let db = Connection::open(&after).expect("a database");
        db.execute_batch("INSERT INTO t VALUES (3, 3, 'three'); UPDATE t SET x = 4 WHERE id = 3; INSERT INTO t VALUES (9, 9, ''); DELETE FROM t WHERE id = 9")
            .expect("changes");
        let first = trace::mark(&db).expect("a mark");
        db.execute_batch("UPDATE t SET x = 7, y = 'seven' WHERE id = 1; DELETE FROM t WHERE id = 2")
            .expect("changes");
        let second = trace::mark(&db).expect("a mark");
        drop(db);
        let trace = trace::take(&after).expect("a trace");
        let replay = Replay::of(&trace, &[first, second], |_| true);
        let sizes: Vec<usize> = replay.transactions.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 2], "the net of each transaction");
        let db = open(&before, false).expect("the database");
        Raw::new(&db, &replay)
            .expect("statements")
            .run(&replay.transactions)
            .expect("a replay");
        let rows = |db: &Connection| -> Vec<(i64, i64, Option<String>)> {
            let mut rows = db.prepare("SELECT id, x, y FROM t ORDER BY id").expect("a query");
            let rows = rows
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .expect("rows");
            rows.collect::<Result<_, _>>().expect("rows")
        };
        assert_eq!(rows(&db), rows(&Connection::open(&after).expect("the other")));
    }
}
