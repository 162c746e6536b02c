//! How long to wait: one home for every delay.
//!
//! Owns numbers and their arithmetic. Never looks at a row.

use outrigger_planted::{self as planted, Bug};

use crate::app::App;
use crate::step::Step;
use crate::time::{Millis, Tick, Wall};

/// After so many attempts that the server failed, a row is parked as exhausted.
pub(crate) const ATTEMPTS_MAX: u32 = 5;

const DELAY_MIN: Millis = Millis(1_000);
const DELAY_MAX: Millis = Millis(5 * 60 * 1_000);

/// A server may ask for at most so long a pause: what is longer is a mistake, or a clock gone wrong.
const RETRY_AFTER_MAX: Millis = Millis(60 * 60 * 1_000);

/// The most that the `n`-th delay in a row may be: 1 s, doubling, up to 5 min.
pub(crate) fn ceiling(n: u32) -> Millis {
    let doubled = DELAY_MIN.0.saturating_mul(1_i64 << n.saturating_sub(1).min(20));
    Millis(doubled.min(DELAY_MAX.0))
}

/// When to try again after the `n`-th failure in a row: full jitter.
pub(crate) fn after_failure<A: App>(step: &mut Step<'_, A>, n: u32) -> Tick {
    let delay = step.jitter(ceiling(n));
    step.tick.after(delay)
}

/// When to try again after the server asked for a pause, or asked for none in the `n`-th busy answer in a row. Jitter comes after what was asked
/// for, never before it.
pub(crate) fn after_busy<A: App>(step: &mut Step<'_, A>, asked: Option<Millis>, n: u32) -> Tick {
    let Some(asked) = asked else {
        return after_failure(step, n);
    };
    let jitter = step.jitter(Millis((asked.0 / 10).clamp(100, 10_000)));
    step.tick.after(Millis(asked.0 + jitter.0))
}

/// Reads `Retry-After` in both its forms (RFC 9110 §10.2.3), clamped. `None` where it is neither.
pub(crate) fn retry_after(value: &str, wall: Wall) -> Option<Millis> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: i64 = value.parse().unwrap_or(i64::MAX);
        return Some(Millis(seconds.saturating_mul(1_000).min(RETRY_AFTER_MAX.0)));
    }
    if planted::is(Bug::RetryAfterDateIgnored) {
        return None;
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let at = at
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let at = i64::try_from(at).unwrap_or(i64::MAX);
    Some(Millis(at.saturating_sub(wall.0).clamp(0, RETRY_AFTER_MAX.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_clamped() {
        let wall = Wall(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT
        let check = |value: &str, expected: Option<i64>| {
            assert_eq!(retry_after(value, wall), expected.map(Millis), "{value:?}");
        };
        check("120", Some(120_000));
        check(" 0 ", Some(0));
        check("99999999999999999999", Some(3_600_000));
        check("Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(3_600_000));
        check("-5", None);
        check("soon", None);
        check("", None);
    }

    #[test]
    fn delays_double_from_one_second_to_five_minutes() {
        let ceilings: Vec<_> = (1..=11).map(|n| ceiling(n).0 / 1_000).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(ceiling(u32::MAX), DELAY_MAX);
    }
}
