//! The two clocks that the engine is told.
//!
//! Owns reading them. Nothing else in this crate asks the system for the time that reaches the engine.

use outrigger_engine::time::{Monotonic, Now, Wall};
use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The present.
pub(crate) fn now() -> Now {
    Now {
        wall: wall(),
        monotonic: Monotonic(millis(START.elapsed().as_millis())),
    }
}

fn wall() -> Wall {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => Wall(millis(since.as_millis())),
        // A clock set to before 1970 is wrong, but no reason to stop.
        Err(before) => Wall(-millis(before.duration().as_millis())),
    }
}

fn millis(count: u128) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
