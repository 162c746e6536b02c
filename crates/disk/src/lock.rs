//! The five levels of a file's lock, as SQLite's own VFS has them between processes.
//!
//! Owns who may rise. Every open file is a holder of its own, also within one process.

use std::collections::BTreeMap;

use crate::machine::HandleId;
use crate::refusal::Refusal;

/// How much of a lock somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Level {
    #[default]
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

#[derive(Debug, Default)]
pub(crate) struct Locks(BTreeMap<HandleId, Level>);

impl Locks {
    fn held(&self, by: HandleId) -> Level {
        self.0.get(&by).copied().unwrap_or_default()
    }

    /// The most that anybody else holds.
    fn others(&self, but: HandleId) -> Level {
        let others = self.0.iter().filter(|(holder, _)| **holder != but);
        others.map(|(_, level)| *level).max().unwrap_or_default()
    }

    pub(crate) fn rise(&mut self, holder: HandleId, to: Level) -> Result<(), Refusal> {
        let held = self.held(holder);
        let others = self.others(holder);
        let most_beside = match to {
            _ if held >= to => return Ok(()),
            Level::None => return Ok(()),
            Level::Shared => Level::Reserved,
            Level::Reserved => Level::Shared,
            Level::Pending | Level::Exclusive => {
                // Whoever holds the reserved lock and waits for readers to leave lets no new ones in meanwhile.
                if held == Level::Reserved && others < Level::Reserved {
                    self.0.insert(holder, Level::Pending);
                }
                Level::None
            }
        };
        if others > most_beside {
            return Err(Refusal::Busy);
        }
        self.0.insert(holder, to);
        Ok(())
    }

    pub(crate) fn fall(&mut self, holder: HandleId, to: Level) {
        if to == Level::None {
            self.0.remove(&holder);
        } else if self.held(holder) > to {
            self.0.insert(holder, to);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.0.values().any(|level| *level >= Level::Reserved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writer_waits_for_readers_and_lets_no_new_ones_in() {
        let [reader, writer, other] = [1, 2, 3].map(HandleId);
        let mut locks = Locks::default();
        for holder in [reader, writer] {
            locks.rise(holder, Level::Shared).unwrap();
        }
        locks.rise(writer, Level::Reserved).unwrap();
        locks.rise(other, Level::Shared).unwrap();
        assert!(locks.rise(other, Level::Reserved).is_err(), "one at a time");
        locks.fall(other, Level::None);
        assert!(locks.rise(writer, Level::Exclusive).is_err(), "a reader is there");
        assert!(locks.rise(other, Level::Shared).is_err(), "the writer is waiting");
        locks.fall(reader, Level::None);
        locks.rise(writer, Level::Exclusive).unwrap();
        assert!(locks.is_reserved());
        locks.fall(writer, Level::Shared);
        locks.rise(other, Level::Shared).unwrap();
        assert!(!locks.is_reserved());
    }
}
