//! What goes wrong at a moment of its own: processes that die or stand still, disks, clocks, copies put back.
//!
//! Owns how a trouble is brought about. Never looks at what comes of it: see [`super::watch`].

use outrigger_disk::{Failure, What};
use outrigger_engine::{Engine, ErrorKind, Event};
use rusqlite::Connection;

use super::host::RESERVE;
use super::{Happening, World};
use crate::app::{OLDER, older_form};
use crate::device::{Copy, DATABASE};
use crate::fault::Fault;
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::plan::Trouble;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

impl World<'_> {
    pub(super) fn trouble(&mut self, d: usize, trouble: Trouble, pick: u32) -> Checked {
        let host = self.a_host(d, pick);
        // What chose the process is not to choose the moment as well.
        let moment = pick / 2;
        let small = u64::from(moment % 40);
        match trouble {
            Trouble::Kill => {
                if let Some(h) = host {
                    self.struck(Fault::Killed);
                    self.died(d, h, "between two steps");
                }
            }
            Trouble::KillAtEffect => {
                if let Some(host) = host.and_then(|h| self.devices[d].hosts[h].as_mut()) {
                    host.dies_at_effect = Some(moment % 6);
                }
            }
            Trouble::KillInside => {
                if let Some(host) = host.and_then(|h| self.devices[d].hosts[h].as_ref()) {
                    self.devices[d].disk.kill_after(host.process, small);
                }
            }
            Trouble::PowerCut => self.loses_power(d),
            Trouble::PowerCutInside => {
                // The process dies first, within its transaction; then everything unsynced is at stake.
                if let Some(h) = host {
                    let process = self.devices[d].hosts[h].as_ref().map(|host| host.process);
                    if let Some(process) = process {
                        self.devices[d].disk.kill_after(process, small);
                        self.handle(d, h, vec![Event::TriggerSync])?;
                    }
                }
                self.loses_power(d);
            }
            Trouble::DiskError => self.disk_fails(d, pick),
            Trouble::DiskFull => self.disk_fills(d, pick),
            Trouble::Lock => self.locks(d, pick),
            Trouble::Clock => self.clock_jumps(d, pick)?,
            Trouble::Offline => self.goes_offline(d, i64::from(pick % 90_000), pick & 1 == 0)?,
            Trouble::OneWay => {
                self.devices[d].one_way_until = self.now_ms + i64::from(pick % 60_000);
            }
            Trouble::Second => self.second(d)?,
            Trouble::Pause => {
                if let Some(h) = host {
                    self.pauses(d, h, i64::from(pick % 20_000));
                }
            }
            Trouble::Copy => {
                let device = &mut self.devices[d];
                let ledger = device.ledger.clone();
                let image = device.disk.copy();
                device.copy = Some(Copy {
                    image,
                    ledger,
                    may_have_lost: device.may_have_lost,
                });
            }
            Trouble::Restore => self.is_put_back(d),
            Trouble::Switch => self.somebody_else(d)?,
            Trouble::Upgrade => self.upgrades(d)?,
            Trouble::ServerKill => {
                if self.backend.is_up() {
                    self.backend.kill();
                    self.struck(Fault::ServerKilled);
                    self.server_died();
                }
            }
            Trouble::ServerKillInside => self.backend.kill_after(small),
            Trouble::ServerPower => {
                if self.backend.is_up() {
                    self.backend.cut_power();
                    self.struck(Fault::ServerPower);
                    self.server_died();
                }
            }
            Trouble::ServerBackup => self.backend.make_backup(),
            Trouble::ServerRestore => self.server_is_restored()?,
        }
        Ok(())
    }

    fn loses_power(&mut self, d: usize) {
        for h in 0..2 {
            if self.devices[d].hosts[h].is_some() {
                self.died(d, h, "with the power");
            }
        }
        let device = &mut self.devices[d];
        device.lock = None;
        device.disk.cut_power();
        if !device.plan.durable {
            device.may_have_lost = true;
            device.went_back = true;
            device.sent_under = None;
            device.pause_until = 0;
            device.versions.clear();
        }
        self.count("power cuts");
        self.struck(Fault::PowerCut);
    }

    fn disk_fails(&mut self, d: usize, pick: u32) {
        let kinds = [What::Error, What::SyncFails, What::Full, What::ShortWrite];
        let what = kinds[pick as usize / 64 % kinds.len()];
        let failure = Failure::once(what, 1 + u64::from(pick % 60));
        self.disk_fails_from_now_on(d, Some(failure));
    }

    /// What failed until now is counted.
    pub(super) fn disk_fails_from_now_on(&mut self, d: usize, failure: Option<Failure>) {
        let disk = &self.devices[d].disk;
        let failed = disk.failed();
        disk.fail(failure);
        (0..failed).for_each(|_| self.struck(Fault::DiskError));
    }

    fn disk_fills(&mut self, d: usize, pick: u32) {
        let device = &mut self.devices[d];
        if device.is_full {
            return;
        }
        device.is_full = true;
        // What the reserve takes up is there to be given back.
        device
            .disk
            .limit(Some(device.disk.used() + u64::from(pick % 30_000)));
        let for_ms = i64::from(pick % 60_000);
        self.after(for_ms, Happening::DiskHasRoom { device: d });
    }

    pub(super) fn disk_has_room(&mut self, d: usize) -> Checked {
        let device = &mut self.devices[d];
        device.is_full = false;
        device.disk.limit(None);
        let had = std::mem::replace(&mut device.holds_reserve, true);
        if had {
            return Ok(());
        }
        self.note(format_args!(
            "device {d} has room, and {RESERVE} bytes in reserve"
        ));
        (0..2).try_for_each(|h| self.handle(d, h, vec![Event::Reserve { held: true }]))
    }

    /// Somebody else's transaction: a backup program, a shell.
    fn locks(&mut self, d: usize, pick: u32) {
        let device = &mut self.devices[d];
        if device.lock.is_some() {
            return;
        }
        let process = device.disk.process();
        let begin = |db: Connection| db.execute_batch("BEGIN IMMEDIATE").map(|()| db);
        device.lock = device.disk.open(process, DATABASE).and_then(begin).ok();
        let for_ms = i64::from(pick % 9_000);
        self.after(for_ms, Happening::Unlocked { device: d });
    }

    fn clock_jumps(&mut self, d: usize, pick: u32) -> Checked {
        let by_ms = match pick % 6 {
            0 => 10 * YEAR_MS,
            1 => -10 * YEAR_MS,
            2 => i64::from(pick % 100_000),
            3 => -i64::from(pick % 100_000),
            4 => i64::from(pick % 50_000_000),
            _ => -self.devices[d].skew_ms,
        };
        self.struck(Fault::Clock);
        let device = &mut self.devices[d];
        // What waits while no process runs becomes due when the clock is set forward.
        device.pause_until = 0;
        // Not further than the calendar goes.
        device.skew_ms = (device.skew_ms + by_ms).clamp(-40 * YEAR_MS, 40 * YEAR_MS);
        Ok(())
    }

    /// A second process opens the database, or the second one ends as programs end.
    fn second(&mut self, d: usize) -> Checked {
        if !self.devices[d].plan.shared || self.devices[d].hosts[0].is_none() {
            return Ok(());
        }
        if self.devices[d].hosts[1].is_none() {
            self.struck(Fault::TwoProcesses);
            return self.start(d, 1);
        }
        self.handle(d, 1, vec![Event::Closing])?;
        self.bury(d, 1);
        Ok(())
    }

    fn pauses(&mut self, d: usize, h: usize, for_ms: i64) {
        let until = self.now_ms + for_ms;
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return;
        };
        if host.stands_until.is_none() {
            host.stands_until = Some(until);
            self.note(format_args!("device {d}.{h} stands still"));
            self.at(until, Happening::GoesOn { device: d, host: h });
        }
    }

    /// The last copy of the database takes its place, once in the life of a device.
    fn is_put_back(&mut self, d: usize) {
        if self.devices[d].was_put_back {
            return;
        }
        let Some(Copy {
            image,
            ledger,
            may_have_lost,
        }) = self.devices[d].copy.clone()
        else {
            return;
        };
        for h in 0..2 {
            if self.devices[d].hosts[h].is_some() {
                self.died(d, h, "for a copy to be put back");
            }
        }
        let device = &mut self.devices[d];
        device.lock = None;
        device.disk.put_back(&image);
        device.ledger.go_back(&ledger);
        device.pause_until = 0;
        device.sent_under = None;
        device.versions.clear();
        device.asked.clear();
        device.may_have_lost = may_have_lost;
        device.went_back = true;
        device.was_put_back = true;
        self.count("copies put back");
        self.struck(Fault::Restored);
    }

    /// Somebody else signs in: their database is another, and this one is refused to them before anything is sent.
    fn somebody_else(&mut self, d: usize) -> Checked {
        if self.devices[d].running().is_some() {
            for h in 0..2 {
                self.handle(d, h, vec![Event::Closing])?;
                self.bury(d, h);
            }
        }
        let now_ms = self.now_ms;
        let device = &mut self.devices[d];
        let options = device.options(now_ms, "usr_somebody_else");
        if let Ok(db) = device.open_alone()
            && db
                .query_row("SELECT 1 FROM outrigger_identity", [], |_| Ok(()))
                .is_ok()
        {
            let opened = Engine::open(db, std::sync::Arc::clone(&device.app), options);
            self.struck(Fault::AccountSwitched);
            match opened {
                Err(error) => hold(
                    Invariant::Isolated,
                    error.kind() == ErrorKind::Foreign || !self.is_healed,
                    || format!("device {d}: somebody else's database: {error}"),
                )?,
                Ok(_) => {
                    return violated(
                        Invariant::Isolated,
                        format!("device {d}: a database opened for another account than its own"),
                    );
                }
            }
        }
        self.after(500, Happening::Starts { device: d, host: 0 });
        Ok(())
    }

    /// What waits is from an older version from now on, as when a program is replaced while its queue is full.
    fn upgrades(&mut self, d: usize) -> Checked {
        for h in 0..2 {
            if self.devices[d].hosts[h].is_some() {
                self.handle(d, h, vec![Event::Closing])?;
                self.bury(d, h);
            }
        }
        let device = &mut self.devices[d];
        let rewritten = device.open_alone().and_then(|db| age(&db));
        if matches!(rewritten, Ok(1..)) {
            self.struck(Fault::Upgraded);
        }
        self.note(format_args!("device {d}: aged {rewritten:?}"));
        self.after(500, Happening::Starts { device: d, host: 0 });
        Ok(())
    }

    /// Once in a world.
    fn server_is_restored(&mut self) -> Checked {
        if self.was_restored || !self.backend.restore(self.now_ms)? {
            return Ok(());
        }
        self.note(format_args!("the server is restored from its backup"));
        self.count("restores of the server");
        self.struck(Fault::ServerRestored);
        self.was_restored = true;
        self.arrived = Default::default();
        self.overheard.clear();
        for device in &mut self.devices {
            device.versions.clear();
        }
        self.take_effects()
    }
}

/// Puts the payloads that wait into their older form.
fn age(db: &Connection) -> rusqlite::Result<usize> {
    let rows: Vec<(i64, String)> = db
        .prepare("SELECT place, payload FROM outrigger_queue WHERE version <> ?1 AND upload IS NULL")?
        .query_map([OLDER], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (place, payload) in &rows {
        db.execute(
            "UPDATE outrigger_queue SET version = ?2, payload = ?3 WHERE place = ?1",
            rusqlite::params![place, OLDER, older_form(payload)],
        )?;
    }
    Ok(rows.len())
}
