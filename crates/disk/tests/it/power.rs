//! The disk is as evil as it says: what SQLite promises of each `synchronous` is kept, and no more than that.

use outrigger_disk::Disk;
use rusqlite::{Connection, Result};

use crate::dice::Dice;

/// What became of the acknowledged commits.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fates {
    cuts: u64,
    /// Times that the last of them were gone.
    shortened: u64,
    /// How many were gone in all.
    lost: u64,
    /// Times that the database was damaged, or one was gone that was older than another.
    corrupt: u64,
}

/// The commits that are there; `None` where the database is damaged.
fn found(db: &Connection) -> Result<Option<u64>> {
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    // Each commit is a row in one table and changes many of another: half a commit is damage too.
    let (count, last, sum): (u64, u64, u64) = db.query_row(
        "SELECT count(*), coalesce(max(n), 0), (SELECT sum(v) FROM wide) FROM done",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok((check == "ok" && count == last && sum == 20 * last).then_some(last))
}

fn play(journal: &str, synchronous: &str, seed: u64, fates: &mut Fates) {
    let disk = Disk::new(seed);
    let mut dice = Dice::new(seed);
    let open = || {
        let db = disk.open(disk.process(), "app.db")?;
        db.execute_batch(&format!(
            "PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 12; PRAGMA cache_size = 8"
        ))?;
        Ok::<_, rusqlite::Error>(db)
    };
    let db = open().unwrap();
    db.execute_batch(
        "BEGIN; CREATE TABLE done (n INTEGER PRIMARY KEY) STRICT; CREATE TABLE wide (k INTEGER PRIMARY KEY, v INTEGER NOT NULL, x BLOB NOT NULL) STRICT;
         WITH RECURSIVE c (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < 20) INSERT INTO wide SELECT k, 0, zeroblob(700) FROM c;
         COMMIT",
    )
    .unwrap();
    // The beginning is certain, whatever the mode.
    let image = disk.copy();
    drop(db);
    disk.put_back(&image);
    let db = open().unwrap();
    disk.cut_power_after(1 + dice.below(250));
    let mut acknowledged = 0;
    while db
        .execute_batch(&format!(
            "BEGIN; INSERT INTO done VALUES ({}); UPDATE wide SET v = v + 1; COMMIT",
            acknowledged + 1
        ))
        .is_ok()
    {
        acknowledged += 1;
    }
    assert_eq!(
        disk.power_cuts(),
        1,
        "{journal} {synchronous} {seed}: it ended without"
    );
    drop(db);
    fates.cuts += 1;
    match open().and_then(|db| found(&db)) {
        Ok(Some(last)) if last < acknowledged => {
            fates.shortened += 1;
            fates.lost += acknowledged - last;
        }
        // One that was not acknowledged may have been done.
        Ok(Some(last)) => assert!(last <= acknowledged + 1),
        Ok(None) | Err(_) => fates.corrupt += 1,
    }
}

fn cuts(journal: &str, synchronous: &str) -> Fates {
    let mut fates = Fates::default();
    for seed in 0..300 {
        play(journal, synchronous, seed, &mut fates);
    }
    println!("{journal} {synchronous}: {fates:?}");
    fates
}

#[test]
fn with_synchronous_full_a_log_loses_nothing() {
    let fates = cuts("WAL", "FULL");
    assert_eq!((fates.shortened, fates.corrupt), (0, 0), "{fates:?}");
}

#[test]
fn with_synchronous_normal_a_log_loses_its_end_and_nothing_else() {
    let fates = cuts("WAL", "NORMAL");
    assert!(fates.shortened > 50, "the power cuts are too mild: {fates:?}");
    assert_eq!(fates.corrupt, 0, "{fates:?}");
}

#[test]
fn with_synchronous_off_a_power_cut_destroys() {
    let fates = cuts("WAL", "OFF");
    assert!(fates.corrupt > 50, "the power cuts are too mild: {fates:?}");
    let fates = cuts("DELETE", "OFF");
    assert!(fates.corrupt > 50, "the power cuts are too mild: {fates:?}");
}

/// SQLite's documentation: in this mode the deletion of the journal is synced with EXTRA only, and without it the last commit may be undone.
#[test]
fn a_journal_loses_its_last_commit_unless_its_deletion_is_synced() {
    let fates = cuts("DELETE", "FULL");
    assert_eq!(fates.corrupt, 0, "{fates:?}");
    assert!(fates.shortened > 5 && fates.lost == fates.shortened, "{fates:?}");
    let fates = cuts("DELETE", "EXTRA");
    assert_eq!((fates.shortened, fates.corrupt), (0, 0), "{fates:?}");
}
