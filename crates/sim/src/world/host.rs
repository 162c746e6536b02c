//! The processes of the devices: how they start, what they do when the engine has decided, how they die.
//!
//! Owns the host's part of the engine's contract, as the native host has it: effects after the commit, a full disk gives back the reserve, what could not
//! be committed is carried, any other failure ends the process. Never decides what is sent.

use outrigger_engine::event::Refreshed;
use outrigger_engine::ids::CallId;
use outrigger_engine::{Effect, Engine, Error, ErrorKind, Event, Reply, SyncState};

use super::{Happening, World};
use crate::app::Phone;
use crate::device::{DATABASE, Host};
use crate::fault::Fault;
use crate::invariant::{Checked, Invariant, hold};

/// How long after its end a process is started again, in milliseconds.
const RESTART_MS: i64 = 700;
/// How long after a commit that had to be put off it is tried again.
const PUT_OFF_MS: i64 = 1_000;
const TICK_MS: i64 = 30_000;
/// Space that the host gives back when the disk is full, in bytes.
pub(super) const RESERVE: u64 = 256 * 1024;

/// What became of a transaction.
enum Committed {
    Effects(Vec<Effect>),
    Refused(fn() -> Error),
    Died,
}

impl World<'_> {
    /// Starts a process, unless it runs.
    pub(super) fn start(&mut self, d: usize, h: usize) -> Checked {
        if self.devices[d].hosts[h].is_some() {
            return Ok(());
        }
        let now_ms = self.now_ms;
        let device = &mut self.devices[d];
        let is_alone = device.running().is_none();
        let process = device.disk.process();
        let account = device.me.id.clone();
        let options = device.options(now_ms, &account);
        device.disk.set_clock(device.wall_ms(now_ms));
        let opened = device
            .disk
            .open(process, DATABASE)
            .map_err(Error::from)
            .and_then(|db| {
                db.busy_timeout(std::time::Duration::from_millis(200))?;
                if is_alone {
                    outrigger_wal::make_certain(&db, || device.disk.rewrite_log(process, DATABASE))?;
                }
                Engine::open(db, std::sync::Arc::clone(&device.app), options)
            });
        let engine = match opened {
            Ok(engine) => engine,
            Err(error) => return self.did_not_open(d, h, &error),
        };
        device.hosts[h] = Some(Host {
            process,
            engine,
            in_flight: Default::default(),
            wake: None,
            status: SyncState::IDLE,
            started_ms: now_ms,
            stands_until: None,
            mailbox: Vec::new(),
            carried: Vec::new(),
            dies_at_effect: None,
            waits_for_refresh: false,
            is_closing: false,
        });
        self.note(format_args!("device {d}.{h} starts"));
        self.check_whole(d, h)?;
        self.came_back(d, h)?;
        self.after(
            TICK_MS,
            Happening::Ticks {
                device: d,
                host: h,
                started_ms: now_ms,
            },
        );
        let held = self.devices[d].holds_reserve;
        let mut events = vec![Event::Reserve { held }, Event::Started];
        if is_alone {
            events.push(Event::Alone);
        }
        self.handle(d, h, events)
    }

    /// A process that cannot open its database tries again: somebody may be in the way, or the disk at fault.
    fn did_not_open(&mut self, d: usize, h: usize, error: &Error) -> Checked {
        self.note(format_args!("device {d}.{h} does not open: {:?}", error.kind()));
        let may_fail = !self.is_healed || self.devices[d].lock.is_some();
        hold(
            Invariant::Intact,
            may_fail && error.kind() != ErrorKind::Foreign,
            || format!("device {d}: its database does not open: {error}"),
        )?;
        self.after(RESTART_MS, Happening::Starts { device: d, host: h });
        Ok(())
    }

    /// Events go in, effects come out and are done.
    pub(super) fn handle(&mut self, d: usize, h: usize, events: Vec<Event<Phone>>) -> Checked {
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return Ok(());
        };
        if host.stands_until.is_some() {
            host.mailbox.extend(events);
            return Ok(());
        }
        let mut all = std::mem::take(&mut host.carried);
        all.extend(events);
        host.is_closing = all.iter().any(|event| matches!(event, Event::Closing));
        for event in &all {
            self.trace
                .note(self.now_ms, format_args!("  {d}.{h} <- {}", told(event)));
        }
        match self.commit(d, h, &all)? {
            Committed::Effects(effects) => self.perform(d, h, effects),
            Committed::Refused(why) => self.put_off(d, h, all, why),
            Committed::Died => Ok(()),
        }
    }

    fn commit(&mut self, d: usize, h: usize, events: &[Event<Phone>]) -> Checked<Committed> {
        let now_ms = self.now_ms;
        let device = &mut self.devices[d];
        device.disk.set_clock(device.wall_ms(now_ms));
        let Some(started_ms) = device.hosts[h].as_ref().map(|host| host.started_ms) else {
            return Ok(Committed::Died);
        };
        let now = device.now(now_ms, started_ms);
        let Some(host) = device.hosts[h].as_mut() else {
            return Ok(Committed::Died);
        };
        let process = host.process;
        let handled = host.engine.handle(now, events);
        if device.disk.is_dead(process) {
            self.struck(Fault::KilledInside);
            self.died(d, h, "inside");
            return Ok(Committed::Died);
        }
        match handled {
            Ok(effects) => Ok(Committed::Effects(effects)),
            Err(Error::DiskFull) => {
                if device.is_full || !device.holds_reserve {
                    self.struck(Fault::DiskFull);
                }
                Ok(Committed::Refused(|| Error::DiskFull))
            }
            Err(Error::Locked) => {
                self.struck(Fault::Locked);
                Ok(Committed::Refused(|| Error::Locked))
            }
            Err(error) => {
                hold(Invariant::Intact, !self.is_healed, || {
                    format!("device {d}: the engine failed: {error}")
                })?;
                self.died(d, h, "of its database");
                Ok(Committed::Died)
            }
        }
    }

    /// As the native host does: a full disk gives back the reserve for what makes room; whoever waits for a reply is told, the rest is carried.
    fn put_off(&mut self, d: usize, h: usize, events: Vec<Event<Phone>>, why: fn() -> Error) -> Checked {
        let is_full = matches!(why(), Error::DiskFull);
        let (calls, mut others): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.call().is_some());
        for call in calls.iter().filter_map(Event::call) {
            self.replied(d, h, call, Err(why()))?;
        }
        if is_full {
            others.extend(calls.iter().filter_map(unstaged));
        }
        others.retain(|event| !matches!(event, Event::Tick | Event::TriggerSync));
        let device = &mut self.devices[d];
        if is_full && device.holds_reserve {
            device.holds_reserve = false;
            device.disk.limit(Some(device.disk.used() + RESERVE));
            others.insert(0, Event::Reserve { held: false });
            match self.commit(d, h, &others)? {
                Committed::Effects(effects) => return self.perform(d, h, effects),
                Committed::Refused(_) => {}
                Committed::Died => return Ok(()),
            }
        }
        let device = &mut self.devices[d];
        if let Some(host) = device.hosts[h].as_mut() {
            host.carried = others;
        }
        self.arm(d, h, Some(PUT_OFF_MS));
        Ok(())
    }

    fn perform(&mut self, d: usize, h: usize, effects: Vec<Effect>) -> Checked {
        // Whoever is answered finds what was answered in the state.
        let status = effects.iter().rev().find_map(|effect| match effect {
            Effect::Status(status) => Some(status.clone()),
            _ => None,
        });
        if let (Some(status), Some(host)) = (status, self.devices[d].hosts[h].as_mut()) {
            host.status = status;
        }
        for effect in effects {
            if self.dies_here(d, h) {
                self.struck(Fault::KilledAtEffect);
                self.died(d, h, "at an effect");
                return Ok(());
            }
            self.do_one(d, h, effect)?;
        }
        self.watch(d, h)
    }

    fn dies_here(&mut self, d: usize, h: usize) -> bool {
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return false;
        };
        match &mut host.dies_at_effect {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    fn do_one(&mut self, d: usize, h: usize, effect: Effect) -> Checked {
        match effect {
            Effect::Reply { call, reply } => self.replied(d, h, call, reply)?,
            Effect::Send {
                attempt,
                request,
                timeout,
            } => self.send(d, h, attempt, request, timeout)?,
            Effect::Abort { attempt } => {
                if let Some(host) = self.devices[d].hosts[h].as_mut() {
                    host.in_flight.remove(&attempt);
                }
            }
            Effect::Refresh => self.refresh(d, h),
            Effect::Changed(entities) => {
                let ids = entities.into_iter().map(|entity| entity.id);
                self.devices[d].changed.extend(ids);
            }
            Effect::ChangedElsewhere => {
                let device = &mut self.devices[d];
                device.changed.extend(device.ledger.things.keys());
            }
            Effect::Settled { mutation, outcome } => {
                self.note(format_args!("  {d}.{h} -> settled {mutation} {outcome:?}"));
                self.settled(d, mutation, &outcome);
            }
            Effect::Status(status) => {
                self.note(format_args!(
                    "  {d}.{h} -> {:?} pending {} in flight {} failed {} blocked {} {:?}",
                    status.kind,
                    status.pending,
                    status.in_flight,
                    status.failed,
                    status.blocked,
                    status.message
                ));
            }
            Effect::Wake(delay) => self.arm(d, h, delay.map(|delay| delay.0)),
            Effect::RemoveFile(name) => {
                self.devices[d].files.remove(&name);
            }
        }
        Ok(())
    }

    fn arm(&mut self, d: usize, h: usize, delay_ms: Option<i64>) {
        self.serial += 1;
        let timer = self.serial;
        let now_ms = self.now_ms;
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return;
        };
        host.wake = delay_ms.map(|delay| (now_ms.saturating_add(delay), timer));
        if let Some((at, timer)) = host.wake {
            self.at(
                at,
                Happening::Wakes {
                    device: d,
                    host: h,
                    timer,
                },
            );
        }
    }

    pub(super) fn wakes(&mut self, d: usize, h: usize, timer: u64) -> Checked {
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return Ok(());
        };
        if host.wake.is_none_or(|(_, armed)| armed != timer) {
            return Ok(());
        }
        host.wake = None;
        self.handle(d, h, vec![Event::Tick])
    }

    pub(super) fn ticks(&mut self, d: usize, h: usize, started_ms: i64) -> Checked {
        let is_same = self.devices[d].hosts[h]
            .as_ref()
            .is_some_and(|host| host.started_ms == started_ms);
        if !is_same {
            return Ok(());
        }
        self.after(
            TICK_MS,
            Happening::Ticks {
                device: d,
                host: h,
                started_ms,
            },
        );
        self.handle(d, h, vec![Event::Tick])
    }

    pub(super) fn goes_on(&mut self, d: usize, h: usize) -> Checked {
        let Some(host) = self.devices[d].hosts[h].as_mut() else {
            return Ok(());
        };
        if host.stands_until.is_none_or(|until| until > self.now_ms) {
            return Ok(());
        }
        host.stands_until = None;
        let found = std::mem::take(&mut host.mailbox);
        self.note(format_args!("device {d}.{h} goes on"));
        self.handle(d, h, found)
    }

    /// A process is gone; it is started again soon.
    pub(super) fn died(&mut self, d: usize, h: usize, how: &str) {
        self.note(format_args!("device {d}.{h} died {how}"));
        self.count("deaths of clients");
        self.bury(d, h);
        self.after(RESTART_MS, Happening::Starts { device: d, host: h });
    }

    /// A process is gone.
    pub(super) fn bury(&mut self, d: usize, h: usize) {
        let device = &mut self.devices[d];
        let Some(host) = device.hosts[h].take() else {
            return;
        };
        device.disk.kill(host.process);
        drop(host);
        // Whether an edit was made or a write taken back over which it died cannot be told from outside.
        let about: Vec<_> = device
            .asked
            .values()
            .filter(|(asker, _)| *asker == h)
            .filter_map(|(_, asked)| asked.about())
            .collect();
        for thing in device.ledger.things.values_mut() {
            thing.is_torn |= thing
                .writes
                .iter()
                .any(|written| about.contains(&written.mutation));
        }
        let flight = device.refresh.filter(|flight| {
            self.flights
                .get(flight)
                .is_some_and(|flight| flight.device == d && flight.host == h)
        });
        if flight.is_some() {
            device.refresh = None;
            let others: Vec<_> = (0..device.hosts.len())
                .filter(|other| {
                    device.hosts[*other]
                        .as_ref()
                        .is_some_and(|host| host.waits_for_refresh)
                })
                .collect();
            for other in others {
                self.tell_refreshed(d, other, Refreshed::Failed);
            }
        }
    }

    /// Brings the end of a renewal to a process, a moment later.
    pub(super) fn tell_refreshed(&mut self, d: usize, h: usize, refreshed: Refreshed) {
        if let Some(host) = self.devices[d].hosts[h].as_mut() {
            host.waits_for_refresh = false;
            // Taken in with whatever comes next, which is the timer at the latest.
            host.carried.push(Event::Refreshed(refreshed));
        }
        self.arm(d, h, Some(1));
    }

    fn replied(&mut self, d: usize, h: usize, call: CallId, reply: Result<Reply, Error>) -> Checked {
        match &reply {
            Ok(reply) => self.note(format_args!("  {d}.{h} -> call {} {reply:?}", call.0)),
            Err(error) => self.note(format_args!("  {d}.{h} -> call {} refused: {error}", call.0)),
        }
        if let Err(error @ Error::Database(_)) = &reply {
            hold(Invariant::Intact, !self.is_healed, || {
                format!("device {d}: a call failed: {error}")
            })?;
        }
        self.heard(d, h, call, reply)
    }

    /// A process of a device in which somebody can do something.
    pub(super) fn a_host(&self, d: usize, pick: u32) -> Option<usize> {
        let running: Vec<_> = (0..2)
            .filter(|h| {
                let host = self.devices[d].hosts[*h].as_ref();
                host.is_some_and(|host| host.stands_until.is_none())
            })
            .collect();
        (!running.is_empty()).then(|| running[pick as usize % running.len()])
    }

    /// Invariant 21, of a device.
    fn check_whole(&mut self, d: usize, h: usize) -> Checked {
        let Some(host) = &self.devices[d].hosts[h] else {
            return Ok(());
        };
        let disk = &self.devices[d].disk;
        let failed = disk.failed();
        let checked: Result<String, _> = host
            .engine
            .db()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0));
        let is_whole = checked.as_ref().is_ok_and(|said| said == "ok");
        // Where the disk failed while it was read, that is what was found; and somebody else may hold it just now.
        let is_excused = disk.failed() > failed || (checked.is_err() && !self.is_healed);
        hold(Invariant::Intact, is_whole || is_excused, || {
            format!("device {d}: its database: {checked:?}")
        })
    }
}

/// What a refused write brought makes room.
fn unstaged(refused: &Event<Phone>) -> Option<Event<Phone>> {
    let Event::Mutate { writes, .. } = refused else {
        return None;
    };
    let files: Vec<_> = writes.iter().flat_map(|write| write.files.clone()).collect();
    (!files.is_empty()).then_some(Event::Unstage { files })
}

/// An event in a line.
fn told(event: &Event<Phone>) -> String {
    use outrigger_engine::http::Answer;
    match event {
        Event::Mutate { call, writes } => {
            let names: Vec<_> = writes.iter().map(|write| write.mutation.name()).collect();
            format!("mutate {} {}", call.0, names.join(" "))
        }
        Event::Answered { attempt, answer } => match answer {
            Answer::Response(response) => format!(
                "answered {} {} {}",
                attempt.0,
                response.status,
                String::from_utf8_lossy(&response.body)
            ),
            Answer::Unreached { reason } => format!("unreached {} {reason}", attempt.0),
        },
        Event::Observed { call, .. } => format!("observed {}", call.0),
        other => format!("{other:?}"),
    }
}
