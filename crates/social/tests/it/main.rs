//! The social app on the real engine, with a small server of the protocol's semantics on the other end.

mod coalescing;
mod mutations;
mod server;
mod syncing;
mod world;
