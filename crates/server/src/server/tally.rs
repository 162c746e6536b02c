//! What was done, counted for metrics.
//!
//! Owns the counters. What a transaction did counts once it is committed. Never tells whose it was.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::exchange::Response;
use crate::once::REPLAYED;

/// What has been done since the start, for metrics.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) applied: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) upload_bytes: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, tally: Tally) {
        self.applied.fetch_add(tally.applied, Ordering::Relaxed);
        self.replayed.fetch_add(tally.replayed, Ordering::Relaxed);
        self.rejected.fetch_add(tally.rejected, Ordering::Relaxed);
    }
}

/// The outcomes of the mutations of one transaction, which count once it is committed.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    applied: u64,
    replayed: u64,
    rejected: u64,
}

impl Tally {
    pub(super) fn count(&mut self, response: &Response) {
        if response.headers.contains_key(REPLAYED) {
            self.replayed += 1;
        } else if response.is_success() {
            self.applied += 1;
        } else {
            self.rejected += 1;
        }
    }
}
