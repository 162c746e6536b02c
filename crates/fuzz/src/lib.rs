//! What comes from outside, invented by a fuzzer: one function for each door, which takes bytes and panics where a promise is broken.
//!
//! Owns the doors and what must hold behind them. Never invents: libFuzzer does (`cargo xtask fuzz`), from what is kept in `corpus/`. Inputs are text wherever
//! what is read is text, so that what is kept can be read, and written, by hand.

pub mod answers;
pub mod config;
mod device;
mod messages;
pub mod requests;
pub mod storage;
pub mod texts;

/// A door: its name, which is that of its folder in `corpus/`, and what is behind it.
pub type Target = (&'static str, fn(&[u8]));

/// Every door.
pub const TARGETS: [Target; 9] = [
    // What the server, or whoever answers in its place, says to a device.
    ("answers", answers::to_writes),
    ("uploads", answers::to_uploads),
    ("reads", answers::to_reads),
    // What lies in files.
    ("payloads", storage::payloads),
    ("database", storage::database),
    ("session", texts::session),
    ("config", config::config),
    // What people hand in.
    ("intake", texts::intake),
    // What anybody says to the server.
    ("requests", requests::handled),
];
