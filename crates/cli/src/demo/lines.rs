//! What the demo and its client process say to each other: one JSON object a line.
//!
//! Owns the shapes. Never does what they say.

use outrigger_engine::SyncState;
use outrigger_engine::ids::MutationId;
use outrigger_social::Mutation;
use outrigger_social::id::{PostId, UserId};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the client is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Write these, with these files: [`Report::Wrote`] or [`Report::Refused`].
    Write {
        /// Names it in the answer.
        number: u64,
        mutations: Vec<Mutation>,
        files: Vec<PathBuf>,
    },
    /// Read these people's profiles and posts: [`Report::Met`].
    Meet { names: Vec<String> },
    /// Read a post again, by the server's id: [`Report::Done`].
    Look { post: String },
    /// Try everything now.
    Sync,
    /// Try all again that failed: [`Report::Done`].
    RetryFailed,
    /// Take a write back, with what needs it: [`Report::TakenBack`].
    Discard { mutation: MutationId },
    /// Say what is parked: [`Report::Parked`].
    Parked,
    /// Say the state after all that was ordered before: [`Report::Now`].
    State,
    /// End in good order.
    Close,
}

/// What the client says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// It is open.
    Ready,
    /// The state of its queue.
    State(SyncState),
    /// An order to write was carried out, durably.
    Wrote { number: u64, mutations: Vec<MutationId> },
    /// It was not, and left nothing.
    Refused { number: u64, reason: String },
    /// People, in the order in which they were named.
    Met { people: Vec<Person> },
    /// The state, after everything that was said before.
    Now(SyncState),
    /// These have left the queue.
    TakenBack { mutations: Vec<MutationId> },
    /// What waits for the user.
    Parked { items: Vec<ParkedItem> },
    /// An order was carried out.
    Done,
    /// An order could not be carried out.
    Failed { reason: String },
}

/// Somebody whom the client has met.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) posts: Vec<MetPost>,
}

/// A post of somebody's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MetPost {
    pub(crate) post: PostId,
    pub(crate) server_id: String,
}

/// A write that is parked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ParkedItem {
    pub(crate) mutation: MutationId,
    pub(crate) name: String,
    /// One word for it, and the server's own.
    pub(crate) word: String,
    pub(crate) detail: String,
}
