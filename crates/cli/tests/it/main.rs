//! The whole program, from outside: real processes, a real server, real files.
#![cfg(unix)]

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
