//! The stream of what looks different.
//!
//! Owns the rule that a slow reader is told "everything" and never too little. Never reads a row.

use futures_util::Stream;
use outrigger_engine::ids::Entity;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What may look different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These.
    Entities(Arc<BTreeSet<Entity>>),
    /// Anything: another process wrote, or the reader was too slow to be told one by one.
    Everything,
}

/// Commits that a reader may be behind before it is told "everything".
const BEHIND_MAX: usize = 256;

/// The changes from the moment of [`SyncService::changes`](crate::SyncService::changes) on.
#[derive(Debug)]
pub struct Changes {
    receiver: broadcast::Receiver<Change>,
}

impl Changes {
    /// The next change, or `None` once the service has ended. May be dropped while it waits: nothing is lost.
    pub async fn next(&mut self) -> Option<Change> {
        match self.receiver.recv().await {
            Ok(change) => Some(change),
            Err(RecvError::Lagged(_)) => {
                // Whatever is queued is part of everything.
                self.receiver = self.receiver.resubscribe();
                Some(Change::Everything)
            }
            Err(RecvError::Closed) => None,
        }
    }

    /// The same as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = Change> + Send {
        futures_util::stream::unfold(self, |mut changes| async move {
            changes.next().await.map(|change| (change, changes))
        })
    }
}

/// Where changes are told.
#[derive(Debug)]
pub(crate) struct ChangeSender(broadcast::Sender<Change>);

impl ChangeSender {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }

    pub(crate) fn subscribe(&self) -> Changes {
        Changes {
            receiver: self.0.subscribe(),
        }
    }

    pub(crate) fn tell(&self, change: Change) {
        // An error says that nobody listens.
        let _ = self.0.send(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrigger_engine::ids::{Kind, LocalId};

    fn entity(number: u8) -> Change {
        let id = LocalId::new(outrigger_engine::time::Wall(0), [number; 10]);
        Change::Entities(Arc::new([Entity::new(Kind::new("note"), id)].into()))
    }

    #[tokio::test]
    async fn changes_come_in_order_and_end_with_the_service() {
        let sender = ChangeSender::new();
        let mut changes = sender.subscribe();
        sender.tell(entity(1));
        sender.tell(Change::Everything);
        drop(sender);
        assert_eq!(changes.next().await, Some(entity(1)));
        assert_eq!(changes.next().await, Some(Change::Everything));
        assert_eq!(changes.next().await, None);
    }

    #[tokio::test]
    async fn who_lags_is_told_everything_and_then_what_follows() {
        let sender = ChangeSender::new();
        let mut changes = sender.subscribe();
        for _ in 0..=BEHIND_MAX {
            sender.tell(entity(1));
        }
        assert_eq!(changes.next().await, Some(Change::Everything));
        sender.tell(entity(2));
        assert_eq!(changes.next().await, Some(entity(2)));
    }
}
