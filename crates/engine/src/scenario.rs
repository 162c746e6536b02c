//! Scenarios: JSON files that tell an interleaving as events, and the effects and rows that must follow. Any host can replay them.
//!
//! A file holds a `story`, the `backend` that is played, `steps` and the expected `trace`. A step is one event (or several, in `"together"`):
//! writes (`{"do": "create", "id": "milk", "text": "…"}`; several in one call: `{"call": […]}`), answers (`{"answer": 1, "status": 201, "body": {…}}`, `{"answer": 1, "unreached": true}`), the
//! beginning of a read (`{"read": "begins"}`) and what was in it (`{"observed": […]}`), the passing of time (`{"wait": 1000}`), what the user and the system do. Entities are called by names; in the trace every id is a name again, so that
//! a trace can be read aloud.
//!
//! Owns the form of the files. Never judges: whoever replays compares the traces.

mod notes;
mod player;
mod told;

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

pub use notes::{Mutation, Notes, Seen};
pub use player::{Failed, Player};

/// One file.
#[derive(Debug, Clone, Deserialize)]
pub struct Scenario {
    /// What it shows, and why it matters.
    pub story: String,
    /// What is played against.
    #[serde(default)]
    pub backend: Backend,
    /// What happens.
    pub steps: Vec<Value>,
    /// What must follow, line by line.
    #[serde(default)]
    pub trace: Vec<String>,
}

/// What the backend of a scenario offers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    keys: bool,
    batches: Option<usize>,
    uploads: Option<u64>,
    look_up: bool,
    concurrency: usize,
    items_max: u64,
}

impl Default for Backend {
    fn default() -> Self {
        Self {
            keys: true,
            batches: None,
            uploads: Some(4),
            look_up: false,
            concurrency: 4,
            items_max: 1_000,
        }
    }
}

/// Replays a scenario on a database, which the host opens (`open` is called again for each restart), and gives its trace. A step that cannot be played
/// ends it with a line that begins with `!`.
pub fn replay(scenario: &Scenario, mut open: impl FnMut() -> Connection) -> Vec<String> {
    let mut player = Player::new(scenario.backend.clone(), || Ok(open()));
    let played = player
        .start()
        .and_then(|()| scenario.steps.iter().try_for_each(|step| player.play(step)));
    let mut trace = player.into_trace();
    trace.extend(played.err().map(|failed| format!("! {failed}")));
    trace
}
