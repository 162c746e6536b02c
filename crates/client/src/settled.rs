//! Waiting for what becomes of a write.
//!
//! Owns the list of who waits for which mutation. What is settled is in the database; a wait begins by looking there.

use outrigger_engine::ids::MutationId;
use outrigger_engine::inspect::{self, Standing};
use outrigger_engine::{self as engine, Outcome};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::oneshot;

use crate::board::{self, Board};
use crate::error::Error;
use crate::reads::Reads;

/// What a wait needs of the service. Who waits does not keep the service alive.
pub(crate) struct Core {
    pub(crate) board: Arc<Board>,
    pub(crate) reads: Reads,
}

/// A write that is durable here. What becomes of it can be awaited with [`Written::synced`], or later by its id with
/// [`SyncService::settled`](crate::SyncService::settled). Does not keep the service alive.
pub struct Written {
    /// Its id.
    pub id: MutationId,
    core: Weak<Core>,
}

impl Written {
    pub(crate) fn new(id: MutationId, core: &Arc<Core>) -> Self {
        Self {
            id,
            core: Arc::downgrade(core),
        }
    }

    /// Waits until it took effect, was parked or discarded.
    ///
    /// # Errors
    /// [`Error::Closed`] or [`Error::Stopped`] where the service ended before; the write is kept and goes out when it is opened again.
    pub async fn synced(self) -> Result<Outcome, Error> {
        let core = self.core.upgrade().ok_or(Error::Closed)?;
        settled(core, self.id).await
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written").field("id", &self.id).finish()
    }
}

/// Waits until a mutation is settled. Lets go of the service while it waits.
pub(crate) async fn settled(core: Arc<Core>, id: MutationId) -> Result<Outcome, Error> {
    // Who waits is known before the look, so that nothing can be settled between the two.
    let waiter = core.board.waiters.wait_for(id);
    let known = core.reads.read(move |db| inspect::standing(db, id)).await;
    drop(core);
    match known? {
        Standing::Settled(outcome) => Ok(outcome),
        Standing::Waiting => waiter.outcome().await,
        Standing::Unknown => Err(engine::Error::Unknown(id).into()),
    }
}

type Waiting = BTreeMap<MutationId, Vec<(u64, oneshot::Sender<Outcome>)>>;

#[derive(Default)]
struct List {
    waiting: Waiting,
    waiters_made: u64,
    closed: bool,
}

/// Who waits for which mutation.
pub(crate) struct Waiters {
    list: Arc<Mutex<List>>,
    failure: Arc<OnceLock<Arc<str>>>,
}

impl Waiters {
    pub(crate) fn new(failure: Arc<OnceLock<Arc<str>>>) -> Self {
        Self {
            list: Arc::default(),
            failure,
        }
    }

    /// Tells those who wait for it.
    pub(crate) fn settle(&self, id: MutationId, outcome: &Outcome) {
        let told = lock(&self.list).waiting.remove(&id);
        for (_, waiter) in told.into_iter().flatten() {
            // An error says that nobody waits any more.
            let _ = waiter.send(outcome.clone());
        }
    }

    /// For what is somebody waiting?
    pub(crate) fn awaited(&self) -> Vec<MutationId> {
        lock(&self.list).waiting.keys().copied().collect()
    }

    /// Lets everybody go, now and from now on.
    pub(crate) fn close(&self) {
        let mut list = lock(&self.list);
        list.closed = true;
        list.waiting.clear();
    }

    fn wait_for(&self, id: MutationId) -> Waiter {
        let (tx, rx) = oneshot::channel();
        let mut list = lock(&self.list);
        list.waiters_made += 1;
        let number = list.waiters_made;
        if !list.closed {
            list.waiting.entry(id).or_default().push((number, tx));
        }
        Waiter {
            id,
            number,
            rx,
            list: Arc::downgrade(&self.list),
            failure: Arc::clone(&self.failure),
        }
    }
}

/// One who waits; leaves the list when dropped.
struct Waiter {
    id: MutationId,
    number: u64,
    rx: oneshot::Receiver<Outcome>,
    list: Weak<Mutex<List>>,
    failure: Arc<OnceLock<Arc<str>>>,
}

impl Waiter {
    async fn outcome(mut self) -> Result<Outcome, Error> {
        (&mut self.rx).await.map_err(|_| board::ended(&self.failure))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Some(list) = self.list.upgrade() else {
            return;
        };
        let mut list = lock(&list);
        if let Some(waiters) = list.waiting.get_mut(&self.id) {
            waiters.retain(|(number, _)| *number != self.number);
            if waiters.is_empty() {
                list.waiting.remove(&self.id);
            }
        }
    }
}

fn lock(list: &Mutex<List>) -> MutexGuard<'_, List> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiters() -> Waiters {
        Waiters::new(Arc::default())
    }

    fn mutation(number: u128) -> MutationId {
        format!("{number:032x}").parse().unwrap()
    }

    #[tokio::test]
    async fn all_who_wait_for_it_are_told_and_nobody_else() {
        let waiters = waiters();
        let (one, two, other) = (
            waiters.wait_for(mutation(1)),
            waiters.wait_for(mutation(1)),
            waiters.wait_for(mutation(2)),
        );
        waiters.settle(mutation(1), &Outcome::Synced);
        assert_eq!(one.outcome().await.unwrap(), Outcome::Synced);
        assert_eq!(two.outcome().await.unwrap(), Outcome::Synced);
        assert_eq!(waiters.awaited(), [mutation(2)]);
        waiters.close();
        assert!(matches!(other.outcome().await, Err(Error::Closed)));
        assert!(matches!(
            waiters.wait_for(mutation(3)).outcome().await,
            Err(Error::Closed)
        ));
    }

    #[test]
    fn who_stops_waiting_leaves_nothing_behind() {
        let waiters = waiters();
        drop(waiters.wait_for(mutation(1)));
        assert!(waiters.awaited().is_empty());
    }
}
