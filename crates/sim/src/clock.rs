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

/// The same in the form of RFC 850, which RFC 9110 wants to be read.
pub(crate) fn rfc850_date(wall_ms: i64) -> String {
    let date = http_date(wall_ms);
    let long = match &date[..3] {
        "Mon" => "Monday",
        "Tue" => "Tuesday",
        "Wed" => "Wednesday",
        "Thu" => "Thursday",
        "Fri" => "Friday",
        "Sat" => "Saturday",
        _ => "Sunday",
    };
    let (day, month, year, time) = (&date[5..7], &date[8..11], &date[14..16], &date[17..25]);
    format!("{long}, {day}-{month}-{year} {time} GMT")
}

/// The same as C's `asctime` writes it, which RFC 9110 wants to be read.
pub(crate) fn asctime_date(wall_ms: i64) -> String {
    let date = http_date(wall_ms);
    let day = date[5..7].trim_start_matches('0');
    let (weekday, month, year, time) = (&date[..3], &date[8..11], &date[12..16], &date[17..25]);
    format!("{weekday} {month} {day:>2} {time} {year}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_are_the_same_moment() {
        for days in 0..40 {
            let wall_ms = SERVER_START_MS + days * 86_400_000;
            let read = |date: &str| httpdate::parse_http_date(date).expect("a date");
            let fixed = read(&http_date(wall_ms));
            assert_eq!(read(&rfc850_date(wall_ms)), fixed);
            assert_eq!(read(&asctime_date(wall_ms)), fixed);
        }
    }
}
