//! The port to the database: what the core asks of it, in the words of the domain.
//!
//! Owns the traits, the rows that pass through them and one conformance suite that every adapter runs. Never names a
//! database: transactions are closures, order is a [`Position`](crate::ids::Position), locks are named for what they
//! protect. SQLite is the embedded adapter; one over Postgres fits behind the same traits (each note says how).
//!
//! **Invariant:** one mutation is one [`Transaction::savepoint`] inside one [`Store::write`]: key look-up, effect, change
//! log and the record of the answer stand or fall together.

pub mod accounts;
pub mod clients;
pub mod conformance;
pub mod conversations;
pub mod posts;
pub mod sqlite;
pub mod uploads;

use crate::ids::Timestamp;

pub use accounts::{AccountReads, AccountWrites};
pub use clients::{ClientReads, ClientWrites};
pub use conversations::{ConversationReads, ConversationWrites};
pub use posts::{PostReads, PostWrites};
pub use uploads::{UploadReads, UploadWrites};

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing is wrong, but now is not the moment: locked, out of connections, disk full. Worth another try.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The store failed.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The transaction is undone and run again: whatever is answered now, nobody sees.
    #[error("the transaction is run again")]
    Again,
}

/// What most methods of the port return.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A database.
pub trait Store: Send + Sync + 'static {
    /// Runs `work` in one read-write transaction: committed and durable when it returns `Ok`, undone when `Err`. It may run
    /// twice, when all that the first run did is undone: what it leaves behind elsewhere must bear that.
    ///
    /// SQLite: `BEGIN IMMEDIATE` on the one writing connection, without savepoints, and a second time with them when there
    /// was something to undo. Postgres: `READ COMMITTED` with the row locks named by the methods, and `work` run again by
    /// nobody: a serialisation failure is [`StoreError::Busy`].
    fn write<T>(&self, work: impl FnMut(&mut dyn Transaction) -> Result<T>) -> Result<T>;

    /// Runs `work` on one snapshot, next to other readers and to the writer.
    fn read<T>(&self, work: impl FnOnce(&dyn Snapshot) -> Result<T>) -> Result<T>;
}

/// What can be read, all of one moment.
pub trait Snapshot: AccountReads + ClientReads + PostReads + ConversationReads + UploadReads {
    /// Which life of the database this is: made with it, and anew when it is restored from a backup.
    fn epoch(&self) -> Result<String>;

    /// Thirty-two random bytes that never leave the database; tokens and cursors are derived with them.
    fn secret(&self) -> Result<[u8; 32]>;
}

/// What can be changed in one transaction.
pub trait Transaction:
    Snapshot + AccountWrites + ClientWrites + PostWrites + ConversationWrites + UploadWrites
{
    /// What this transaction sees, its own changes included.
    fn as_snapshot(&self) -> &dyn Snapshot;

    /// Runs `work` so that its changes can be undone without undoing what came before it.
    fn savepoint(&mut self, work: &mut dyn FnMut(&mut dyn Transaction) -> Result<Keep>) -> Result<()>;

    /// Writes one row of the change log: in `scope`, at the scope's next version, this object was put or deleted. An
    /// object has one row in a scope, its newest; a deletion stays as a tombstone. Nothing in the transaction reads it.
    ///
    /// Locks the scope's row: two transactions that change one scope are ordered, so versions commit in order.
    fn log_change(&mut self, scope: &str, change: Change<'_>, at: Timestamp) -> Result<()>;
}

/// Runs `work` in a savepoint of its own: when it fails, nothing of it stays.
pub(crate) fn contained<T>(
    tx: &mut dyn Transaction,
    work: impl FnOnce(&mut dyn Transaction) -> Result<(Keep, T)>,
) -> Result<T> {
    let mut work = Some(work);
    let mut value = None;
    tx.savepoint(&mut |tx| {
        let work = work
            .take()
            .ok_or_else(|| StoreError::Failed("BUG: a savepoint ran twice".to_owned()))?;
        let (keep, made) = work(tx)?;
        value = Some(made);
        Ok(keep)
    })?;
    value.ok_or_else(|| StoreError::Failed("BUG: a savepoint ran nothing".to_owned()))
}

/// What becomes of the changes made in a savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// They are part of the transaction.
    Changes,
    /// They never happened.
    Nothing,
}

/// One change of one object.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Its id.
    pub object: &'a str,
    /// What happened to it.
    pub operation: ChangeOperation,
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeOperation {
    /// It was made or changed.
    Put,
    /// It is gone.
    Delete,
}

impl ChangeOperation {
    /// The stored form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Delete => "delete",
        }
    }
}

/// The kinds of objects that the change log and the look-up of creations tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named for what it is")]
pub enum ObjectKind {
    Post,
    Comment,
    Message,
    Upload,
    Conversation,
    Like,
    Follow,
    Profile,
}

impl ObjectKind {
    /// The stored form, and the wire's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Comment => "comment",
            Self::Message => "message",
            Self::Upload => "upload",
            Self::Conversation => "conversation",
            Self::Like => "like",
            Self::Follow => "follow",
            Self::Profile => "profile",
        }
    }

    /// Reads the stored form.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Post,
            Self::Comment,
            Self::Message,
            Self::Upload,
            Self::Conversation,
            Self::Like,
            Self::Follow,
            Self::Profile,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Only what lies beyond this position, in the order of the list.
    pub beyond: Option<crate::ids::Position>,
    /// At most so many.
    pub limit: usize,
}
