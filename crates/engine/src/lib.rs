//! Outrigger's engine: a durable queue of writes, and every decision about it.
//!
//! A synchronous state machine with SQLite inside. Events go in at one door, effects come out; there is no network, clock, randomness or
//! async inside, so a native thread, a browser Worker and a simulator drive the same code.

pub mod app;
pub mod event;
pub mod engine;
mod step;
mod transaction;
mod db;

// A write comes in.
mod mutate;
mod coalesce;
mod queue;
mod flow;
mod edge;
mod mention;
mod reconcile;
pub mod idmap;
mod attachment;

// It goes out.
mod schedule;
mod lease;
mod push;
mod sent;

// The answer comes back.
mod answer;
pub mod recognise;
mod verdict;
mod backoff;
mod reach;
mod journal;

// The user has a say.
mod parked;
mod discard;
mod restore;

// How it stands.
mod report;
pub mod status;
pub mod pill;
pub mod inspect;

// What every host can replay.
#[cfg(feature = "scenario")]
pub mod scenario;

// What all of it is made of.
mod state;
mod schema;
pub mod http;
pub mod ids;
pub mod time;
pub mod error;

pub use app::App;
pub use engine::{Engine, Limits, Options};
pub use error::{Error, ErrorKind};
pub use event::{Effect, Event, Reply, StagedFile, Write};
pub use status::{Cause, EntityStatus, Outcome, Parked, SyncKind, SyncState};
