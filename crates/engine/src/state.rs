//! What changes with nearly every transaction: the timeline, the counters, the state of the connection. One row.
//!
//! Owns the table `outrigger_state`: read at the start of a transaction, written at its end where it changed. Never counts rows.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ids::{IdClock, LocalId};
use crate::time::{Tick, Wall};

/// Beyond it there is no number that was counted: so many milliseconds are thirty million years, so many bytes an exbibyte.
const FAR: i64 = 1 << 60;

/// Rows by how they stand. Uploads count where they are in flight or failed; what is pending and blocked are writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) pending: i64,
    pub(crate) in_flight: i64,
    pub(crate) failed: i64,
    pub(crate) blocked: i64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.pending += other.pending;
        self.in_flight += other.in_flight;
        self.failed += other.failed;
        self.blocked += other.blocked;
    }
}

impl std::ops::SubAssign for Counts {
    fn sub_assign(&mut self, other: Self) {
        self.pending -= other.pending;
        self.in_flight -= other.in_flight;
        self.failed -= other.failed;
        self.blocked -= other.blocked;
    }
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Reach {
    #[default]
    Reachable,
    /// It does not: nothing is sent before a probe was answered, and none is made before `until` unless something new is known.
    Unreachable { until: i64, streak: u32 },
}

/// Why nothing is sent although the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Halt {
    /// This database is an older copy of one that the server knows further on; the client id is being retired.
    Rewound,
    /// Another copy of this database has retired the client id before: what waits here may have gone from there, under an id that is not known here.
    RetiredElsewhere,
    /// The server's database was restored from a backup or replaced: the user decides how to go on.
    ServerRestored { detail: String },
}

/// The state of the connection, shared by all processes on the database.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ConnectionState {
    pub(crate) reach: Reach,
    /// Nothing is sent before this tick: the server asked for it (`Retry-After`), and nobody pierces it.
    pub(crate) busy_until: i64,
    /// Nothing is sent before this tick, unless the user or a start pierces it: the server failed, and said no time.
    pub(crate) pause_until: i64,
    pub(crate) busy_streak: u32,
    pub(crate) user_offline: bool,
    pub(crate) halt: Option<Halt>,
    /// The credentials are refused for good: the user must sign in.
    pub(crate) must_sign_in: bool,
    /// The disk ran full and the host gave its reserve: what waits drains, new writes are refused.
    pub(crate) on_reserve: bool,
    /// The last thing that went wrong with the connection, until something goes well.
    pub(crate) message: Option<String>,
}

impl ConnectionState {
    /// Backs off until this tick, or longer where that was decided already.
    pub(crate) fn pause(&mut self, until: i64) {
        self.pause_until = self.pause_until.max(until);
    }

    /// When it may send again, as far as back-off and pauses go.
    pub(crate) fn waits_until(&self) -> i64 {
        self.busy_until.max(self.pause_until)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("BUG: the connection's state has no map keys that could fail")
    }
}

/// The one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) timeline: Tick,
    pub(crate) wall: Wall,
    pub(crate) ids: IdClock,
    pub(crate) counts: Counts,
    pub(crate) payload_bytes: i64,
    pub(crate) attachment_bytes: i64,
    pub(crate) run_total: i64,
    pub(crate) run_bytes_total: i64,
    pub(crate) run_bytes_done: i64,
    /// The place of the next row. No place is given twice.
    pub(crate) place_next: i64,
    pub(crate) sequence_next: i64,
    /// The newest entity or lane that was written or observed: see [`State::is_new`].
    pub(crate) newest: LocalId,
    /// The highest watermark that the server has confirmed.
    pub(crate) watermark: i64,
    /// How often the server has answered well: evidence that it works.
    pub(crate) well: i64,
    /// At most so many requests in a batch; halved when a whole batch fails, doubled when one succeeds. 0: not narrowed.
    pub(crate) batch_max: i64,
    pub(crate) connection: ConnectionState,
}

impl State {
    pub(crate) fn load(db: &Connection) -> Result<Self, Error> {
        let state = db
            .prepare_cached(
                "SELECT timeline, wall, id_millis, id_counter, pending, in_flight, failed, blocked, payload_bytes,
                     attachment_bytes, run_total, run_bytes_total, run_bytes_done, sequence_next, watermark, well, batch_max,
                     connection, place_next, newest
                 FROM outrigger_state",
            )?
            .query_row([], |row| {
                Ok(Self {
                    timeline: Tick(row.get(0)?),
                    wall: Wall(row.get(1)?),
                    ids: IdClock { millis: row.get(2)?, counter: row.get(3)? },
                    counts: Counts {
                        pending: row.get(4)?,
                        in_flight: row.get(5)?,
                        failed: row.get(6)?,
                        blocked: row.get(7)?,
                    },
                    payload_bytes: row.get(8)?,
                    attachment_bytes: row.get(9)?,
                    run_total: row.get(10)?,
                    run_bytes_total: row.get(11)?,
                    run_bytes_done: row.get(12)?,
                    sequence_next: row.get(13)?,
                    watermark: row.get(14)?,
                    well: row.get(15)?,
                    batch_max: row.get(16)?,
                    connection: serde_json::from_str(row.get_ref(17)?.as_str()?).unwrap_or_default(),
                    place_next: row.get(18)?,
                    newest: row.get(19)?,
                })
            })?;
        state.check()?;
        Ok(state)
    }

    /// Numbers that no program could have written would overflow wherever they are counted on: a damaged database is told as such, here.
    fn check(&self) -> Result<(), Error> {
        let numbers = [
            self.timeline.0,
            self.wall.0,
            self.ids.millis,
            self.ids.counter,
            self.counts.pending,
            self.counts.in_flight,
            self.counts.failed,
            self.counts.blocked,
            self.payload_bytes,
            self.attachment_bytes,
            self.run_total,
            self.run_bytes_total,
            self.run_bytes_done,
            self.place_next,
            self.sequence_next,
            self.watermark,
            self.well,
            self.batch_max,
        ];
        match numbers.into_iter().find(|number| !(-FAR..=FAR).contains(number)) {
            Some(number) => Err(Error::Database(rusqlite::Error::IntegralValueOutOfRange(
                0, number,
            ))),
            None => Ok(()),
        }
    }

    pub(crate) fn save(&self, db: &Connection) -> Result<(), Error> {
        db.prepare_cached(
            "UPDATE outrigger_state SET timeline = ?1, wall = ?2, id_millis = ?3, id_counter = ?4, pending = ?5, in_flight = ?6,
                 failed = ?7, blocked = ?8, payload_bytes = ?9, attachment_bytes = ?10, run_total = ?11, run_bytes_total = ?12,
                 run_bytes_done = ?13, sequence_next = ?14, watermark = ?15, well = ?16, batch_max = ?17, connection = ?18,
                 place_next = ?19, newest = ?20 WHERE one = 1",
        )?
        .execute(params![
            self.timeline.0,
            self.wall.0,
            self.ids.millis,
            self.ids.counter,
            self.counts.pending,
            self.counts.in_flight,
            self.counts.failed,
            self.counts.blocked,
            self.payload_bytes,
            self.attachment_bytes,
            self.run_total,
            self.run_bytes_total,
            self.run_bytes_done,
            self.sequence_next,
            self.watermark,
            self.well,
            self.batch_max,
            self.connection.to_json(),
            self.place_next,
            self.newest,
        ])?;
        Ok(())
    }

    /// Whether anything but the clock differs: if not, the row need not be written.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        let same_clock = Self {
            timeline: other.timeline,
            wall: other.wall,
            ..self.clone()
        };
        same_clock != *other
    }

    /// Whether nothing can be here yet that an id names. Ids of UUIDv7 rise with the time at which they are made, so one that is newer than all that were
    /// seen is new; of any other id this does not say, and it has to be looked for.
    pub(crate) fn is_new(&self, id: LocalId) -> bool {
        id.0.get_version_num() == 7 && id > self.newest
    }

    /// An id is in use from now on.
    pub(crate) fn saw(&mut self, id: LocalId) {
        if self.is_new(id) {
            self.newest = id;
        }
    }

    /// Counts a row that stood like `before` and stands like `after`. A run begins when pending leaves zero; its total only grows.
    pub(crate) fn recount(&mut self, before: Counts, after: Counts) {
        if after.pending > before.pending {
            if self.counts.pending == 0 {
                self.run_total = 0;
                self.run_bytes_total = self.run_bytes_total.saturating_sub(self.run_bytes_done);
                self.run_bytes_done = 0;
            }
            self.run_total += after.pending - before.pending;
        }
        self.counts -= before;
        self.counts += after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_that_was_made_after_all_others_is_new() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("migrations/0001-queue.sql"))
            .unwrap();
        db.execute(
            "INSERT INTO outrigger_state VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, zeroblob(16), 0, 1, 0, '{}')",
            [],
        )
        .unwrap();
        let mut state = State::load(&db).unwrap();
        let made_at = |millis| LocalId::new(Wall(millis), [7; 10]);
        assert!(state.is_new(made_at(5)));
        state.saw(made_at(5));
        assert!(!state.is_new(made_at(5)) && !state.is_new(made_at(4)) && state.is_new(made_at(6)));
        state.saw(made_at(3));
        assert!(!state.is_new(made_at(4)));
        let derived = LocalId::derived(made_at(9), "like");
        assert!(!state.is_new(derived));
        state.saw(derived);
        assert!(state.is_new(made_at(6)));
        state.save(&db).unwrap();
        assert_eq!(State::load(&db).unwrap(), state);
    }
}
