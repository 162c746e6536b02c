//! The disk from outside, SQLite on it, and the engine on that.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// What the disk promises.
mod conformance;
mod power;
mod sqlite;

// What the engine makes of it.
mod cuts;
mod faults;
mod log;

#[path = "../../../engine/tests/it/backend.rs"]
#[expect(dead_code, reason = "it is the engine's own tests', which look at more of it")]
mod backend;
mod dice;
mod dump;
mod server;
