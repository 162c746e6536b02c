//! The steps that are measured.
//!
//! Owns their names and what counts as one operation of each. Never takes one: see [`crate::trial`].

use std::fmt;

/// Writes in one call, and in one batch: as many as the server takes.
pub const MANY: usize = outrigger_social::BATCH_ITEMS_MAX;

/// A step of the engine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// One write is made in a call of its own, while the device is offline. An operation is a write.
    Enqueue,
    /// A hundred are made in one call. An operation is a write.
    EnqueueMany,
    /// One write that waits becomes a request. An operation is a request.
    Plan,
    /// A hundred of those that wait become one. An operation is a write.
    PlanBatch,
    /// The answer to one write is taken in. An operation is an answer.
    Accept,
    /// The answers to a hundred are. An operation is a write.
    AcceptBatch,
    /// Nothing happens while hundreds wait: how things stand is read and found to be as it was. An operation is a step.
    Status,
    /// The text of a post that still waits is changed. An operation is a change.
    Coalesce,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Enqueue,
        Self::EnqueueMany,
        Self::Plan,
        Self::PlanBatch,
        Self::Accept,
        Self::AcceptBatch,
        Self::Status,
        Self::Coalesce,
    ];

    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::EnqueueMany => "enqueue-many",
            Self::Plan => "plan",
            Self::PlanBatch => "plan-batch",
            Self::Accept => "accept",
            Self::AcceptBatch => "accept-batch",
            Self::Status => "status",
            Self::Coalesce => "coalesce",
        }
    }

    /// The step of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
