//! The memory that the connections of one database share in WAL mode, and its eight locks.
//!
//! Owns who holds which lock. The memory itself is SQLite's to read and write, from several threads at once: so it is made of atomics here, and nothing
//! here ever looks at it. It goes with its last user, and with the power.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::machine::HandleId;
use crate::refusal::Refusal;

/// The locks that SQLite knows.
pub(crate) const SLOTS: usize = 8;

/// A piece of the memory. It lives as long as anybody can have a pointer to it.
#[derive(Debug, Clone)]
pub(crate) struct Region(Arc<[AtomicU64]>);

impl Region {
    fn new(bytes: usize) -> Self {
        Self((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect())
    }

    pub(crate) fn address(&self) -> *mut AtomicU64 {
        self.0.as_ptr().cast_mut()
    }
}

/// How a slot is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Shared,
    Exclusive,
}

#[derive(Debug, Default)]
pub(crate) struct Shm {
    regions: Vec<Region>,
    slots: [BTreeMap<HandleId, Access>; SLOTS],
    users: BTreeSet<HandleId>,
}

impl Shm {
    /// The region with this index; `None` where it is not there and is not to be made.
    pub(crate) fn map(&mut self, user: HandleId, index: usize, bytes: usize, extend: bool) -> Option<Region> {
        self.users.insert(user);
        while extend && self.regions.len() <= index {
            self.regions.push(Region::new(bytes));
        }
        self.regions.get(index).cloned()
    }

    pub(crate) fn lock(
        &mut self,
        user: HandleId,
        slots: std::ops::Range<usize>,
        access: Access,
    ) -> Result<(), Refusal> {
        let wanted = self.slots.get_mut(slots).unwrap_or_default();
        let stands_in_the_way = |(holder, held): (&HandleId, &Access)| {
            *holder != user && (access == Access::Exclusive || *held == Access::Exclusive)
        };
        if wanted.iter().any(|slot| slot.iter().any(stands_in_the_way)) {
            return Err(Refusal::Busy);
        }
        for slot in wanted {
            slot.insert(user, access);
        }
        Ok(())
    }

    pub(crate) fn unlock(&mut self, user: HandleId, slots: std::ops::Range<usize>) {
        for slot in self.slots.get_mut(slots).unwrap_or_default() {
            slot.remove(&user);
        }
    }

    /// A user leaves, with all its locks. Whether it was the last.
    pub(crate) fn leave(&mut self, user: HandleId) -> bool {
        self.unlock(user, 0..SLOTS);
        self.users.remove(&user);
        self.users.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_shared_by_many_or_held_by_one() {
        let [a, b] = [1, 2].map(HandleId);
        let mut shm = Shm::default();
        assert!(shm.map(a, 0, 32_768, false).is_none());
        let region = shm.map(a, 1, 32_768, true).unwrap();
        assert_eq!(shm.map(b, 1, 32_768, false).unwrap().address(), region.address());
        shm.lock(a, 3..4, Access::Shared).unwrap();
        shm.lock(b, 3..4, Access::Shared).unwrap();
        assert!(shm.lock(a, 3..8, Access::Exclusive).is_err());
        assert!(
            shm.lock(b, 4..5, Access::Exclusive).is_ok(),
            "nothing was taken by half"
        );
        assert!(!shm.leave(b));
        shm.lock(a, 3..8, Access::Exclusive).unwrap();
        assert!(shm.leave(a));
    }
}
