//! What a program changed in its database: each row, in order, by triggers on a copy of it.
//!
//! Owns the triggers. They are derived from the schema as it is, so the limits that are replayed from a trace keep up with it. Never installed in a
//! database that is being measured.

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::Path;

use crate::error::Error;

/// A row, in the order of its table's columns.
pub(crate) type Record = Vec<Value>;

/// What became of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Inserted(Record),
    Updated { before: Record, after: Record },
    Deleted(Record),
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Traced {
    /// Rises; see [`mark`].
    pub(crate) number: i64,
    /// Of [`Trace::tables`].
    pub(crate) table: usize,
    pub(crate) change: Change,
}

/// A table, as the trace knows it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// Which columns are its key.
    pub(crate) key: Vec<usize>,
}

impl Table {
    /// The value of a column, if the table has it.
    pub(crate) fn value<'a>(&self, record: &'a Record, column: &str) -> Option<&'a Value> {
        let index = self.columns.iter().position(|name| name == column)?;
        record.get(index)
    }
}

/// All that was changed.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) tables: Vec<Table>,
    pub(crate) changes: Vec<Traced>,
}

/// Installs the triggers.
pub(crate) fn install(database: &Path) -> Result<(), Error> {
    let db = Connection::open(database)?;
    let tables = tables(&db)?;
    db.execute_batch(
        "CREATE TABLE bench_trace (n INTEGER PRIMARY KEY, tbl INTEGER NOT NULL, op TEXT NOT NULL);",
    )?;
    for (index, table) in tables.iter().enumerate() {
        db.execute_batch(&triggers(index, table))?;
    }
    Ok(())
}

/// How far the trace has come.
pub(crate) fn mark(db: &Connection) -> Result<i64, Error> {
    let mut statement = db.prepare_cached("SELECT coalesce(max(n), 0) FROM bench_trace")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Reads what was traced and takes the triggers out again.
pub(crate) fn take(database: &Path) -> Result<Trace, Error> {
    let db = Connection::open(database)?;
    let tables = tables(&db)?;
    let mut changes = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let width = table.columns.len();
        let mut rows = db.prepare(&format!(
            "SELECT log.*, bench_trace.op FROM bench_trace JOIN {} AS log USING (n) WHERE tbl = ?1",
            log_of(table)
        ))?;
        let mut rows = rows.query(params![index as i64])?;
        while let Some(row) = rows.next()? {
            let record = |from: usize| -> rusqlite::Result<Record> {
                (from..from + width).map(|column| row.get(column)).collect()
            };
            let (before, after) = (record(1)?, record(1 + width)?);
            let op: String = row.get(1 + 2 * width)?;
            let change = match op.as_str() {
                "i" => Change::Inserted(after),
                "u" => Change::Updated { before, after },
                _ => Change::Deleted(before),
            };
            changes.push(Traced {
                number: row.get(0)?,
                table: index,
                change,
            });
        }
    }
    changes.sort_by_key(|traced| traced.number);
    for table in &tables {
        db.execute_batch(&format!("DROP TABLE {}", log_of(table)))?;
        for op in ["i", "u", "d"] {
            db.execute_batch(&format!("DROP TRIGGER bench_{op}_{}", table.name))?;
        }
    }
    db.execute_batch("DROP TABLE bench_trace; VACUUM;")?;
    Ok(Trace { tables, changes })
}

/// The tables of the program whose database it is.
fn tables(db: &Connection) -> Result<Vec<Table>, Error> {
    let mut names = db.prepare(
        r"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
          AND name NOT LIKE 'bench\_%' ESCAPE '\' ORDER BY name",
    )?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    names.into_iter().map(|name| table(db, name)).collect()
}

fn table(db: &Connection, name: String) -> Result<Table, Error> {
    let mut info = db.prepare("SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    let columns: Vec<(String, i64)> = info
        .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut key: Vec<(i64, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(_, (_, place))| *place > 0)
        .map(|(index, (_, place))| (*place, index))
        .collect();
    key.sort_unstable();
    if key.is_empty() {
        return Err(Error::Unmeasured(format!(
            "the table {name} has no key, so its rows cannot be traced"
        )));
    }
    Ok(Table {
        name,
        columns: columns.into_iter().map(|(name, _)| name).collect(),
        key: key.into_iter().map(|(_, index)| index).collect(),
    })
}

fn log_of(table: &Table) -> String {
    format!("bench_trace_{}", table.name)
}

fn triggers(index: usize, table: &Table) -> String {
    let (name, log) = (&table.name, log_of(table));
    let listed = |prefix: &str| {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{prefix}{column}"))
            .collect();
        columns.join(", ")
    };
    let nothing = vec!["NULL"; table.columns.len()].join(", ");
    let mut sql = format!(
        "CREATE TABLE {log} (n INTEGER PRIMARY KEY, {}, {});",
        listed("b_"),
        listed("a_")
    );
    for (op, event, before, after) in [
        ("i", "INSERT", nothing.clone(), listed("NEW.")),
        ("u", "UPDATE", listed("OLD."), listed("NEW.")),
        ("d", "DELETE", listed("OLD."), nothing.clone()),
    ] {
        sql.push_str(&format!(
            "CREATE TRIGGER bench_{op}_{name} AFTER {event} ON {name} BEGIN
                 INSERT INTO bench_trace (tbl, op) VALUES ({index}, '{op}');
                 INSERT INTO {log} VALUES (last_insert_rowid(), {before}, {after});
             END;"
        ));
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_traced_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let db = Connection::open(&path).expect("a database");
        db.execute_batch(
            "CREATE TABLE t (id BLOB NOT NULL PRIMARY KEY, x INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        )
        .expect("a table");
        install(&path).expect("triggers");
        db.execute_batch("INSERT INTO t VALUES (x'01', 1); UPDATE t SET x = 2; DELETE FROM t")
            .expect("changes");
        drop(db);
        let trace = take(&path).expect("a trace");
        let row = |x| vec![Value::Blob(vec![1]), Value::Integer(x)];
        let changes: Vec<Change> = trace.changes.into_iter().map(|traced| traced.change).collect();
        let expected = [
            Change::Inserted(row(1)),
            Change::Updated {
                before: row(1),
                after: row(2),
            },
            Change::Deleted(row(2)),
        ];
        assert_eq!(changes, expected);
    }
}
