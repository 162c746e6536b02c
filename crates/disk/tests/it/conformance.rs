//! The disk against SQLite's own VFS: the same statements, on the same connections, give the same rows and the same errors.

use outrigger_disk::Disk;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

use crate::dice::Dice;

const CONNECTIONS: usize = 3;

/// What a statement gave: its rows, or its error.
fn run(db: &Connection, sql: &str) -> Result<Vec<Vec<Value>>, i32> {
    let code = |error: rusqlite::Error| error.sqlite_error().map_or(-1, |error| error.extended_code);
    let mut statement = db.prepare(sql).map_err(code)?;
    let columns = statement.column_count();
    let mut rows = statement.query([]).map_err(code)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(code)? {
        found.push((0..columns).map(|column| row.get(column).unwrap()).collect());
    }
    Ok(found)
}

/// A statement, and the connection that it runs on. Two of three begin nothing that they do not end.
fn statement(dice: &mut Dice) -> (usize, String) {
    let key = dice.below(40);
    let size = *dice.one(&[10, 300, 5_000, 60_000]);
    let value = dice.below(1_000_000);
    let table = dice.one(&["a", "b"]);
    let sql = match dice.below(30) {
        0..=7 => format!("INSERT OR REPLACE INTO {table} VALUES ({key}, {value}, zeroblob({size}))"),
        8 | 9 => format!("DELETE FROM {table} WHERE k % 7 = {key} % 7"),
        10 | 11 => format!("UPDATE {table} SET v = v + 1 WHERE k < {key}"),
        12 => "INSERT INTO b SELECT k + 100, v, x FROM a WHERE k NOT IN (SELECT k - 100 FROM b)".to_owned(),
        13..=16 => format!("SELECT k, v, length(x) FROM {table} ORDER BY v, k"),
        17 => "BEGIN".to_owned(),
        18 => "BEGIN IMMEDIATE".to_owned(),
        19 => "SAVEPOINT part".to_owned(),
        20 => "ROLLBACK TO part".to_owned(),
        21..=23 => "COMMIT".to_owned(),
        24 => "ROLLBACK".to_owned(),
        25 => (*dice.one(&[
            "PRAGMA wal_checkpoint(PASSIVE)",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "PRAGMA wal_checkpoint(RESTART)",
        ]))
        .to_owned(),
        26 => format!(
            "PRAGMA journal_mode = {}",
            dice.one(&["WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY"])
        ),
        27 => "VACUUM".to_owned(),
        28 => "PRAGMA integrity_check".to_owned(),
        _ => "SELECT count(*), sum(v), sum(length(x)) FROM a".to_owned(),
    };
    (dice.below(CONNECTIONS as u64) as usize, sql)
}

fn open_theirs(path: &Path) -> Connection {
    Connection::open_with_flags_and_vfs(path, OpenFlags::default(), c"unix").unwrap()
}

/// The real one need not wait for a real disk, and pages are pushed out early. Any of it may find the other connections in the way.
fn set_up(ours: &Connection, theirs: &Connection) {
    for sql in [
        "PRAGMA busy_timeout = 0",
        "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = 5",
        "PRAGMA cache_spill = 5",
        "PRAGMA wal_autocheckpoint = 20",
    ] {
        assert_eq!(run(ours, sql), run(theirs, sql), "{sql}");
    }
}

fn check(seed: u64) -> (usize, usize) {
    let disk = Disk::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let mut ours: Vec<_> = (0..CONNECTIONS)
        .map(|_| disk.open(disk.process(), "app.db").unwrap())
        .collect();
    let mut theirs: Vec<_> = (0..CONNECTIONS).map(|_| open_theirs(&path)).collect();
    for which in 0..CONNECTIONS {
        set_up(&ours[which], &theirs[which]);
    }
    for table in ["a", "b"] {
        let sql =
            format!("CREATE TABLE {table} (k INTEGER PRIMARY KEY, v INTEGER NOT NULL, x BLOB NOT NULL)");
        assert_eq!(run(&ours[0], &sql), run(&theirs[0], &sql));
    }
    let mut dice = Dice::new(seed);
    let (mut rows, mut errors) = (0, 0);
    for step in 0..150 {
        if dice.below(25) == 0 {
            let which = dice.below(CONNECTIONS as u64) as usize;
            ours[which] = disk.open(disk.process(), "app.db").unwrap();
            theirs[which] = open_theirs(&path);
            set_up(&ours[which], &theirs[which]);
        }
        let (which, sql) = statement(&mut dice);
        let (our, their) = (run(&ours[which], &sql), run(&theirs[which], &sql));
        assert_eq!(our, their, "seed {seed}, step {step}, connection {which}: {sql}");
        assert_eq!(ours[which].is_autocommit(), theirs[which].is_autocommit());
        match our {
            Ok(found) => rows += found.len(),
            Err(_) => errors += 1,
        }
    }
    drop((ours, theirs));
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(disk.names(), left, "seed {seed}: other files are left");
    assert_eq!(
        disk.size("app.db"),
        Some(std::fs::metadata(&path).unwrap().len()),
        "seed {seed}"
    );
    (rows, errors)
}

#[test]
fn statements_give_what_they_give_on_a_real_disk() {
    let played: Vec<_> = (0..40).map(check).collect();
    let rows: usize = played.iter().map(|(rows, _)| rows).sum();
    let errors: usize = played.iter().map(|(_, errors)| errors).sum();
    println!("40 scripts of 150 statements: {rows} rows and {errors} errors alike");
    assert!(rows > 1_000 && errors > 100, "{rows} rows, {errors} errors");
}
