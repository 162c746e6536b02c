//! What is counted, in the text format of Prometheus.
//!
//! Owns counters. Labels are from closed sets (route names, statuses): nothing that a caller writes becomes one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::server::Counters;

/// Upper bounds of the buckets, in microseconds.
const BOUNDS_MICROS: [u64; 12] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
];

/// A histogram of durations.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS_MICROS.len() + 1],
    sum_micros: AtomicU64,
}

impl Histogram {
    pub(super) fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn write(&self, text: &mut String, name: &str, help: &str) {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} histogram");
        let mut count = 0;
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_MICROS) {
            count += bucket.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{}\"}} {count}", seconds(bound));
        }
        count += self.buckets[BOUNDS_MICROS.len()].load(Ordering::Relaxed);
        let sum = seconds(self.sum_micros.load(Ordering::Relaxed));
        let _ = writeln!(
            text,
            "{name}_bucket{{le=\"+Inf\"}} {count}\n{name}_sum {sum}\n{name}_count {count}"
        );
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1_000_000.0
}

/// Everything that the adapter counts.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    latency: Histogram,
}

impl Metrics {
    pub(super) fn observe(&self, route: &'static str, status: u16, duration: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((route, status)).or_default() += 1;
        drop(requests);
        self.latency.observe(duration);
    }

    /// The page.
    pub(super) fn render(&self, counters: &Counters, store_latency: &Histogram) -> String {
        let mut text = String::new();
        text.push_str("# HELP outrigger_requests_total Requests by route and status.\n");
        text.push_str("# TYPE outrigger_requests_total counter\n");
        for ((route, status), count) in self
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            let _ = writeln!(
                text,
                "outrigger_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        self.latency.write(
            &mut text,
            "outrigger_request_seconds",
            "Time to answer a request.",
        );
        store_latency.write(
            &mut text,
            "outrigger_store_write_seconds",
            "Time of one group of mutations.",
        );
        text.push_str("# HELP outrigger_mutations_total Mutations by outcome.\n");
        text.push_str("# TYPE outrigger_mutations_total counter\n");
        let outcomes = [
            ("applied", &counters.applied),
            ("replayed", &counters.replayed),
            ("rejected", &counters.rejected),
        ];
        for (outcome, counter) in outcomes {
            let count = counter.load(Ordering::Relaxed);
            let _ = writeln!(text, "outrigger_mutations_total{{outcome=\"{outcome}\"}} {count}");
        }
        let bytes = counters.upload_bytes.load(Ordering::Relaxed);
        let _ = writeln!(
            text,
            "# HELP outrigger_upload_bytes_total Bytes of uploads received.\n\
             # TYPE outrigger_upload_bytes_total counter\noutrigger_upload_bytes_total {bytes}"
        );
        text
    }
}
