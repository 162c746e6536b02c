//! What is looked at after every step: the counters, the timer, the lease, the pauses, what is sent and what is shown.
//!
//! Owns the invariants that hold at every moment: 3, 7, 8, 9, 17, 23, 25, 26. Those of a process that comes back are in [`super::survival`], those of effects in
//! [`crate::arrived`], those of the end in [`super::finish`].

use outrigger_engine::http::{Body, HttpRequest, Response};
use outrigger_engine::ids::{LocalId, MutationId};
use outrigger_engine::inspect::{self, Standing};
use outrigger_engine::{Cause, Outcome, Parked, SyncKind};
use rusqlite::{Connection, OptionalExtension as _};

use super::World;
use super::act::{id_of, lane_of};
use crate::arrived::{Arrived, Excuses};
use crate::device::Device;
use crate::invariant::{Checked, Invariant, hold, violated};
use crate::ledger::{Kind, Mark, Shown, Thing, Told};

/// Every write of a device is looked for after so many happenings: after each would take longer than the world.
const VANISHED_EVERY: u64 = 512;

impl World<'_> {
    /// After every step of a process.
    pub(super) fn watch(&mut self, d: usize, h: usize) -> Checked {
        for id in std::mem::take(&mut self.devices[d].changed) {
            self.look_at(d, h, id)?;
            self.look_at_others(d, h, id)?;
        }
        if self
            .counts
            .get("happenings")
            .is_some_and(|count| count.is_multiple_of(VANISHED_EVERY))
        {
            self.nothing_vanishes(d, h)?;
        }
        let Some(host) = &self.devices[d].hosts[h] else {
            return Ok(());
        };
        let db = host.engine.db();
        let Ok(counted) = counts(db) else {
            // The disk is at fault just now: the step was good.
            return Ok(());
        };
        let status = &host.status;
        let told = [status.pending, status.in_flight, status.failed, status.blocked];
        hold(Invariant::StatusIsTrue, told == counted, || {
            format!(
                "device {d}.{h}: pending, in flight, failed, blocked are told as {told:?} and are {counted:?}"
            )
        })?;
        let is_idle = status.kind == SyncKind::Idle;
        hold(
            Invariant::StatusIsTrue,
            !is_idle || (status.pending == 0 && status.failed == 0),
            || format!("device {d}.{h}: idle is told while something waits"),
        )?;
        // What stands behind something parked is neither blocked nor ready.
        let has_ready = db
            .prepare_cached("SELECT 1 FROM outrigger_queue WHERE state = 1")
            .and_then(|mut ready| ready.exists([]))
            .unwrap_or(false);
        let must_move = has_ready
            && !matches!(
                status.cause,
                Some(Cause::SignIn | Cause::ServerRestored | Cause::ByChoice)
            );
        let moves = host.wake.is_some() || !host.in_flight.is_empty() || host.waits_for_refresh;
        hold(
            Invariant::NoLostWakeUp,
            !must_move || moves || host.is_closing,
            || {
                format!(
                    "device {d}.{h}: {} wait, and nothing will wake it",
                    status.pending
                )
            },
        )
    }

    /// Before a request of the engine's leaves.
    pub(super) fn watch_sending(&mut self, d: usize, h: usize, request: &HttpRequest) -> Checked {
        let now_ms = self.now_ms;
        let device = &mut self.devices[d];
        hold(Invariant::PausesAreKept, now_ms >= device.pause_until, || {
            format!(
                "device {d}.{h} sends {} {} {} ms before the server's pause is over",
                request.method.as_str(),
                request.path,
                device.pause_until - now_ms
            )
        })?;
        no_local_ids(device, request)?;
        let Some(host) = &device.hosts[h] else {
            return Ok(());
        };
        let Ok(generation) =
            host.engine
                .db()
                .query_row("SELECT generation FROM outrigger_lease", [], |row| row.get(0))
        else {
            return Ok(());
        };
        let before = device.sent_under.replace((generation, host.process));
        let is_fenced = match before {
            Some((older, process)) if older == generation => process == host.process,
            Some((older, _)) => older < generation,
            None => true,
        };
        hold(Invariant::Fenced, is_fenced, || {
            format!(
                "device {d}.{h} sends under generation {generation}, under which another process has sent"
            )
        })
    }

    /// A pause that the server asked for was taken in: nothing is to be sent before its end.
    pub(super) fn note_pause(&mut self, d: usize, h: usize, until_ms: i64) {
        let device = &mut self.devices[d];
        let Some(host) = &device.hosts[h] else { return };
        // A process that stands still, whose lease has ended, or whose disk is full has not taken it in.
        let is_holder = device
            .sent_under
            .is_some_and(|(_, process)| process == host.process);
        let generation = host
            .engine
            .db()
            .query_row("SELECT generation FROM outrigger_lease", [], |row| row.get(0));
        let is_current = generation.ok() == device.sent_under.map(|(generation, _)| generation);
        if is_holder && is_current && host.stands_until.is_none() && host.carried.is_empty() {
            device.pause_until = device.pause_until.max(until_ms);
        }
    }

    /// What the server says is looked at as it leaves: it never fails, whatever is done to it.
    pub(super) fn watch_answer(&mut self, response: &Response) -> Checked {
        hold(Invariant::Intact, response.status != 500, || {
            format!("the server failed: {}", String::from_utf8_lossy(&response.body))
        })
    }

    /// The life of a write went on.
    pub(super) fn settled(&mut self, d: usize, mutation: MutationId, outcome: &Outcome) {
        let device = &mut self.devices[d];
        let mut about = None;
        for (id, thing) in &mut device.ledger.things {
            let Some(written) = thing
                .writes
                .iter_mut()
                .find(|written| written.mutation == mutation)
            else {
                continue;
            };
            written.standing = Standing::Settled(outcome.clone());
            about = Some((*id, thing.kind.clone()));
        }
        let Some((id, kind)) = about else { return };
        if let Outcome::Parked(parked) = outcome {
            self.disturb(d, &kind, parked);
        }
        self.devices[d].changed.insert(id);
    }

    /// What is parked may be overtaken in a wider lane; what is uncertain or failed too often, by the user's decision, also in its own.
    pub(super) fn disturb(&mut self, d: usize, kind: &Kind, parked: &Parked) {
        let device = &mut self.devices[d];
        match kind {
            Kind::Conversation { user } => {
                device.disturbed.insert(user.conversation().0);
            }
            _ => {
                device.disturbed.extend(lane_of(kind).map(|lane| lane.0));
            }
        }
        match parked {
            Parked::Uncertain { .. } => {
                device.disturbed.insert(id_of(kind));
            }
            Parked::Rejected { .. } => {
                device.was_refused.insert(id_of(kind));
            }
            Parked::Exhausted { .. } | Parked::Unreadable { .. } => {}
        }
    }

    /// Everything that the user did, against what is shown.
    pub(super) fn look_at_all(&mut self, d: usize, h: usize) -> Checked {
        let ids: Vec<_> = self.devices[d].ledger.things.keys().copied().collect();
        ids.into_iter().try_for_each(|id| self.look_at(d, h, id))
    }

    /// Invariant 8: what is shown of a thing is the user's last word about it, for as long as it was not taken back.
    pub(super) fn look_at(&mut self, d: usize, h: usize, id: LocalId) -> Checked {
        let device = &mut self.devices[d];
        let Some(host) = &device.hosts[h] else {
            return Ok(());
        };
        let db = host.engine.db();
        let Some(thing) = device.ledger.things.get_mut(&id) else {
            return Ok(());
        };
        if host.stands_until.is_some() || thing.is_torn {
            return Ok(());
        }
        if thing.writes.iter().any(|written| written.told == Told::Doubt) {
            return Ok(());
        }
        for written in &mut thing.writes {
            if written.told == Told::Kept
                && let Ok(standing) = inspect::standing(db, written.mutation)
            {
                written.standing = standing;
            }
        }
        let number = thing.number;
        let thing = &device.ledger.things[&id];
        if let Kind::Comment { post, .. } = &thing.kind
            && !matches!(shown_post(db, post.0), Ok(Some(_)))
        {
            // It goes with its post.
            return Ok(());
        }
        let Ok(seen) = seen(db, thing) else {
            return Ok(());
        };
        let expected = thing.shown();
        let is_same = match (&expected, &seen) {
            (Shown::Absent, Seen::Absent) => true,
            (Shown::Text(expected), Seen::Text(seen)) => expected == seen,
            // The other one may have opened it.
            (Shown::Set(false), Seen::Set(true)) if matches!(thing.kind, Kind::Conversation { .. }) => true,
            (Shown::Set(expected), Seen::Set(seen)) => expected == seen,
            _ => false,
        };
        if is_same {
            return Ok(());
        }
        // The server lost what it had confirmed, or has again what it had removed, and said so to a read. What became uncertain with it, and was given up, is seen at the next read.
        let is_told_by_server = matches!(seen, Seen::Absent | Seen::Set(_)) || expected == Shown::Absent;
        if self.was_restored && (is_told_by_server || device.disturbed.contains(&id)) {
            return Ok(());
        }
        violated(
            Invariant::ShownIsTrue,
            format!(
                "device {d}.{h}: thing {number} {:?} is to be shown as {expected:?} and is shown as {seen:?}; it was written {:?}",
                thing.kind, thing.writes
            ),
        )
    }

    /// Invariant 9, of what others wrote; of one's own things it follows from 8. Once the server was restored what is older is what is there.
    fn look_at_others(&mut self, d: usize, h: usize, id: LocalId) -> Checked {
        let device = &mut self.devices[d];
        let Some(host) = &device.hosts[h] else {
            return Ok(());
        };
        if self.was_restored || host.stands_until.is_some() || device.ledger.things.contains_key(&id) {
            return Ok(());
        }
        let Ok(Some(text)) = text_of(host.engine.db(), id) else {
            return Ok(());
        };
        let Some(said) = self.arrived.said(&text) else {
            return Ok(());
        };
        let before = device.versions.insert(id, said);
        hold(
            Invariant::Monotonic,
            before.is_none_or(|before| before <= said),
            || {
                format!(
                    "device {d}.{h}: {id} is shown as {text:?}, and was shown as something that was said later"
                )
            },
        )
    }

    /// What was committed at the server since this was last looked at.
    pub(super) fn take_effects(&mut self) -> Checked {
        for effect in self.backend.committed()? {
            self.count("effects");
            self.trace.note(
                self.now_ms,
                format_args!("  server: {} {} {}", effect.what, effect.object, effect.text),
            );
            let mut arrived = std::mem::take(&mut self.arrived);
            let taken = arrived.take(&effect, self);
            self.arrived = arrived;
            taken?;
        }
        Ok(())
    }

    pub(super) const fn arrived(&self) -> &Arrived {
        &self.arrived
    }
}

impl Excuses for World<'_> {
    fn may_be_late(&self, mark: Mark) -> bool {
        let Some(device) = self.devices.get(mark.device) else {
            return true;
        };
        let thing = device
            .ledger
            .things
            .values()
            .find(|thing| thing.number == mark.thing);
        thing.is_none_or(|thing| {
            let lane = lane_of(&thing.kind).map(|lane| lane.0);
            thing.is_torn
                || device.disturbed.contains(&id_of(&thing.kind))
                || lane.is_some_and(|lane| device.disturbed.contains(&lane))
        })
    }

    fn may_be_doubled(&self, mark: Mark) -> bool {
        let device = self.devices.get(mark.device);
        device.is_some_and(|device| device.may_be_doubled.contains(&mark.thing))
    }

    fn lane(&self, mark: Mark) -> Option<String> {
        let device = self.devices.get(mark.device)?;
        let thing = device
            .ledger
            .things
            .values()
            .find(|thing| thing.number == mark.thing)?;
        lane_of(&thing.kind).map(|lane| lane.to_string())
    }
}

/// Pending, in flight, failed, blocked, by counting.
fn counts(db: &Connection) -> rusqlite::Result<[u64; 4]> {
    db.prepare_cached(
        "SELECT count(*) FILTER (WHERE state <> 3 AND upload IS NULL), count(*) FILTER (WHERE state = 2),
             count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 0 AND blockers > 0 AND upload IS NULL)
         FROM outrigger_queue",
    )?
    .query_row([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
}

/// Invariant 7.
fn no_local_ids(device: &Device, request: &HttpRequest) -> Checked {
    let check = |text: &str| -> Checked {
        for found in uuids(text) {
            hold(
                Invariant::NoLocalIds,
                !device.ledger.things.contains_key(&LocalId(found)),
                || {
                    format!(
                        "device {}: {} {} carries the local id {found}",
                        device.index,
                        request.method.as_str(),
                        request.path
                    )
                },
            )?;
        }
        Ok(())
    };
    check(&request.path)?;
    match &request.body {
        Body::Bytes(bytes) => check(&String::from_utf8_lossy(bytes)),
        Body::Empty | Body::FilePart { .. } => Ok(()),
    }
}

/// Every UUID in a text.
fn uuids(text: &str) -> Vec<uuid::Uuid> {
    let is_in = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    text.as_bytes()
        .split(|byte| !is_in(byte))
        .filter(|part| part.len() == 36)
        .filter_map(|part| uuid::Uuid::try_parse_ascii(part).ok())
        .collect()
}

/// What a device shows of a thing.
#[derive(Debug)]
pub(super) enum Seen {
    Absent,
    Text(String),
    Set(bool),
}

pub(super) fn seen(db: &Connection, thing: &Thing) -> rusqlite::Result<Seen> {
    let text = |sql: &str, id: LocalId| -> rusqlite::Result<Seen> {
        let found = db
            .prepare_cached(sql)?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(found.map_or(Seen::Absent, Seen::Text))
    };
    let set = |sql: &str, id: LocalId| -> rusqlite::Result<Seen> {
        Ok(Seen::Set(db.prepare_cached(sql)?.exists([id])?))
    };
    match &thing.kind {
        Kind::Post { id, .. } => Ok(shown_post(db, id.0)?.map_or(Seen::Absent, Seen::Text)),
        Kind::Comment { id, .. } => text("SELECT text FROM comments WHERE id = ?1 AND hidden = 0", id.0),
        Kind::Message { id, .. } => text("SELECT text FROM messages WHERE id = ?1", id.0),
        Kind::Like { post } => set("SELECT 1 FROM likes WHERE post = ?1", post.0),
        Kind::Follow { user } => set("SELECT 1 FROM follows WHERE user = ?1", user.0),
        Kind::Conversation { user } => {
            set("SELECT 1 FROM conversations WHERE id = ?1", user.conversation().0)
        }
    }
}

/// What a post or a comment says, whoever wrote it.
fn text_of(db: &Connection, id: LocalId) -> rusqlite::Result<Option<String>> {
    db.prepare_cached(
        "SELECT text FROM posts WHERE id = ?1 UNION ALL SELECT text FROM comments WHERE id = ?1",
    )?
    .query_row([id], |row| row.get(0))
    .optional()
}

fn shown_post(db: &Connection, id: LocalId) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT text FROM posts WHERE id = ?1 AND hidden = 0")?
        .query_row([id], |row| row.get(0))
        .optional()
}
