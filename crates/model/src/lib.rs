//! Exactly once as a finite model: the protocol of `docs/protocol.md` between a client, a server and a network that loses, repeats, delays and reorders,
//! small enough that every interleaving can be looked at.
//!
//! Owns the protocol in its shortest form, the laws it must keep, and the ways to break it that show that the laws can fail. Never runs the real code:
//! that the code keeps to the protocol is shown by other tests; `docs/model.md` says which name here is which there. In reading order:

pub mod bounds;
pub mod client;
pub mod flaw;
pub mod laws;
pub mod message;
pub mod names;
pub mod report;
pub mod server;
pub mod world;
