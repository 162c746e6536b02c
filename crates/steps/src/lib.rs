//! The engine's own steps, one at a time, without a network and without a clock: what benches time and what the checks count.
//!
//! Owns the invented scene and workload, and what is measured of the engine alone. Depends on nothing that a host needs, so that it is built quickly.

pub mod scene;
pub mod workload;

// One device and the server that answers it.
mod device;
mod server;
mod error;

// What is measured.
pub mod counted;
pub mod step;
pub mod trial;

pub use error::Error;
pub use step::Step;
pub use trial::Trial;
