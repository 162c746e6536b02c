//! The engine's tables: creating, upgrading and recognising them.
//!
//! Owns the order of migrations and whose database it is. No migration ever deletes a pending row.

use outrigger_planted::{self as planted, Bug};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _, ffi, params};

use crate::app::App;
use crate::engine::Options;
use crate::error::Error;
use crate::ids::{ClientId, IdClock};
use crate::state::ConnectionState;

/// "outr" in the file's header: says whose file it is before any table is read.
const APPLICATION_ID: i64 = 0x6f75_7472;

/// Numbered scripts; `user_version` says how many have run.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001-queue.sql")];

/// What stays the same while a database is open, or nearly so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) client: ClientId,
    pub(crate) epoch: Option<String>,
}

/// Sets the connection up, checks whose database it is, and brings its tables up to date.
pub(crate) fn open<A: App>(
    db: &mut Connection,
    app: &A,
    options: &Options,
    fresh: impl FnOnce(&mut IdClock) -> ClientId,
) -> Result<Identity, Error> {
    db.set_prepared_statement_cache_capacity(128);
    // Else SQLite may prepare a statement anew for every value that is bound to it, hoping for a better plan.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    check_header(db)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    is_written_ahead(db)?;
    // Whose database it is, and that it is one, is certain whatever is risked of what is written later.
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", false)?;
    // KiB, taken as they are needed. With SQLite's own 2 MiB a large call pushes pages out that it is about to change again.
    db.pragma_update(None, "cache_size", -8_192)?;
    limit_log(db, false)?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    migrate(&tx)?;
    let identity = identify::<A>(&tx, options, fresh)?;
    migrate_app::<A>(&tx)?;
    app.opened(&tx)?;
    tx.commit()?;
    is_written_ahead(db)?;
    if !options.durable || planted::is(Bug::NoFsync) {
        db.pragma_update(None, "synchronous", "NORMAL")?;
    }
    Ok(identity)
}

/// Whether the database was switched to the log. Where that fails SQLite may say so only by the mode that it stays in, and there a commit is not certain once
/// it is acknowledged. A database in memory has a mode of its own.
fn is_written_ahead(db: &Connection) -> Result<(), Error> {
    let mode: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") || mode.eq_ignore_ascii_case("memory") {
        return Ok(());
    }
    Err(Error::Database(rusqlite::Error::SqliteFailure(
        ffi::Error::new(ffi::SQLITE_IOERR),
        Some(format!(
            "the database cannot be switched to a write-ahead log: it stays in the mode {mode}"
        )),
    )))
}

/// How much the log may hold before it goes into the database. As a rule 16 MiB: that writes the same few hot pages however many commits it covers,
/// and syncs twice. On the reserve as little as can be: that space is for what waits, not for a log of it.
pub(crate) fn limit_log(db: &Connection, on_reserve: bool) -> Result<(), Error> {
    let pages = if on_reserve { 16 } else { 4_000 };
    Ok(db.pragma_update(None, "wal_autocheckpoint", pages)?)
}

fn check_header(db: &Connection) -> Result<(), Error> {
    let application_id: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application_id != APPLICATION_ID && (tables > 0 || application_id != 0) {
        return Err(Error::Foreign(
            "the database belongs to another program; name another file".to_owned(),
        ));
    }
    if version > MIGRATIONS.len() as i64 {
        return Err(Error::Foreign(format!(
            "the database was written by a newer version of this program (format {version}, known here up to {}); update the program",
            MIGRATIONS.len()
        )));
    }
    Ok(())
}

fn migrate(db: &Connection) -> Result<(), Error> {
    let version: usize = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for script in MIGRATIONS.iter().skip(version) {
        db.execute_batch(script)?;
    }
    if version < MIGRATIONS.len() {
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    // Also where it says so already. A commit that failed while other processes had the database open is behind the end of the log, unseen until the last of them
    // closes, and is found then: whoever opens the database writes over it, so that what they see of it is how it stays. This pragma writes its page whatever
    // is there; an `UPDATE` to the same value does not.
    db.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(())
}

fn identify<A: App>(
    db: &Connection,
    options: &Options,
    fresh: impl FnOnce(&mut IdClock) -> ClientId,
) -> Result<Identity, Error> {
    let known = db
        .query_row(
            "SELECT app, server, account, client, epoch FROM outrigger_identity",
            [],
            |row| {
                let owner: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((
                    owner,
                    Identity {
                        client: row.get(3)?,
                        epoch: row.get(4)?,
                    },
                ))
            },
        )
        .optional()?;
    let Some(((app, server, account), identity)) = known else {
        return create::<A>(db, options, fresh);
    };
    let wanted = [
        ("app", app, A::NAME),
        ("server", server, &options.server),
        ("account", account, &options.account),
    ];
    for (what, is, wanted) in wanted {
        if is != wanted {
            return Err(Error::Foreign(format!(
                "the database belongs to the {what} {is:?}, not to {wanted:?}; use one database for each account"
            )));
        }
    }
    Ok(identity)
}

fn create<A: App>(
    db: &Connection,
    options: &Options,
    fresh: impl FnOnce(&mut IdClock) -> ClientId,
) -> Result<Identity, Error> {
    let mut clock = IdClock {
        millis: 0,
        counter: 0,
    };
    let identity = Identity {
        client: fresh(&mut clock),
        epoch: None,
    };
    db.execute(
        "INSERT INTO outrigger_identity (one, app, app_migrations, server, account, client) VALUES (1, ?1, 0, ?2, ?3, ?4)",
        params![A::NAME, options.server, options.account, identity.client],
    )?;
    db.execute(
        "INSERT INTO outrigger_state (one, timeline, wall, id_millis, id_counter, pending, in_flight, failed, blocked,
             payload_bytes, attachment_bytes, run_total, run_bytes_total, run_bytes_done, sequence_next, watermark, well,
             batch_max, connection, place_next, newest)
         VALUES (1, 0, ?1, ?2, ?3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, ?4, 1, zeroblob(16))",
        params![options.now.wall.0, clock.millis, clock.counter, ConnectionState::default().to_json()],
    )?;
    db.execute(
        "INSERT INTO outrigger_lease (one, holder, generation, until) VALUES (1, x'', 0, 0)",
        [],
    )?;
    Ok(identity)
}

fn migrate_app<A: App>(db: &Connection) -> Result<(), Error> {
    let done: usize = db.query_row("SELECT app_migrations FROM outrigger_identity", [], |row| {
        row.get(0)
    })?;
    if done > A::MIGRATIONS.len() {
        return Err(Error::Foreign(format!(
            "the database was written by a newer version of {} (format {done}, known here up to {}); update the program",
            A::NAME,
            A::MIGRATIONS.len()
        )));
    }
    for script in A::MIGRATIONS.iter().skip(done) {
        db.execute_batch(script)?;
    }
    if done < A::MIGRATIONS.len() {
        db.execute(
            "UPDATE outrigger_identity SET app_migrations = ?1",
            [A::MIGRATIONS.len() as i64],
        )?;
    }
    Ok(())
}

/// Puts the client under a new id: its sequences begin anew.
pub(crate) fn rename_client(db: &Connection, client: ClientId) -> Result<(), Error> {
    db.execute("UPDATE outrigger_identity SET client = ?1", [client])?;
    Ok(())
}

/// Records the epoch of the server's database; `None` takes whatever comes next.
pub(crate) fn set_epoch(db: &Connection, epoch: Option<&str>) -> Result<(), Error> {
    db.execute("UPDATE outrigger_identity SET epoch = ?1", [epoch])?;
    Ok(())
}

pub(crate) fn identity(db: &Connection) -> Result<Identity, Error> {
    let identity = db
        .prepare_cached("SELECT client, epoch FROM outrigger_identity")?
        .query_row([], |row| {
            Ok(Identity {
                client: row.get(0)?,
                epoch: row.get(1)?,
            })
        })?;
    Ok(identity)
}
