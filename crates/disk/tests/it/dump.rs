//! All that a database says, to be compared.

use rusqlite::types::Value;
use rusqlite::{Connection, Result};

/// Every row of every table, as text; empty where there is none.
pub(crate) fn dump(db: &Connection) -> Result<String> {
    let mut told = String::new();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    for table in tables {
        let mut statement = db.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| Ok(told_value(row.get(column)?)));
            let values: Vec<String> = values.collect::<Result<_>>()?;
            lines.push(format!("{table}: {}\n", values.join(", ")));
        }
        lines.sort();
        told.extend(lines);
    }
    Ok(told)
}

fn told_value(value: Value) -> String {
    match value {
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    }
}

/// A dump without what is drawn at random: ids, and the times at which something is due. What stays are rows, words and small numbers.
pub(crate) fn blurred(dump: &str) -> String {
    let mut lines: Vec<_> = dump.lines().map(blurred_line).collect();
    lines.sort();
    lines.join("\n")
}

fn blurred_line(line: &str) -> String {
    let mut blurred = String::with_capacity(line.len());
    let is_of_an_id = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let run = rest.find(|letter| !is_of_an_id(letter)).unwrap_or(rest.len());
        let digits = rest
            .find(|letter: char| !letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let (length, instead) = match (run, digits) {
            (32.., _) => (run, "#"),
            (_, 3..) => (digits, "0"),
            _ => (letter.len_utf8(), &rest[..letter.len_utf8()]),
        };
        blurred.push_str(instead);
        rest = &rest[length..];
    }
    blurred
}

/// The same, of a database that has to be whole.
pub(crate) fn checked_dump(db: &Connection) -> String {
    let check: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    dump(db).unwrap()
}

/// Where two dumps differ.
pub(crate) fn difference(is: &str, was: &str) -> String {
    let of = |one: &str, other: &str, sign: char| {
        let missing = one.lines().filter(|line| !other.lines().any(|had| had == *line));
        missing.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    of(was, is, '-') + &of(is, was, '+')
}
