//! Outrigger's engine: a durable queue of writes, and every decision about it.
//!
//! A synchronous state machine with SQLite inside. Events go in at one door, effects come out; there is no network, clock, randomness or
//! async inside, so a native thread, a browser Worker and a simulator drive the same code.

pub mod app;
pub mod engine;
pub mod error;
pub mod event;
pub mod http;
pub mod idmap;
pub mod ids;
pub mod inspect;
pub mod recognise;
pub mod status;
pub mod time;

pub use app::App;
pub use engine::{Engine, Limits, Options};
pub use error::{Error, ErrorKind};
pub use event::{Effect, Event, Reply, StagedFile, Write};
pub use status::{EntityStatus, Outcome, Parked, SyncKind, SyncState};
