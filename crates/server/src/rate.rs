//! How many requests an account, or an address without one, may make: a token bucket for each.
//!
//! Owns the buckets, in memory: a restart forgives. Never reads a clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::problem::{Problem, ProblemKind};

/// A rate of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Sustained.
    pub per_second: f64,
    /// At once, after a pause.
    pub burst: f64,
}

/// Buckets kept; beyond them the full ones, which say nothing, are dropped, and where that is not enough the fuller half: who has taken most is not
/// forgotten.
const BUCKETS_MAX: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Buckets {
    rate: Option<Rate>,
    buckets: Mutex<BTreeMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Buckets {
    /// Without a rate everything passes.
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            buckets: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes `cost` requests out of somebody's bucket, or says when to come back.
    pub(crate) fn take(&self, whose: &str, cost: usize, now: Duration) -> Result<(), Problem> {
        let Some(rate) = self.rate else { return Ok(()) };
        // A batch larger than the bucket passes when the bucket is full, or it never would.
        let cost = (cost as f64).min(rate.burst);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            make_room(&mut buckets, rate, now);
        }
        let full = Bucket {
            tokens: rate.burst,
            at: now,
        };
        let bucket = buckets.get(whose).map_or(full, |bucket| bucket.filled(rate, now));
        let tokens = if bucket.tokens >= cost {
            bucket.tokens - cost
        } else {
            bucket.tokens
        };
        buckets.insert(whose.to_owned(), Bucket { tokens, ..bucket });
        if bucket.tokens >= cost {
            return Ok(());
        }
        let wait = ((cost - bucket.tokens) / rate.per_second).ceil().max(1.0);
        let detail = format!("come back in {wait} seconds");
        Err(Problem::new(ProblemKind::RateLimited, detail).header("retry-after", format!("{wait}")))
    }

    /// Gives one back that should not have counted.
    pub(crate) fn give_back(&self, whose: &str) {
        let Some(rate) = self.rate else { return };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(whose) {
            bucket.tokens = (bucket.tokens + 1.0).min(rate.burst);
        }
    }
}

fn make_room(buckets: &mut BTreeMap<String, Bucket>, rate: Rate, now: Duration) {
    buckets.retain(|_, bucket| bucket.filled(rate, now).tokens < rate.burst);
    // Not once for each that comes: half of them is room for long.
    if buckets.len() > BUCKETS_MAX / 2 {
        let mut levels: Vec<f64> = buckets
            .values()
            .map(|bucket| bucket.filled(rate, now).tokens)
            .collect();
        let middle = levels.len() / 2;
        let (_, median, _) = levels.select_nth_unstable_by(middle, f64::total_cmp);
        let median = *median;
        buckets.retain(|_, bucket| bucket.filled(rate, now).tokens < median);
    }
}

/// Who has one address of IPv6 has a whole network of them. An address of IPv4 is the same in either form.
pub(crate) fn network(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

impl Bucket {
    fn filled(self, rate: Rate, now: Duration) -> Self {
        let gained = now.saturating_sub(self.at).as_secs_f64() * rate.per_second;
        Self {
            tokens: (self.tokens + gained).min(rate.burst),
            at: now.max(self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let buckets = Buckets::new(Some(Rate {
            per_second: 2.0,
            burst: 4.0,
        }));
        let at = Duration::from_secs;
        assert!(buckets.take("a", 4, at(0)).is_ok());
        assert_eq!(
            buckets.take("a", 1, at(0)).unwrap_err().kind,
            ProblemKind::RateLimited
        );
        assert!(buckets.take("b", 1, at(0)).is_ok(), "each has their own");
        assert!(buckets.take("a", 2, at(1)).is_ok());
        assert!(buckets.take("a", 1, at(1)).is_err());
        assert!(
            buckets.take("a", 100, at(60)).is_ok(),
            "more than the bucket holds passes when it is full"
        );
    }

    #[test]
    fn what_is_given_back_was_not_taken() {
        let buckets = Buckets::new(Some(Rate {
            per_second: 0.1,
            burst: 1.0,
        }));
        for _ in 0..5 {
            assert!(buckets.take("a", 1, Duration::ZERO).is_ok());
            buckets.give_back("a");
        }
        buckets.give_back("a");
        buckets.give_back("nobody");
        assert!(buckets.take("a", 1, Duration::ZERO).is_ok());
        assert!(
            buckets.take("a", 1, Duration::ZERO).is_err(),
            "no more than it holds"
        );
    }

    #[test]
    fn however_many_come_the_buckets_are_bounded_and_the_emptiest_are_kept() {
        let buckets = Buckets::new(Some(Rate {
            per_second: 0.001,
            burst: 10.0,
        }));
        let now = Duration::from_secs(1);
        assert!(buckets.take("greedy", 10, now).is_ok());
        for number in 0..BUCKETS_MAX * 2 {
            assert!(buckets.take(&number.to_string(), 1, now).is_ok());
        }
        assert!(buckets.buckets.lock().unwrap().len() <= BUCKETS_MAX);
        assert!(buckets.take("greedy", 1, now).is_err());
    }

    #[test]
    fn an_address_counts_as_its_network() {
        let check = |address: &str, expected: &str| {
            assert_eq!(network(address.parse().unwrap()), expected);
        };
        check("203.0.113.7", "203.0.113.7");
        check("::ffff:203.0.113.7", "203.0.113.7");
        check("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64");
        check("2001:db8:1:2::9", "2001:db8:1:2::/64");
    }
}
