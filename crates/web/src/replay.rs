//! The engine's scenario files, replayed by this build where the app keeps its data: their traces must be those of every other.
//!
//! For tests only: never in what is served.

use outrigger_engine::scenario::{self, Scenario};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::storage;

/// Replays a scenario on a database of this name, which is new; its trace, line by line.
///
/// # Errors
/// Where it is none, or there is nothing to store on.
#[wasm_bindgen]
pub async fn replay(name: String, scenario: String) -> Result<Vec<String>, JsError> {
    let scenario: Scenario = serde_json::from_str(&scenario)?;
    let pool = storage::pool(&name).await?;
    let trace = scenario::replay(&scenario, || {
        storage::connect(&name).expect("BUG: a database whose files were taken cannot be opened")
    });
    pool.pause()?;
    Ok(trace)
}
