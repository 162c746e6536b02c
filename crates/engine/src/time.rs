//! Time as the engine knows it: handed in by the host, and kept on a timeline that no clock can turn back.
//!
//! Owns instants and durations. Never reads a clock.

use outrigger_planted::{self as planted, Bug};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 by the device's clock, which people and networks may set to anything. For display and for ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Wall(pub i64);

/// Milliseconds since some start of the host's process; it only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub i64);

/// The present, as the host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The clock on the wall.
    pub wall: Wall,
    /// The clock that only rises.
    pub monotonic: Monotonic,
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// A point on the database's own timeline, in milliseconds: every deadline is one.
///
/// The timeline advances with the monotonic clock while a process runs, and by what the wall clock gained while none did; it never goes back.
/// So a wall clock that is set back by years leaves every wait as long as it was, and one set forward makes what waits due, not lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Tick(pub(crate) i64);

impl Tick {
    pub(crate) fn after(self, delay: Millis) -> Self {
        Self(self.0.saturating_add(delay.0))
    }

    pub(crate) fn until(self, later: Self) -> Millis {
        Millis((later.0 - self.0).max(0))
    }
}

/// What one process remembers in order to advance the timeline.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timekeeper {
    seen: Option<Seen>,
}

/// Where the timeline stood at a step of this process, and what the database says of it since then.
#[derive(Debug, Clone, Copy)]
struct Seen {
    then: Monotonic,
    tick: Tick,
    stored: Tick,
}

impl Timekeeper {
    /// Where the timeline stands now, given where the database last left it and at what wall time.
    pub(crate) fn tick(&self, now: Now, stored: Tick, stored_wall: Wall) -> Tick {
        let by_wall = stored
            .0
            .saturating_add(now.wall.0.saturating_sub(stored_wall.0).max(0));
        // Where another process went on from there, this one cannot tell how much of its own time has passed since: what both counted would be counted
        // twice, and pauses cut short.
        let passed_since = |seen: Seen| now.monotonic.0.saturating_sub(seen.then.0).max(0);
        let by_monotonic = match self.seen {
            Some(seen) if seen.stored == stored => seen.tick.0.saturating_add(passed_since(seen)),
            Some(seen) if planted::is(Bug::TimeCountedTwice) => stored.0.saturating_add(passed_since(seen)),
            _ => stored.0,
        };
        if planted::is(Bug::WaitsByTheWallClock) {
            return Tick(by_wall);
        }
        Tick(stored.0.max(by_wall).max(by_monotonic))
    }

    /// Notes a step: where the timeline stood, and what is stored of it (not every step stores it).
    pub(crate) fn remember(&mut self, now: Now, tick: Tick, stored: Tick) {
        self.seen = Some(Seen {
            then: now.monotonic,
            tick,
            stored,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(wall: i64, monotonic: i64) -> Now {
        Now {
            wall: Wall(wall),
            monotonic: Monotonic(monotonic),
        }
    }

    #[test]
    fn a_wall_clock_set_back_by_years_does_not_stop_the_timeline() {
        let mut keeper = Timekeeper::default();
        let start = keeper.tick(now(1_000_000, 0), Tick(0), Wall(1_000_000));
        keeper.remember(now(1_000_000, 0), start, start);
        let later = keeper.tick(now(-300_000_000_000, 5_000), start, Wall(1_000_000));
        assert_eq!(start.until(later), Millis(5_000));
    }

    #[test]
    fn sleep_that_the_monotonic_clock_missed_is_taken_from_the_wall() {
        let mut keeper = Timekeeper::default();
        keeper.remember(now(0, 0), Tick(0), Tick(0));
        assert_eq!(keeper.tick(now(3_600_000, 10), Tick(0), Wall(0)), Tick(3_600_000));
    }

    #[test]
    fn steps_that_store_nothing_do_not_stop_the_timeline() {
        let mut keeper = Timekeeper::default();
        let (stored, wall) = (Tick(1_000), Wall(5_000_000));
        for second in 1..=60 {
            let now = now(0, second * 1_000);
            let tick = keeper.tick(now, stored, wall);
            keeper.remember(now, tick, stored);
        }
        assert_eq!(keeper.tick(now(0, 60_000), stored, wall), Tick(60_000));
    }

    #[test]
    fn time_that_another_process_counted_is_not_counted_again() {
        let mut keeper = Timekeeper::default();
        keeper.remember(now(0, 0), Tick(0), Tick(0));
        // The other one went on to 10 s; this one has slept for 9 s of them with the wall clock behind.
        assert_eq!(keeper.tick(now(-5, 9_000), Tick(10_000), Wall(0)), Tick(10_000));
    }

    #[test]
    fn a_restart_with_the_clock_behind_keeps_every_remaining_wait() {
        let keeper = Timekeeper::default();
        assert_eq!(keeper.tick(now(5, 0), Tick(70), Wall(1_000)), Tick(70));
    }
}
