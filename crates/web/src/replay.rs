//! The engine's scenario files, replayed by this build: their traces must be those of every other.
//!
//! For tests only: never in what is served.

use outrigger_engine::scenario::{self, Scenario};
use rusqlite::Connection;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Replays a scenario on a database in memory; its trace, line by line.
///
/// # Errors
/// Where it is none.
#[wasm_bindgen]
pub fn replay(scenario: &str) -> Result<Vec<String>, JsError> {
    let scenario: Scenario = serde_json::from_str(scenario)?;
    Ok(scenario::replay(&scenario, || {
        Connection::open_in_memory().expect("BUG: memory cannot be refused")
    }))
}
