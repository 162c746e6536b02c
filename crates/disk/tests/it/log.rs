//! What a failed sync leaves of a write-ahead log, and what becomes of what is written behind it.

use outrigger_disk::{Disk, Failure, On, Process, What};
use rusqlite::Connection;

const SEEDS: u64 = 100;
const BEFORE: i64 = 5;
const AFTER: i64 = 5;

fn open(disk: &Disk, process: Process, make_certain: impl FnOnce(&Connection)) -> Connection {
    let db = disk.open(process, "app.db").unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        .unwrap();
    make_certain(&db);
    db.execute_batch("CREATE TABLE IF NOT EXISTS t (x INTEGER NOT NULL) STRICT")
        .unwrap();
    db
}

fn rows(db: &Connection) -> Vec<i64> {
    let mut statement = db.prepare("SELECT x FROM t WHERE x <> 0 ORDER BY rowid").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A process dies of a sync that failed; the next one does this to the log, and its writes are acknowledged. Whether all that was acknowledged is there after a loss of
/// power, and the database whole.
fn survives(seed: u64, make_certain: impl FnOnce(&Disk, &Connection, Process)) -> bool {
    let disk = Disk::new(seed);
    let process = disk.process();
    let db = open(&disk, process, |_| {});
    for x in 1..=BEFORE {
        db.execute("INSERT INTO t VALUES (?1)", [x]).unwrap();
    }
    disk.fail(Some(Failure::once(What::SyncFails, 1).on(On::Syncs)));
    db.execute("INSERT INTO t VALUES (0)", []).unwrap_err();
    // It dies: a connection that is closed in good order takes its log along.
    disk.kill(process);
    drop(db);
    let process = disk.process();
    let db = open(&disk, process, |db| make_certain(&disk, db, process));
    for x in 1..=AFTER {
        db.execute("INSERT INTO t VALUES (?1)", [BEFORE + x]).unwrap();
    }
    disk.cut_power();
    drop(db);
    let process = disk.process();
    let db = disk.open(process, "app.db").unwrap();
    let is_whole = db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    let expected: Vec<i64> = (1..=BEFORE + AFTER).collect();
    is_whole.is_ok_and(|said| said == "ok") && rows(&db) == expected
}

#[test]
fn what_is_written_behind_a_failed_sync_survives_a_loss_of_power() {
    for seed in 0..SEEDS {
        let survives = survives(seed, |disk, db, process| {
            outrigger_wal::make_certain(db, || disk.rewrite_log(process, "app.db")).unwrap();
        });
        assert!(survives, "seed {seed}: something acknowledged is gone");
    }
}

/// Else the test above would say nothing.
#[test]
fn without_care_it_does_not() {
    let lost = (0..SEEDS).filter(|seed| !survives(*seed, |_, _, _| {}));
    assert!(lost.count() > SEEDS as usize / 10);
}
