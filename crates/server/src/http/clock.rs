//! The real time and real randomness, which the core is given.
//!
//! Owns the only reads of clocks in this crate.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};

use crate::ids::{Now, Timestamp};

/// Time since some moment of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    started: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Now {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        Now {
            wall: Timestamp::from_millis(millis),
            monotonic: self.started.elapsed(),
        }
    }
}

/// A generator seeded by the system.
pub(super) fn system_random() -> StdRng {
    StdRng::try_from_rng(&mut SysRng).expect("BUG: a system without randomness cannot keep secrets")
}
