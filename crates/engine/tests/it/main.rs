//! The engine from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod backend;
mod laws;
mod lease;
mod merging;
mod outage;
mod scenarios;
mod staging;
mod storage;
mod world;
