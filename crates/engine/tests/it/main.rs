//! The engine from outside.

mod backend;
mod laws;
mod lease;
mod scenarios;
mod storage;
mod world;
