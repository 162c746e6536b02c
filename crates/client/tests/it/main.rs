//! The host against the real engine and a real, if tiny, HTTP server.
//!
//! No test sleeps: each waits for what it expects, and fails where that does not come in time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod todo;
mod server;
mod world;

mod writes;
mod credentials;
mod strangers;
mod attachments;
mod endings;
mod disk;
mod processes;
#[cfg(feature = "keyring")]
mod keyring;
mod databases;
