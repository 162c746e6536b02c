//! SQLite itself on the disk.

use outrigger_disk::{Disk, Failure, On, What, forget_randomness};
use rusqlite::{Connection, ErrorCode, ffi};
use std::time::Duration;

fn wal(db: &Connection, synchronous: &str) {
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; CREATE TABLE IF NOT EXISTS t (x INTEGER NOT NULL) STRICT"
    ))
    .unwrap();
}

fn rows(db: &Connection) -> Vec<i64> {
    let mut statement = db.prepare("SELECT x FROM t ORDER BY rowid").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn check(db: &Connection) {
    let found: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "ok");
}

#[test]
fn processes_write_ahead_beside_each_other_and_one_that_is_killed_leaves_no_trace() {
    let disk = Disk::new(1);
    let (a, b) = (disk.process(), disk.process());
    let killed = disk.open(a, "app.db").unwrap();
    wal(&killed, "FULL");
    let other = disk.open(b, "app.db").unwrap();
    other.busy_timeout(Duration::from_secs(1)).unwrap();
    other.execute("INSERT INTO t VALUES (1)", []).unwrap();
    killed.execute("INSERT INTO t VALUES (2)", []).unwrap();
    assert_eq!(rows(&other), [1, 2]);
    killed
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (3)")
        .unwrap();
    let error = other.execute("INSERT INTO t VALUES (4)", []).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));

    disk.kill(a);
    let error = killed.execute_batch("COMMIT").unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
    assert!(disk.open(a, "app.db").is_err(), "the dead open nothing");
    other.execute("INSERT INTO t VALUES (6)", []).unwrap();
    drop(killed);
    assert_eq!(rows(&other), [1, 2, 6]);
    check(&other);
}

#[test]
fn a_log_is_recovered_when_nobody_is_left() {
    let disk = Disk::new(1);
    let process = disk.process();
    let db = disk.open(process, "app.db").unwrap();
    wal(&db, "NORMAL");
    for x in 0..100 {
        db.execute("INSERT INTO t VALUES (?1)", [x]).unwrap();
    }
    assert!(disk.size("app.db-wal").unwrap() > 100 * 4_096);
    disk.kill(process);
    drop(db);
    let db = disk.open(disk.process(), "app.db").unwrap();
    assert_eq!(rows(&db).len(), 100);
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert_eq!(disk.size("app.db-wal"), Some(0));
    check(&db);
    drop(db);
    assert_eq!(disk.names(), ["app.db"]);
}

/// Kills a process before each of its changes in turn.
#[test]
fn a_transaction_is_whole_wherever_its_process_dies() {
    for mode in ["WAL", "DELETE"] {
        let mut deaths = 0;
        for at in 1.. {
            let disk = Disk::new(at);
            let process = disk.process();
            let db = disk.open(process, "app.db").unwrap();
            db.execute_batch(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (x INTEGER NOT NULL) STRICT; INSERT INTO t VALUES (0)"))
                .unwrap();
            disk.kill_after(process, at);
            let done = db.execute_batch("BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT");
            let is_dead = disk.is_dead(process);
            drop(db);
            let after = disk.open(disk.process(), "app.db").unwrap();
            check(&after);
            let rows = rows(&after);
            assert!(
                rows == [0, 1, 2] || (done.is_err() && rows == [0]),
                "{mode} {at}: {rows:?}"
            );
            if !is_dead {
                break;
            }
            deaths += 1;
        }
        assert!(deaths >= 3, "{mode}: {deaths}");
    }
}

#[test]
fn a_journal_is_rolled_back_and_a_full_disk_says_so() {
    let disk = Disk::new(1);
    let db = disk.open(disk.process(), "app.db").unwrap();
    db.execute_batch(
        "CREATE TABLE t (x INTEGER NOT NULL) STRICT; CREATE TABLE blobs (b BLOB NOT NULL) STRICT",
    )
    .unwrap();
    disk.limit(Some(disk.used() + 50_000));
    let error = db
        .execute("INSERT INTO blobs VALUES (zeroblob(100000))", [])
        .unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert!(disk.used() <= 2 * 8_192 + 50_000);
    disk.limit(None);
    db.execute("INSERT INTO blobs VALUES (zeroblob(100000))", [])
        .unwrap();
    check(&db);
}

#[test]
fn one_operation_fails_and_the_next_does_not() {
    let disk = Disk::new(1);
    let db = disk.open(disk.process(), "app.db").unwrap();
    wal(&db, "FULL");
    for (what, code) in [
        (What::Error, ffi::SQLITE_IOERR_WRITE),
        (What::ShortWrite, ffi::SQLITE_IOERR_WRITE),
        (What::Full, ffi::SQLITE_FULL),
        (What::SyncFails, ffi::SQLITE_IOERR_FSYNC),
    ] {
        let on = if what == What::SyncFails {
            On::Syncs
        } else {
            On::Writes
        };
        disk.fail(Some(Failure::once(what, 1).on(on).in_file("app.db-wal")));
        let error = db.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        let Some(ffi::Error { extended_code, .. }) = error.sqlite_error() else {
            panic!("{error}")
        };
        assert_eq!(*extended_code, code, "{what:?}");
        assert_eq!(disk.failed(), 1);
        db.execute("INSERT INTO t VALUES (2)", []).unwrap();
    }
    disk.fail(Some(Failure::for_ever(What::Error, 3)));
    assert!((0..3).any(|x| db.execute("INSERT INTO t VALUES (?1)", [x]).is_err()));
    assert!(db.execute("INSERT INTO t VALUES (9)", []).is_err());
    disk.fail(None);
    db.execute("INSERT INTO t VALUES (9)", []).unwrap();
    check(&db);
}

#[test]
fn the_time_is_the_disks() {
    let disk = Disk::new(1);
    disk.set_clock(86_400_000);
    let db = disk.open(disk.process(), "app.db").unwrap();
    let day: String = db.query_row("SELECT date('now')", [], |row| row.get(0)).unwrap();
    assert_eq!(day, "1970-01-02");
}

#[test]
fn an_image_is_put_back_and_everybody_dies_of_it() {
    let disk = Disk::new(1);
    let process = disk.process();
    let db = disk.open(process, "app.db").unwrap();
    wal(&db, "FULL");
    db.execute("INSERT INTO t VALUES (1)", []).unwrap();
    let image = disk.copy();
    db.execute("INSERT INTO t VALUES (2)", []).unwrap();
    disk.put_back(&image);
    assert!(disk.is_dead(process));
    drop(db);
    let other = Disk::new(2);
    other.put_back(&image);
    for disk in [disk, other] {
        let db = disk.open(disk.process(), "app.db").unwrap();
        assert_eq!(rows(&db), [1]);
    }
}

#[test]
fn as_the_default_it_takes_its_own_paths_and_leaves_the_others() {
    outrigger_disk::install_as_default();
    let disk = Disk::new(1);
    let path = disk.path(disk.process(), "folder/app.db");
    let db = Connection::open(&path).unwrap();
    wal(&db, "FULL");
    assert_eq!(disk.names(), ["folder/app.db", "folder/app.db-wal"]);
    assert!(disk.contains(b"CREATE TABLE") && !disk.contains(b"no such words"));
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.db");
    let db = Connection::open(&real).unwrap();
    wal(&db, "FULL");
    assert!(folder.path().join("real.db-wal").exists());
    drop(db);
    assert!(!folder.path().join("real.db-wal").exists());
    drop(disk);
    assert!(Connection::open("/outrigger-disk/999999/1/app.db").is_err());
    forget_randomness();
}

#[test]
fn a_fork_may_lose_what_was_not_synced_and_its_origin_does_not_notice() {
    let disk = Disk::new(1);
    let db = disk.open(disk.process(), "app.db").unwrap();
    wal(&db, "OFF");
    db.execute("INSERT INTO t VALUES (1)", []).unwrap();
    let fork = disk.fork(1);
    assert_eq!(rows(&fork.open(fork.process(), "app.db").unwrap()), [1]);
    let sizes: std::collections::BTreeSet<_> = (0..20)
        .map(|seed| {
            let fork = disk.fork(seed);
            fork.cut_power();
            fork.size("app.db-wal")
        })
        .collect();
    assert!(sizes.contains(&None) && sizes.len() > 1, "{sizes:?}");
    assert_eq!(rows(&db), [1]);
}
