//! The one place where this program reads the clock.

use outrigger_engine::time::Wall;
use std::time::{SystemTime, UNIX_EPOCH};

/// The present, by the device's clock.
pub(crate) fn now() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
