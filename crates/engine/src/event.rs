//! What goes in at the door and what comes out.
//!
//! Owns the closed sets of events and effects. Never interprets them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::app::App;
use crate::error::Error;
use crate::http::{Answer, HttpRequest};
use crate::ids::{AttemptId, CallId, Entity, MutationId, ReadMark, Sha256};
use crate::status::{Outcome, SyncState};
use crate::time::Millis;

/// One write: a mutation and the files it brings, already copied and synced by the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Write<M> {
    /// Its id where it has one already, as in an inbox: the same id is written once. Else the engine makes one.
    pub id: Option<MutationId>,
    /// What is written.
    pub mutation: M,
    /// The files that it names, in the host's attachment folder.
    pub files: Vec<StagedFile>,
}

impl<M> From<M> for Write<M> {
    fn from(mutation: M) -> Self {
        Self {
            id: None,
            mutation,
            files: Vec::new(),
        }
    }
}

/// A file in the host's attachment folder, durable, with its bytes counted and hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StagedFile {
    /// The digest of its bytes: how mutations name it.
    pub sha256: Sha256,
    /// Its name in the folder, never used before.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, as `image/png`.
    pub media_type: String,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<A: App> {
    /// The host has started.
    Started,
    /// The host has made sure that no other process has the database open: the lease of one that died need not be waited for.
    Alone,
    /// The app's user wrote something. All of it is kept, or nothing.
    Mutate {
        /// Names the call.
        call: CallId,
        /// What was written, in order.
        writes: Vec<Write<A::Mutation>>,
    },
    /// Files are about to be copied under these names; where no write takes them, they are swept.
    Stage {
        /// Names the call.
        call: CallId,
        /// Their names in the attachment folder.
        files: Vec<String>,
    },
    /// No write will bring these copies any more: they are removed. What a write has taken stays.
    Unstage {
        /// Which.
        files: Vec<StagedFile>,
    },
    /// Something was read from the server.
    Observed {
        /// Names the call.
        call: CallId,
        /// What was read.
        observation: A::Observation,
        /// What was known when the read began, from [`crate::inspect::read_mark`]: of what was confirmed since, the read shows what was, and is passed
        /// over. `None` where it cannot have been overtaken.
        began: Option<ReadMark>,
    },
    /// A request was answered, or was not.
    Answered {
        /// Which.
        attempt: AttemptId,
        /// With what.
        answer: Answer,
    },
    /// The operating system says that the network came (`true`) or went.
    Network(bool),
    /// The user goes offline (`false`) or comes back. It is remembered.
    SetOnline {
        /// Names the call.
        call: CallId,
        /// Whether requests may be made.
        online: bool,
    },
    /// The user wants everything tried now.
    TriggerSync,
    /// The timer that was asked for has run, or 30 s have passed.
    Tick,
    /// The user wants one parked mutation tried again.
    Retry {
        /// Names the call.
        call: CallId,
        /// Which.
        mutation: MutationId,
    },
    /// The user wants all that failed tried again; what is uncertain or unreadable stays.
    RetryFailed {
        /// Names the call.
        call: CallId,
    },
    /// The user changes a mutation that has not arrived.
    Edit {
        /// Names the call.
        call: CallId,
        /// Which.
        mutation: MutationId,
        /// What it is to be.
        with: A::Mutation,
    },
    /// The user takes a mutation back, with what depends on it.
    Discard {
        /// Names the call.
        call: CallId,
        /// Which.
        mutation: MutationId,
    },
    /// The credentials were renewed, or could not be.
    Refreshed(Refreshed),
    /// The user signed in again.
    SignedIn,
    /// The user accepts that the server was restored from a backup (or replaced): sending goes on under a new client id.
    AcceptServer {
        /// Names the call.
        call: CallId,
    },
    /// The host gave back the reserved space after the disk ran full (`true`: it holds the reserve again).
    Reserve {
        /// Whether the reserve is held.
        held: bool,
    },
    /// A file that was to be removed is still there: it is not forgotten, and is removed at the next start.
    NotRemoved {
        /// Its name.
        file: String,
    },
    /// The host is about to end: what it holds for others is let go.
    Closing,
}

impl<A: App> Event<A> {
    /// The call that it is, where somebody waits for a reply to it.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::Mutate { call, .. }
            | Self::Stage { call, .. }
            | Self::Observed { call, .. }
            | Self::SetOnline { call, .. }
            | Self::Retry { call, .. }
            | Self::RetryFailed { call }
            | Self::Edit { call, .. }
            | Self::Discard { call, .. }
            | Self::AcceptServer { call } => Some(*call),
            Self::Started
            | Self::Alone
            | Self::Unstage { .. }
            | Self::Answered { .. }
            | Self::Network(_)
            | Self::TriggerSync
            | Self::Tick
            | Self::Refreshed(_)
            | Self::SignedIn
            | Self::Reserve { .. }
            | Self::NotRemoved { .. }
            | Self::Closing => None,
        }
    }
}

/// How a renewal of credentials went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// There are new ones.
    Renewed,
    /// The server says that the grant is invalid: the user must sign in.
    InvalidGrant,
    /// The server was not reached, or did not say.
    Failed,
}

/// Something for the host to do, after the commit that decided it.
#[derive(Debug)]
pub enum Effect {
    /// A call is answered.
    Reply {
        /// Which.
        call: CallId,
        /// With what.
        reply: Result<Reply, Error>,
    },
    /// Make this request and bring the answer as [`Event::Answered`].
    Send {
        /// Names the attempt.
        attempt: AttemptId,
        /// The request.
        request: HttpRequest,
        /// After so long without an answer it counts as unreached.
        timeout: Millis,
    },
    /// Give up a request whose answer is of no use any more.
    Abort {
        /// Which.
        attempt: AttemptId,
    },
    /// Renew the credentials and bring [`Event::Refreshed`].
    Refresh,
    /// These entities look different now.
    Changed(BTreeSet<Entity>),
    /// Another process changed the database: anything may look different.
    ChangedElsewhere,
    /// The life of a mutation went on.
    Settled {
        /// Which.
        mutation: MutationId,
        /// How.
        outcome: Outcome,
    },
    /// The state of the queue has changed.
    Status(SyncState),
    /// Bring [`Event::Tick`] after so long; replaces the last one asked for. `None`: no timer is needed.
    Wake(Option<Millis>),
    /// Remove this file from the attachment folder.
    RemoveFile(String),
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Kept, durably, under these ids.
    Written(Vec<MutationId>),
    /// The files may be copied.
    Staged,
    /// Taken over; these entities were in it, in its order.
    Observed(Vec<Entity>),
    /// So many are tried again.
    Retried(u64),
    /// The edit goes out under this id: the same one, or that of a following update.
    Edited(MutationId),
    /// Taken out of the queue: the one named, then what depended on it. Where it may have arrived already, the id of a mutation that undoes it.
    Discarded {
        /// What left the queue.
        gone: Vec<MutationId>,
        /// What was added to undo it.
        compensation: Option<MutationId>,
    },
    /// Done.
    Done,
}
