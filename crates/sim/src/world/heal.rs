//! Everything is well from now on, and everybody sees to what needs them: then everything must arrive.
//!
//! Owns the second phase of a world: liveness (22), and that only what depends on something refused stays behind (6).

use outrigger_engine::ids::{CallId, MutationId};
use outrigger_engine::inspect::{self, Filter, Item};
use outrigger_engine::{Cause, Event, Parked, SyncKind};
use std::collections::BTreeSet;

use super::Asked;
use super::World;
use crate::app::OLDER;
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::ledger::Kind;
use crate::plan::Act;

/// With everything well, a queue that is not empty after so long is stuck, in milliseconds.
const PATIENCE_MS: i64 = 3 * 3_600_000;
/// So often people come back to see to what failed.
const VISITS_MAX: usize = 60;

impl World<'_> {
    pub(super) fn heal(&mut self) -> Checked {
        self.note(format_args!("all is well from now on"));
        self.is_healed = true;
        self.backend.spare();
        self.server_starts()?;
        for d in 0..self.devices.len() {
            self.heal_device(d)?;
        }
        if self.was_restored {
            // Who has nothing to send does not hear of it: everybody writes something more.
            for d in 0..self.devices.len() {
                self.act(d, Act::Post, 0)?;
            }
        }
        let mut tried = BTreeSet::new();
        for _ in 0..VISITS_MAX {
            self.settle()?;
            if !self.see_to_it(&mut tried)? {
                return Ok(());
            }
        }
        violated(
            Invariant::Converges,
            format!("people saw to what failed {VISITS_MAX} times, and it fails still"),
        )
    }

    fn heal_device(&mut self, d: usize) -> Checked {
        self.disk_fails_from_now_on(d, None);
        let device = &mut self.devices[d];
        device.one_way_until = 0;
        device.lock = None;
        device.disk.limit(None);
        device.is_full = false;
        device.holds_reserve = true;
        for host in device.hosts.iter_mut().flatten() {
            host.dies_at_effect = None;
            host.stands_until = None;
        }
        for host in device.hosts.iter().flatten() {
            device.disk.kill_after(host.process, u64::MAX);
        }
        self.start(d, 0)?;
        self.network_is_back(d)?;
        for h in 0..2 {
            let Some(host) = self.devices[d].hosts[h].as_mut() else {
                continue;
            };
            let mut found = std::mem::take(&mut host.mailbox);
            found.push(Event::Reserve { held: true });
            self.handle(d, h, found)?;
            self.ask(d, h, Asked::Other, |call: CallId| Event::SetOnline {
                call,
                online: true,
            })?;
        }
        Ok(())
    }

    /// Time passes until nothing more happens by itself.
    fn settle(&mut self) -> Checked {
        let until = self.now_ms + PATIENCE_MS;
        while !self.is_quiet() {
            if self.now_ms > until {
                let waiting: Vec<_> = self
                    .devices
                    .iter()
                    .map(|device| device.running().map(|host| host.status.clone()))
                    .collect();
                return violated(
                    Invariant::Converges,
                    format!("after {PATIENCE_MS} ms in which all was well something waits: {waiting:?}"),
                );
            }
            self.next()?;
        }
        Ok(())
    }

    /// Whether everything that is under way has ended.
    fn is_quiet(&self) -> bool {
        self.devices.iter().all(|device| {
            device.hosts[0].is_some()
                && device.hosts.iter().flatten().all(|host| {
                    let status = &host.status;
                    let needs_somebody = matches!(status.cause, Some(Cause::SignIn | Cause::ServerRestored));
                    let is_at_rest =
                        matches!(status.kind, SyncKind::Idle | SyncKind::Error) && status.in_flight == 0;
                    needs_somebody
                        || (is_at_rest && status.next_attempt_in_ms.is_none() && host.in_flight.is_empty())
                })
        }) && self.flights_are_over()
    }

    /// Everybody looks at what needs them. False where nothing does.
    fn see_to_it(&mut self, tried: &mut BTreeSet<(usize, MutationId, &'static str)>) -> Checked<bool> {
        let mut was_needed = false;
        for d in 0..self.devices.len() {
            let Some(host) = &self.devices[d].hosts[0] else {
                continue;
            };
            let db = host.engine.db();
            if matches!(host.status.cause, Some(Cause::SignIn | Cause::ServerRestored)) {
                was_needed = true;
                self.attend(d, 0)?;
                continue;
            }
            let parked = inspect::items(db, Filter::Parked, None, 1_000);
            let parked =
                parked.map_err(|error| crate::backend::broken("the queue cannot be read", &error))?;
            if parked.is_empty() {
                let status = &host.status;
                hold(Invariant::Converges, status.kind == SyncKind::Idle, || {
                    format!("device {d}: nothing is parked, and yet it is not idle: {status:?}")
                })?;
                continue;
            }
            was_needed = true;
            // One after the other, as they were written: what is freed by the first may see to the rest.
            for item in parked {
                self.decide_about(d, &item, tried)?;
            }
        }
        Ok(was_needed)
    }

    fn decide_about(
        &mut self,
        d: usize,
        item: &Item,
        tried: &mut BTreeSet<(usize, MutationId, &'static str)>,
    ) -> Checked {
        let is_there = self.devices[d].hosts[0].as_ref().is_some_and(|host| {
            matches!(
                inspect::item(host.engine.db(), item.mutation),
                Ok(Some(found)) if found.parked.is_some()
            )
        });
        if !is_there {
            return Ok(());
        }
        let Some(parked) = &item.parked else {
            return Ok(());
        };
        self.note(format_args!(
            "device {d}: {} {} is {}: {}",
            item.name,
            item.mutation,
            parked.word(),
            parked.detail()
        ));
        if let Parked::Unreadable { .. } = parked {
            return violated(
                Invariant::OldQueuesOpen,
                format!(
                    "device {d}: {} of version {} cannot be read ({OLDER} is known)",
                    item.name, item.version
                ),
            );
        }
        if tried.insert((d, item.mutation, parked.word())) {
            return self.retry(d, 0, item);
        }
        if let Parked::Rejected { status, detail, .. } = parked {
            self.must_have_reason(d, item, *status, detail)?;
        }
        self.give_up(d, 0, item);
        self.discard(d, 0, item.mutation)
    }

    /// Invariant 6: with everything well, only what hangs on something that is gone is refused twice.
    fn must_have_reason(&mut self, d: usize, item: &Item, status: u16, detail: &str) -> Checked {
        let thing = self.devices[d].ledger.things.get(&item.entity.id);
        let needed = thing.map(|thing| &thing.kind);
        let is_gone = |entity: outrigger_engine::ids::Entity| {
            self.server_id(d, &entity)
                .is_none_or(|id| !self.arrived().has(&id.0))
        };
        let is_excused = match needed {
            Some(Kind::Comment { post, id }) => is_gone(post.entity()) || is_gone(id.entity()),
            Some(Kind::Like { post }) => is_gone(post.entity()),
            Some(Kind::Post { id, .. }) => is_gone(id.entity()),
            Some(Kind::Message { .. } | Kind::Follow { .. } | Kind::Conversation { .. }) => self.was_restored,
            None => true,
        };
        hold(
            Invariant::OthersArrive,
            is_excused || thing.is_some_and(|thing| thing.is_torn),
            || {
                format!(
                    "device {d}: {} was refused again with nothing wrong: {status} {detail}",
                    item.name
                )
            },
        )
    }
}
