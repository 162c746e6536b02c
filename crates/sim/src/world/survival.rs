//! What must have survived when a process opens its database again.
//!
//! Owns the invariants of crashes: 1, 3, 4 and 10. What may be lost is said by the ledger: the last writes of a device that does not wait for its disk,
//! and what was written since a copy was made that is put back.

use outrigger_engine::ids::MutationId;
use outrigger_engine::inspect::{self, Standing};
use outrigger_engine::{Outcome, Parked};
use std::collections::BTreeMap;

use super::{Asked, World};
use crate::device::Device;
use crate::invariant::{Checked, Invariant, hold};
use crate::ledger::Told;

impl World<'_> {
    /// A process has opened the database: what it died over is there as a whole or not at all, and everything that was acknowledged is there.
    pub(super) fn came_back(&mut self, d: usize, h: usize) -> Checked {
        let device = &mut self.devices[d];
        let open: Vec<_> = device
            .asked
            .iter()
            // Of this process in its last life, or of one that will not come back.
            .filter(|(_, (asker, _))| *asker == h || device.hosts[*asker].is_none())
            .map(|(call, (_, asked))| (*call, asked.clone()))
            .collect();
        for (call, asked) in open {
            device.asked.remove(&call);
            match asked {
                Asked::Mutate => decide(device, h, call)?,
                Asked::Edit { mutation, .. } | Asked::Discard { mutation } => {
                    // Whether it was done cannot be told from outside.
                    let things = device.ledger.things.values_mut();
                    for thing in things {
                        thing.is_torn |= thing.writes.iter().any(|written| written.mutation == mutation);
                    }
                    tear_merged(device, h, mutation);
                }
                Asked::Other => {}
            }
        }
        if self.devices[d].may_have_lost {
            // An edit or a retraction may be among what was lost.
            self.nothing_is_lost(d, h)?;
            for id in self.devices[d].ledger.things.keys().copied().collect::<Vec<_>>() {
                if self.look_at(d, h, id).is_err()
                    && let Some(thing) = self.devices[d].ledger.things.get_mut(&id)
                {
                    thing.is_torn = true;
                }
            }
        }
        self.nothing_is_lost(d, h)?;
        self.note_parked(d);
        if std::mem::take(&mut self.devices[d].went_back) {
            self.note_refused(d, h);
        }
        self.look_at_all(d, h)
    }

    /// What was parked, and the process died before it could say so.
    fn note_parked(&mut self, d: usize) {
        let parked: Vec<_> = self.devices[d]
            .ledger
            .things
            .values()
            .flat_map(|thing| thing.writes.iter().map(|written| (&thing.kind, written)))
            .filter_map(|(kind, written)| match &written.standing {
                Standing::Settled(Outcome::Parked(parked)) => Some((kind.clone(), parked.clone())),
                _ => None,
            })
            .collect();
        for (kind, parked) in parked {
            self.disturb(d, &kind, &parked);
        }
    }

    /// The database is an older one: what it holds as refused may have been tried again since.
    fn note_refused(&mut self, d: usize, h: usize) {
        let device = &mut self.devices[d];
        let Some(host) = &device.hosts[h] else { return };
        for thing in device.ledger.things.values_mut() {
            // What went on about it since, nobody here knows.
            let has_ended = |written: &crate::ledger::Written| {
                let ended = [Outcome::Synced, Outcome::Discarded].map(Standing::Settled);
                written.told == Told::Void
                    || inspect::standing(host.engine.db(), written.mutation)
                        .is_ok_and(|standing| ended.contains(&standing))
            };
            thing.is_torn |= !thing.writes.iter().all(has_ended);
            let first = thing
                .writes
                .first()
                .map(|written| inspect::standing(host.engine.db(), written.mutation));
            let is_refused = matches!(
                first,
                Some(Ok(Standing::Settled(Outcome::Parked(Parked::Rejected { .. }))))
            );
            if is_refused || device.was_refused.contains(&thing.kind.entity().id) {
                device.may_be_doubled.insert(thing.number);
            }
        }
    }

    /// Invariants 1, 3 and 4: every acknowledged write waits, or has an outcome.
    pub(super) fn nothing_is_lost(&mut self, d: usize, h: usize) -> Checked {
        let device = &mut self.devices[d];
        let may_have_lost = std::mem::take(&mut device.may_have_lost);
        let Some(host) = &device.hosts[h] else {
            return Ok(());
        };
        let db = host.engine.db();
        let mut lost = Vec::new();
        let mut last_kept = 0;
        for written in device.ledger.writes_mut() {
            if written.told != Told::Kept {
                continue;
            }
            let Ok(standing) = inspect::standing(db, written.mutation) else {
                return Ok(());
            };
            if standing == Standing::Unknown {
                lost.push((written.call, written.mutation));
            } else {
                last_kept = last_kept.max(written.call);
                written.standing = standing;
            }
        }
        let Some((call, mutation)) = lost.first() else {
            return Ok(());
        };
        // A relaxed database loses the last writes at a power cut, and none before them.
        let is_suffix = lost.iter().all(|(call, _)| *call > last_kept);
        hold(Invariant::Durable, may_have_lost && is_suffix, || {
            format!("device {d}: write {mutation} of call {call} was acknowledged and is nowhere")
        })?;
        for thing in device.ledger.things.values_mut() {
            for written in &mut thing.writes {
                if lost.iter().any(|(_, mutation)| written.mutation == *mutation) {
                    written.told = Told::Void;
                    thing.is_torn = true;
                }
            }
        }
        device.ledger.forget_likes();
        Ok(())
    }

    /// Invariant 3, while a process lives: what was acknowledged waits or has an outcome.
    pub(super) fn nothing_vanishes(&self, d: usize, h: usize) -> Checked {
        let device = &self.devices[d];
        let Some(host) = device.hosts[h].as_ref().filter(|_| !device.may_have_lost) else {
            return Ok(());
        };
        let mut kept = device.ledger.things.values().flat_map(|thing| &thing.writes);
        let vanished = kept.find(|written| {
            written.told == Told::Kept
                && inspect::standing(host.engine.db(), written.mutation)
                    .is_ok_and(|standing| standing == Standing::Unknown)
        });
        hold(Invariant::NothingVanishes, vanished.is_none(), || {
            format!("device {d}.{h}: {vanished:?} is in no queue, and nothing tells what became of it")
        })
    }
}

/// A call over which the process died: all of it is there, or nothing.
fn decide(device: &mut Device, h: usize, call: u64) -> Checked {
    let index = device.index;
    let Some(host) = &device.hosts[h] else {
        return Ok(());
    };
    let db = host.engine.db();
    let mut found = BTreeMap::new();
    for written in device.ledger.writes_mut().filter(|written| written.call == call) {
        let standing = inspect::standing(db, written.mutation).unwrap_or(Standing::Unknown);
        let is_there = standing != Standing::Unknown;
        written.told = if is_there { Told::Kept } else { Told::Void };
        written.standing = standing;
        *found.entry(is_there).or_insert(0) += 1;
    }
    hold(Invariant::AllOrNothing, found.len() < 2, || {
        format!("device {index}: of call {call}, over which the process died, a part is there: {found:?}")
    })
}

fn tear_merged(device: &mut Device, h: usize, mutation: MutationId) {
    let Some(host) = &device.hosts[h] else { return };
    let merged = || -> rusqlite::Result<Vec<MutationId>> {
        host.engine
            .db()
            .prepare_cached("SELECT mutation FROM outrigger_merged WHERE into_mutation = ?1")?
            .query_map([mutation], |row| row.get(0))?
            .collect()
    };
    let merged = merged().unwrap_or_default();
    for thing in device.ledger.things.values_mut() {
        thing.is_torn |= thing
            .writes
            .iter()
            .any(|written| merged.contains(&written.mutation));
    }
}
