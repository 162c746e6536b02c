//! The engine from outside.

mod backend;
mod laws;
mod scenarios;
mod world;
