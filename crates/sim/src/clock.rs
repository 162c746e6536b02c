//! The virtual time, and the clocks that show it.
//!
//! Owns when the world begins. Never reads a real clock.

use std::time::{Duration, UNIX_EPOCH};

/// What the server's clock says when the world begins: some day in 2026.
pub(crate) const SERVER_START_MS: i64 = 1_780_000_000_000;

/// An HTTP date (RFC 9110 §5.6.7).
pub(crate) fn http_date(wall_ms: i64) -> String {
    let since = Duration::from_millis(wall_ms.max(0).cast_unsigned());
    httpdate::fmt_http_date(UNIX_EPOCH + since)
}
