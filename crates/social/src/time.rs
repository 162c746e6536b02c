//! Times as they travel (RFC 3339) and as they are kept (milliseconds since 1970), and the order that follows from them.
//!
//! Owns the conversion and the rule of positions. Never reads a clock.

use outrigger_engine::ids::LocalId;

/// What an RFC 3339 time is in milliseconds. One that cannot be read counts as the oldest: it costs an order, not an object.
pub(crate) fn millis(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>()
        .map_or(0, jiff::Timestamp::as_millisecond)
}

/// When an entity was made, as its own id tells (UUIDv7).
pub(crate) fn made_at(id: LocalId) -> i64 {
    let (seconds, nanos) = match id.0.get_timestamp() {
        Some(timestamp) => timestamp.to_unix(),
        None => return 0,
    };
    i64::try_from(seconds)
        .unwrap_or(i64::MAX / 1_000)
        .saturating_mul(1_000)
        .saturating_add(i64::from(nanos / 1_000_000))
}

/// Far beyond any time of a server's.
const UNCONFIRMED: i64 = 1 << 52;

/// Where something stands among its kind. What the server has not confirmed stands after all that it has: the server will give it a later time,
/// whatever this device's clock says.
pub(crate) const fn position(created_ms: i64, confirmed: bool) -> i64 {
    if confirmed {
        created_ms
    } else {
        created_ms.saturating_add(UNCONFIRMED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrigger_engine::time::Wall;

    #[test]
    fn an_id_tells_when_it_was_made() {
        assert_eq!(
            made_at(LocalId::new(Wall(1_720_000_000_123), [7; 10])),
            1_720_000_000_123
        );
        assert_eq!(
            made_at(LocalId::derived(LocalId::new(Wall(1), [0; 10]), "like")),
            0
        );
    }

    #[test]
    fn the_unconfirmed_stand_last() {
        assert_eq!(millis("2026-07-01T10:00:00.250Z"), 1_782_900_000_250);
        assert!(position(5, false) > position(millis("2999-01-01T00:00:00.000Z"), true));
    }
}
