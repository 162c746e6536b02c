//! The disk from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod conformance;
mod dice;
mod dump;
mod faults;
mod power;
mod sqlite;
