//! A whole world from one seed: devices with the real engine and the real app, the real server core, and a network, disks and clocks on which
//! anything can go wrong, on one thread and one virtual time.
//!
//! In reading order: what a seed decides, how it is played, what must never be otherwise, and what is done about a failure.

mod fault;
mod plan;

mod app;
mod arrived;
mod backend;
mod clock;
mod device;
mod ledger;
mod world;

mod invariant;
mod trace;

mod many;
mod shrink;

pub use fault::{Fault, Faults};
pub use invariant::{Invariant, Violation};
pub use many::{Failed, Summary, play_many};
pub use plan::{Act, DevicePlan, Plan, Step, Trouble, What};
pub use shrink::shrink;
pub use trace::Trace;
pub use world::{Outcome, play};
