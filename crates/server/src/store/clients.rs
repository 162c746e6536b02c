//! What makes a mutation happen once: clients, their watermarks, and the answers recorded under their keys.
//!
//! Owns rows and method names. Never decides what is recorded: that is the core's.

use super::{ObjectKind, Result};
use crate::ids::{ClientId, IdempotencyKey, Sequence, Timestamp, UserId, Watermark};

/// SHA-256 over what a request asks for.
pub type Fingerprint = [u8; 32];

/// A client within its account.
#[derive(Debug, Clone, Copy)]
pub struct ClientRef<'a> {
    /// Whose.
    pub account: &'a UserId,
    /// Which.
    pub client: &'a ClientId,
}

/// What is known of a client; one never heard of has the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientRow {
    /// Keys at or below it may be forgotten.
    pub watermark: Watermark,
    /// Whether everything from it is refused.
    pub retired: bool,
}

impl Default for ClientRow {
    fn default() -> Self {
        Self {
            watermark: Watermark(0),
            retired: false,
        }
    }
}

/// An answer, as it is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, as a JSON object.
    pub headers: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The key.
    pub key: IdempotencyKey,
    /// The sequence that the client gave it.
    pub sequence: Sequence,
    /// What the request asked for.
    pub fingerprint: Fingerprint,
    /// What was answered.
    pub response: RecordedResponse,
}

/// What an account created under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedRow {
    /// What it is.
    pub kind: ObjectKind,
    /// Its server id.
    pub object: String,
}

/// Whether a key could be taken for the rest of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is unknown, and nobody else is applying it.
    Free,
    /// It stands.
    Recorded(Box<RecordRow>),
    /// Another transaction is applying it now.
    Held,
}

/// What can be read.
pub trait ClientReads {
    /// What is known of a client.
    fn client(&self, client: ClientRef<'_>) -> Result<ClientRow>;
    /// What the account created under a key, forgotten or not, deleted since or not.
    fn created(&self, account: &UserId, key: &IdempotencyKey) -> Result<Option<CreatedRow>>;
}

/// What can be changed.
pub trait ClientWrites: ClientReads {
    /// Locks the client's row *shared* until the transaction ends, so that its watermark stands still: the check of a
    /// sequence, the look-up of its key and the effect all happen under it.
    ///
    /// SQLite has one writer, so the transaction itself is the lock. Postgres: `SELECT … FOR SHARE`.
    fn lock_client_shared(&mut self, client: ClientRef<'_>) -> Result<ClientRow>;

    /// Locks the client's row *exclusively* until the transaction ends, raises its watermark to `ack` if that is higher,
    /// and forgets the keys at or below it. What the watermark was before.
    ///
    /// SQLite: as above. Postgres: `SELECT … FOR UPDATE`, in a transaction of its own when the shared lock follows.
    fn raise_watermark(&mut self, client: ClientRef<'_>, ack: Watermark) -> Result<Watermark>;

    /// Takes a key for the rest of the transaction, without waiting for whoever holds it.
    ///
    /// SQLite has one writer: whoever held it has ended, so [`Claim::Held`] never comes. Postgres:
    /// `pg_try_advisory_xact_lock` on the key's hash.
    fn claim_key(&mut self, client: ClientRef<'_>, key: &IdempotencyKey) -> Result<Claim>;

    /// The key that a sequence was given to, unless forgotten.
    fn key_of_sequence(
        &mut self,
        client: ClientRef<'_>,
        sequence: Sequence,
    ) -> Result<Option<IdempotencyKey>>;

    /// Records an answer under a key.
    fn record(&mut self, client: ClientRef<'_>, record: &RecordRow, at: Timestamp) -> Result<()>;

    /// Retires a client id, known or not; the highest key ever recorded from it.
    fn retire(&mut self, client: ClientRef<'_>, at: Timestamp) -> Result<Option<IdempotencyKey>>;

    /// Notes that a key created an object; whether it was the first that it created in this account, under whatever client id. If not, nothing is noted.
    fn insert_created(
        &mut self,
        client: ClientRef<'_>,
        key: &IdempotencyKey,
        created: &CreatedRow,
    ) -> Result<bool>;
}
