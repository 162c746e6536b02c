//! The truth about what is on its way: one snapshot for the whole queue, one status for each entity.
//!
//! Owns the shapes and the rule of precedence between them. Never counts rows: counters change in the transactions that change rows.

use serde::{Deserialize, Serialize};

use crate::ids::MutationId;

/// The four kinds of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum SyncKind {
    /// Nothing waits.
    Idle,
    /// Something is on its way, or will be by itself.
    Syncing,
    /// Something needs the user.
    Error,
    /// The server cannot be reached, or the user said so.
    Offline,
}

/// Why nothing is sent, where the kind alone does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The user must sign in again.
    SignIn,
    /// The server's database was restored from a backup or replaced: the user decides how to go on.
    ServerRestored,
    /// The user has gone offline.
    ByChoice,
    /// Nobody answers.
    Unreachable,
}

/// How much of what was to be done is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Progress {
    /// So much.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}

impl Progress {
    /// From 0 to 1; `None` where there is nothing to do.
    pub fn fraction(self) -> Option<f64> {
        (self.total > 0).then(|| self.done as f64 / self.total as f64)
    }
}

/// The state of the whole queue: a snapshot, true at the moment of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncState {
    /// The kind, by the precedence of [`SyncState`]'s fields: sign-in needed, offline, syncing, error, waiting, idle.
    pub kind: SyncKind,
    /// Writes that have not arrived: waiting, blocked and in flight. What is parked is not among them.
    pub pending: u64,
    /// Of those, in a request right now.
    pub in_flight: u64,
    /// Parked: rejected, exhausted, uncertain or unreadable. They wait for the user.
    pub failed: u64,
    /// Of the pending, those that wait for something else to arrive first.
    pub blocked: u64,
    /// Writes of this run, which began when the queue was last empty.
    pub progress: Progress,
    /// Bytes of attachments of this run.
    pub bytes: Progress,
    /// Why nothing is sent, for programs that branch on it.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// Why, where the kind alone does not say; for people.
    pub message: Option<String>,
    /// Milliseconds until the next attempt, where nothing is in flight and something waits for its time.
    pub next_attempt_in_ms: Option<u64>,
}

impl SyncState {
    /// Nothing waits.
    pub const IDLE: Self = Self {
        kind: SyncKind::Idle,
        pending: 0,
        in_flight: 0,
        failed: 0,
        blocked: 0,
        progress: Progress { done: 0, total: 0 },
        bytes: Progress { done: 0, total: 0 },
        cause: None,
        message: None,
        next_attempt_in_ms: None,
    };
}

/// Why a mutation is parked. The machine never deletes a parked one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "reason", rename_all = "lowercase")]
pub enum Parked {
    /// The server said no, and that it had no effect.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The server's word for it.
        code: String,
        /// What it said.
        detail: String,
        /// The version (`ETag`) in which the entity stands, where that is why (412): trying again goes over it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        current: Option<String>,
    },
    /// It failed too often; whether it took effect is not known.
    Exhausted {
        /// The last failure.
        detail: String,
    },
    /// It may have taken effect, and the server can no longer tell by its key: a database was restored from a copy.
    Uncertain {
        /// What happened.
        detail: String,
    },
    /// This program cannot read it.
    Unreadable {
        /// Why.
        detail: String,
    },
}

impl Parked {
    /// In words, for people.
    pub fn detail(&self) -> &str {
        match self {
            Self::Rejected { detail, .. }
            | Self::Exhausted { detail }
            | Self::Uncertain { detail }
            | Self::Unreadable { detail } => detail,
        }
    }

    /// The one word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Rejected { .. } => "rejected",
            Self::Exhausted { .. } => "exhausted",
            Self::Uncertain { .. } => "uncertain",
            Self::Unreadable { .. } => "unreadable",
        }
    }
}

/// Where one entity stands, derived from the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum EntityStatus {
    /// Everything about it has arrived.
    Synced,
    /// Something about it waits.
    Pending {
        /// Attempts made so far.
        attempts: u32,
    },
    /// Something about it is in a request right now.
    Syncing {
        /// Attempts made so far, with this one.
        attempts: u32,
    },
    /// Something about it is parked.
    Failed {
        /// The parked mutation.
        mutation: MutationId,
        /// Why.
        parked: Parked,
        /// Attempts made.
        attempts: u32,
    },
}

/// How the life of a mutation in the queue went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It took effect on the server.
    Synced,
    /// It is parked.
    Parked(Parked),
    /// It was taken out of the queue without being sent: by the user, or with what it depended on.
    Discarded,
}
