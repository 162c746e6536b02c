//! Bringing a file to this version: which file it is, which steps are missing.
//!
//! Owns the list of steps and the file's identity. Never drops what a user wrote.

use std::path::Path;

use rand::CryptoRng;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::Error;

/// "Outr", in the file's header: no other program's database is taken for ours.
const APPLICATION_ID: i64 = 0x4f75_7472;

const STEPS: [&str; 3] = [
    include_str!("migrations/0001-accounts.sql"),
    include_str!("migrations/0002-clients.sql"),
    include_str!("migrations/0003-content.sql"),
];

pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    random: &mut dyn CryptoRng,
) -> Result<(), Error> {
    let version = identify(connection, path)?;
    let failed = |source| Error::open(path, source);
    // Durable at commit: what was answered must survive power loss.
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(failed)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    if version == STEPS.len() {
        return Ok(());
    }
    let tx = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    for step in &STEPS[version..] {
        tx.execute_batch(step).map_err(failed)?;
    }
    if version == 0 {
        let mut secret = [0u8; 32];
        random.fill_bytes(&mut secret);
        tx.execute(
            "INSERT INTO server (id, epoch, secret) VALUES (1, ?1, ?2)",
            params![new_epoch(random), secret],
        )
        .map_err(failed)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    tx.pragma_update(None, "user_version", STEPS.len() as i64)
        .map_err(failed)?;
    tx.commit().map_err(failed)
}

/// How many steps the file has seen, or why it is not for us.
fn identify(connection: &Connection, path: &Path) -> Result<usize, Error> {
    let failed = |source| Error::open(path, source);
    let application: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(failed)?;
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed)?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(Error::ForeignDatabase {
            path: path.to_owned(),
        });
    }
    match usize::try_from(version) {
        Ok(version) if version <= STEPS.len() => Ok(version),
        _ => Err(Error::NewerDatabase {
            path: path.to_owned(),
            found: version,
            known: STEPS.len() as i64,
        }),
    }
}

/// A random UUID.
pub(super) fn new_epoch(random: &mut dyn CryptoRng) -> String {
    let mut bytes = [0u8; 16];
    random.fill_bytes(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    uuid::Uuid::from_bytes(bytes).to_string()
}
