//! Clients, watermarks and recorded answers in SQLite. The one writer is the lock.

use outrigger_planted::{self as planted, Bug};
use rusqlite::params;

use super::{Savepoints, SqliteTransaction, count, failed, integer};
use crate::ids::{IdempotencyKey, Sequence, Timestamp, UserId, Watermark};
use crate::store::clients::{
    Claim, ClientReads, ClientRef, ClientRow, ClientWrites, CreatedRow, RecordRow, RecordedResponse,
};
use crate::store::{ObjectKind, Result, StoreError};

pub(super) const RECORD: &str = "SELECT sequence, fingerprint, status, headers, body
     FROM records WHERE account = ?1 AND client = ?2 AND key = ?3";
pub(super) const KEY_OF_SEQUENCE: &str =
    "SELECT key FROM records WHERE account = ?1 AND client = ?2 AND sequence = ?3";
/// The greatest of those that stand: together with the greatest forgotten, the greatest ever recorded.
pub(super) const HIGHEST: &str = "SELECT max(key) FROM records WHERE account = ?1 AND client = ?2";
pub(super) const FORGET: &str = "DELETE FROM records WHERE account = ?1 AND client = ?2 AND sequence <= ?3";
pub(super) const CREATED: &str = "SELECT kind, object FROM created WHERE account = ?1 AND key = ?2 LIMIT 1";

/// The same of whomever: planted, see [`Bug::KeyNotScopedToUser`].
const RECORD_OF_ANYBODY: &str = "SELECT sequence, fingerprint, status, headers, body
     FROM records WHERE ?1 <> '' AND client = ?2 AND key = ?3";

impl ClientReads for SqliteTransaction<'_> {
    fn client(&self, client: ClientRef<'_>) -> Result<ClientRow> {
        let row = self.find(
            "SELECT watermark, retired_at IS NOT NULL FROM clients WHERE account = ?1 AND client = ?2",
            [client.account.as_str(), client.client.as_str()],
            |row| {
                Ok(ClientRow {
                    watermark: Watermark(count(row.get(0)?)),
                    retired: row.get(1)?,
                })
            },
        )?;
        Ok(row.unwrap_or_default())
    }

    fn created(&self, account: &UserId, key: &IdempotencyKey) -> Result<Option<CreatedRow>> {
        let row = self.find(CREATED, [account.as_str(), key.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        row.map(|(kind, object)| {
            let kind = ObjectKind::parse(&kind)
                .ok_or_else(|| StoreError::Failed(format!("an object of the unknown kind {kind}")))?;
            Ok(CreatedRow { kind, object })
        })
        .transpose()
    }
}

impl ClientWrites for SqliteTransaction<'_> {
    fn lock_client_shared(&mut self, client: ClientRef<'_>) -> Result<ClientRow> {
        self.client(client)
    }

    fn raise_watermark(&mut self, client: ClientRef<'_>, ack: Watermark) -> Result<Watermark> {
        let before = self.client(client)?.watermark;
        if ack > before {
            let highest = self.highest_standing(client)?;
            self.execute(
                "INSERT INTO clients (account, client, watermark, highest_key) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (account, client) DO UPDATE
                 SET watermark = excluded.watermark,
                     highest_key = coalesce(max(highest_key, excluded.highest_key), excluded.highest_key, highest_key)",
                params![client.account.as_str(), client.client.as_str(), integer(ack.0), highest],
            )?;
            self.execute(
                FORGET,
                params![
                    client.account.as_str(),
                    client.client.as_str(),
                    integer(ack.0) + i64::from(planted::is(Bug::ForgottenAboveTheWatermark))
                ],
            )?;
        }
        Ok(before)
    }

    fn claim_key(&mut self, client: ClientRef<'_>, key: &IdempotencyKey) -> Result<Claim> {
        let sql = match planted::is(Bug::KeyNotScopedToUser) {
            true => RECORD_OF_ANYBODY,
            false => RECORD,
        };
        let record = self.find(
            sql,
            [client.account.as_str(), client.client.as_str(), key.as_str()],
            |row| {
                Ok(RecordRow {
                    key: key.clone(),
                    sequence: Sequence(count(row.get(0)?)),
                    fingerprint: row.get(1)?,
                    response: RecordedResponse {
                        status: row.get(2)?,
                        headers: row.get(3)?,
                        body: row.get(4)?,
                    },
                })
            },
        )?;
        Ok(record.map_or(Claim::Free, |record| Claim::Recorded(Box::new(record))))
    }

    fn key_of_sequence(
        &mut self,
        client: ClientRef<'_>,
        sequence: Sequence,
    ) -> Result<Option<IdempotencyKey>> {
        self.find(
            KEY_OF_SEQUENCE,
            params![
                client.account.as_str(),
                client.client.as_str(),
                integer(sequence.0)
            ],
            |row| Ok(IdempotencyKey::stored(row.get(0)?)),
        )
    }

    fn record(&mut self, client: ClientRef<'_>, record: &RecordRow, at: Timestamp) -> Result<()> {
        if planted::is(Bug::RecordAfterTheEffect) {
            self.commit_what_is_done()?;
        }
        self.execute(
            "INSERT INTO records
                 (account, client, sequence, key, fingerprint, status, headers, body, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                client.account.as_str(),
                client.client.as_str(),
                integer(record.sequence.0),
                record.key.as_str(),
                record.fingerprint,
                record.response.status,
                record.response.headers,
                record.response.body,
                at.millis()
            ],
        )?;
        Ok(())
    }

    fn retire(&mut self, client: ClientRef<'_>, at: Timestamp) -> Result<Option<IdempotencyKey>> {
        let forgotten: Option<Option<String>> = self.find(
            "INSERT INTO clients (account, client, retired_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (account, client) DO UPDATE SET retired_at = coalesce(retired_at, excluded.retired_at)
             RETURNING highest_key",
            params![client.account.as_str(), client.client.as_str(), at.millis()],
            |row| row.get(0),
        )?;
        let highest = forgotten.flatten().max(self.highest_standing(client)?);
        Ok(highest.map(IdempotencyKey::stored))
    }

    fn insert_created(
        &mut self,
        client: ClientRef<'_>,
        key: &IdempotencyKey,
        created: &CreatedRow,
    ) -> Result<bool> {
        let noted = self.execute(
            "INSERT INTO created (account, key, client, kind, object) SELECT ?1, ?2, ?3, ?4, ?5
             WHERE NOT EXISTS (SELECT 1 FROM created WHERE account = ?1 AND key = ?2)",
            [
                client.account.as_str(),
                key.as_str(),
                client.client.as_str(),
                created.kind.name(),
                &created.object,
            ],
        )?;
        Ok(noted == 1)
    }
}

impl SqliteTransaction<'_> {
    /// Planted, see [`Bug::RecordAfterTheEffect`].
    fn commit_what_is_done(&self) -> Result<()> {
        match self.savepoints {
            Savepoints::Hoped => self
                .connection
                .execute_batch("COMMIT; BEGIN IMMEDIATE")
                .map_err(failed),
            Savepoints::Missed | Savepoints::Kept => Ok(()),
        }
    }

    fn highest_standing(&self, client: ClientRef<'_>) -> Result<Option<String>> {
        let highest = self.find(
            HIGHEST,
            [client.account.as_str(), client.client.as_str()],
            |row| row.get(0),
        )?;
        Ok(highest.flatten())
    }
}
