//! The figures: the closed set of what is measured, each with its unit, its limit and its reach.
//!
//! Owns their names and words. Never measures one.

use serde::Serialize;

use Unit::{ItemsPerSecond, Mebibytes, MebibytesPerSecond, Megabytes, Microseconds, Milliseconds, Seconds};

macro_rules! figures {
    ($($(#[$doc:meta])* $figure:ident = $name:literal, $line:literal, $what:literal, $unit:ident, $limit:literal, $reach:expr;)*) => {
        /// One figure: one row of the report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Figure {
            $($(#[$doc])* #[doc = $what] #[serde(rename = $name)] $figure,)*
        }

        impl Figure {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$figure,)*];

            /// Its name, as programs read it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$figure => $name,)* }
            }

            /// What it is, for people.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$figure => $what,)* }
            }

            /// Its line in the table, from 1.
            pub const fn line(self) -> u8 {
                match self { $(Self::$figure => $line,)* }
            }

            /// What it and its limit are counted in.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$figure => $unit,)* }
            }

            /// What was measured beside it.
            pub const fn limit_is(self) -> &'static str {
                match self { $(Self::$figure => $limit,)* }
            }

            /// How far it is to reach.
            pub const fn reach(self) -> Reach {
                match self { $(Self::$figure => $reach,)* }
            }
        }
    };
}

figures! {
    EnqueueOneEngine = "enqueue.one.engine", 1, "one caller, Engine::handle", ItemsPerSecond,
        "raw rusqlite committing the same rows one by one", ratio_at_least(0.85);
    EnqueueOneService = "enqueue.one.service", 1, "one caller, SyncService", ItemsPerSecond,
        "raw rusqlite committing the same rows one by one", ratio_at_least(0.7);
    EnqueueCallers16 = "enqueue.callers.16", 2, "16 callers at once", ItemsPerSecond,
        "one caller through SyncService", ratio_at_least(3.0);
    EnqueueCallers64 = "enqueue.callers.64", 2, "64 callers at once", ItemsPerSecond,
        "one caller through SyncService", ratio_at_least(5.0);
    EnqueueBulk = "enqueue.bulk", 3, "all in one call", ItemsPerSecond,
        "raw rusqlite with the same rows in one transaction", ratio_at_least(0.6);
    DrainBatchesSeed = "drain.batches.seed", 4, "batches, to the seed loop", ItemsPerSecond,
        "the seed loop on the same server", ratio_at_least(8.0);
    DrainBatchesHttp = "drain.batches.http", 4, "batches, to raw HTTP", ItemsPerSecond,
        "an HTTP client posting the same bytes on 4 connections", ratio_at_least(0.6);
    DrainPlainSeed = "drain.plain.seed", 5, "plain REST, 16 lanes", ItemsPerSecond,
        "the seed loop on the same server", ratio_at_least(2.0);
    DrainRtt50Batches = "drain.rtt50.batches", 6, "batches at 50 ms round trip", Seconds,
        "an HTTP client posting the same bytes on 4 connections", value_at_most(2.0);
    DrainRtt50Plain = "drain.rtt50.plain", 6, "plain REST at 50 ms, 16 lanes", Seconds,
        "an HTTP client posting the same bytes on 16 connections", value_at_most(45.0);
    DrainCpu = "drain.cpu", 7, "CPU time, batches", Seconds,
        "the raw HTTP client's and raw rusqlite's for the same row changes", ratio_at_most(2.0);
    ScaleStep = "scale.step", 8, "one scheduling step, 1M pending", Microseconds,
        "the same step at 1,000 pending", ratio_at_most(1.3);
    ScaleStatus = "scale.status", 8, "one status snapshot, 1M pending", Microseconds,
        "the same snapshot at 1,000 pending", ratio_at_most(1.3);
    ScaleAccept = "scale.accept", 8, "one accept, 1M pending", Microseconds,
        "the same accept at 1,000 pending", ratio_at_most(1.3);
    ScaleOpen = "scale.open", 9, "open with 1M pending", Seconds,
        "opening an empty one", value_at_most(0.3);
    ScaleMemory = "scale.memory", 9, "memory above an empty one", Mebibytes,
        "the process with an empty one", value_at_most(40.0);
    StatusObserve = "status.observe", 10, "CPU time, observed", Seconds,
        "CPU time of the same drain, not observed", ratio_at_most(1.03);
    ServerBatches = "server.batches", 11, "the server, over batches", ItemsPerSecond,
        "raw rusqlite committing the same rows in groups of 100", ratio_at_least(0.5);
    BinarySize = "binary.size", 12, "size of the program", Megabytes,
        "nothing: it is what it is", value_at_most(25.0);
    BinaryColdStart = "binary.cold_start", 12, "cold start of `status`", Milliseconds,
        "cold start of `--version`", value_at_most(30.0);
    UploadLoopback = "upload.loopback", 13, "uploads, loopback", MebibytesPerSecond,
        "an HTTP client sending each file in one PATCH", ratio_at_least(0.5);
}

/// The lines of the table, in words: what the figures of a line have in common.
pub const fn line_title(line: u8) -> &'static str {
    match line {
        1..=3 => "Enqueue, durable",
        4..=7 => "Drain",
        8..=9 => "A long queue",
        10 => "Status",
        11 => "Server, durable",
        12 => "Program",
        _ => "Uploads",
    }
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Writes in a second.
    #[serde(rename = "items/s")]
    ItemsPerSecond,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Thousandths of a second.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Millionths of a second.
    #[serde(rename = "us")]
    Microseconds,
    /// 2^20 bytes.
    #[serde(rename = "MiB")]
    Mebibytes,
    /// 10^6 bytes.
    #[serde(rename = "MB")]
    Megabytes,
    /// 2^20 bytes in a second.
    #[serde(rename = "MiB/s")]
    MebibytesPerSecond,
}

impl Unit {
    /// As people read it.
    pub const fn word(self) -> &'static str {
        match self {
            ItemsPerSecond => "/s",
            Seconds => "s",
            Milliseconds => "ms",
            Microseconds => "µs",
            Mebibytes => "MiB",
            Megabytes => "MB",
            MebibytesPerSecond => "MiB/s",
        }
    }
}

/// What a reach is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachOf {
    /// The figure by its limit.
    Ratio,
    /// The figure itself.
    Value,
}

/// On which side of the reach it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachIs {
    /// More is better.
    AtLeast,
    /// Less is better.
    AtMost,
}

/// How far a figure is to reach. Chosen before it was measured, and not moved since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// The number.
    pub number: f64,
    /// Of what.
    pub of: ReachOf,
    /// On which side.
    pub is: ReachIs,
}

impl Reach {
    /// Whether a number is on the good side.
    pub fn holds(self, number: f64) -> bool {
        match self.is {
            ReachIs::AtLeast => number >= self.number,
            ReachIs::AtMost => number <= self.number,
        }
    }

    /// How much of it is reached: 1 at the reach, more beyond it.
    pub fn reached(self, number: f64) -> f64 {
        match self.is {
            ReachIs::AtLeast => number / self.number,
            ReachIs::AtMost => self.number / number.max(f64::MIN_POSITIVE),
        }
    }
}

const fn ratio_at_least(number: f64) -> Reach {
    Reach {
        number,
        of: ReachOf::Ratio,
        is: ReachIs::AtLeast,
    }
}

const fn ratio_at_most(number: f64) -> Reach {
    Reach {
        number,
        of: ReachOf::Ratio,
        is: ReachIs::AtMost,
    }
}

const fn value_at_most(number: f64) -> Reach {
    Reach {
        number,
        of: ReachOf::Value,
        is: ReachIs::AtMost,
    }
}
