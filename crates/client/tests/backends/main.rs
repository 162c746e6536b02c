//! The example's app against backends that nobody here wrote.
//!
//! Needs Node.js with npm, and the network once. No test sleeps or tries again: each waits for what it expects, and fails where that does not come in time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../examples/todo.rs"]
#[expect(dead_code, reason = "its command line is not what is tried here")]
mod todo;

mod backend;
mod road;
mod world;

mod json_server;
mod listing;
