//! How close Outrigger comes to what the disk and the network allow, measured side by side in one run.
//!
//! Owns the measurements and how they are shown. Each figure stands beside a limit that was measured in the same minute, on the same disk, with the
//! same rows or the same bytes, in turns: so a slow machine, or a busy one, slows both. Never decides whether a figure is good enough to ship, and
//! never talks to a server that is not the real one.

// What is measured, and how it is told.
pub mod figure;
pub mod report;
pub mod chart;
mod machine;
mod rounds;
mod run;

// What is written.
pub use outrigger_steps::{scene, workload};

// What it is measured on.
mod place;
mod process;
mod slow;
pub mod serve;
mod world;
mod direct;
mod plain;

// The limits.
mod trace;
mod replay;
mod http;

// The measurements.
mod enqueue;
mod drain;
mod scale;
mod status;
mod upload;
mod binary;

mod error;

pub use error::Error;
pub use run::{Group, Options, run};
pub use scale::opened::{Opened, open_and_tell};
