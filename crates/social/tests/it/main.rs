//! The social app on the real engine, with a small server of the protocol's semantics on the other end.

mod coalescing;
mod intake;
mod mutations;
mod observing;
mod queries;
mod server;
mod syncing;
mod world;
