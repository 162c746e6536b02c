//! The browser host of the engine: engine and social app as WebAssembly, driven from a dedicated Worker.
//!
//! Owns what crosses between JavaScript and Rust: events in, effects out, queries and reads, each as JSON of a closed shape. JavaScript fetches, sets timers,
//! keeps files and sessions; it decides nothing. Never holds a rule of the engine's or of the app's.

pub mod shape;

mod event;
mod effect;
mod query;

#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod storage;
#[cfg(all(target_arch = "wasm32", feature = "scenario"))]
pub mod replay;

pub use effect::effects;
pub use event::{call, notice};
pub use query::answer;
