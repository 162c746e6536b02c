//! The whole program, from outside: real processes, a real server, real files.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says where by failing"
)]

#[cfg(all(target_os = "linux", feature = "keyring"))]
mod keyring;
mod secrecy;
mod world;

mod account;
mod writing;
mod reading;
mod offline;
mod queue;
mod enqueue;
mod logout;
mod damage;
mod process;
mod bench;
