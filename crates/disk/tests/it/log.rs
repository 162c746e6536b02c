//! What a failed sync leaves of a write-ahead log, and what becomes of what is written behind it.

use outrigger_disk::{Disk, Failure, On, Process, What};
use outrigger_engine::scenario::Notes;
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Engine, Limits, Options};
use rusqlite::Connection;
use std::sync::Arc;

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

fn open_engine(disk: &Disk, process: Process) -> Engine<Notes> {
    let now = Now {
        wall: Wall(1_700_000_000_000),
        monotonic: Monotonic(0),
    };
    let options = Options {
        server: "https://notes.example".to_owned(),
        account: "ann".to_owned(),
        seed: [1; 32],
        now,
        limits: Limits::default(),
        concurrency: 4,
        shared: true,
        durable: true,
    };
    let db = disk.open(process, "app.db").unwrap();
    Engine::open(db, Arc::new(Notes::default()), options).unwrap()
}

/// Of two processes on a database one dies of a commit whose sync failed. It comes back, does this, and looks; then both close, and the database is opened again. Whether the
/// commit is there: at the look, and at the end.
fn seen_of_a_failed_commit(seed: u64, open: impl FnOnce(&Disk, Process) -> Connection) -> [bool; 2] {
    let disk = Disk::new(seed);
    let [other, dying] = [disk.process(), disk.process()];
    let engine = open_engine(&disk, other);
    let db = self::open(&disk, dying, |_| {});
    disk.fail(Some(Failure::once(What::SyncFails, 1).on(On::Syncs)));
    db.execute("INSERT INTO t VALUES (7)", []).unwrap_err();
    disk.kill(dying);
    drop(db);
    let back = disk.process();
    let db = open(&disk, back);
    let at_the_look = !rows(&db).is_empty();
    disk.kill(back);
    disk.kill(other);
    drop((db, engine));
    let db = disk.open(disk.process(), "app.db").unwrap();
    [at_the_look, !rows(&db).is_empty()]
}

/// Whoever opens a database writes to it: what they see of a commit that failed is how it stays.
#[test]
fn a_failed_commit_that_was_not_there_does_not_appear_later() {
    for seed in 0..SEEDS {
        let seen = seen_of_a_failed_commit(seed, |disk, process| {
            drop(open_engine(disk, process));
            disk.open(process, "app.db").unwrap()
        });
        assert_eq!(seen, [false, false], "seed {seed}");
    }
}

/// Else the test above would say nothing.
#[test]
fn where_nothing_is_written_it_does() {
    let seen = seen_of_a_failed_commit(1, |disk, process| disk.open(process, "app.db").unwrap());
    assert_eq!(seen, [false, true]);
}
