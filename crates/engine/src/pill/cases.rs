//! The table of cases that holds the pill of the browser to this one: `web/package/pill-cases.json`, replayed through `pill.js` by the tests there.
//!
//! Owns what is crossed with what. The stored file must equal what is made here; `UPDATE_PILL_CASES=1` writes it anew.

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::pill;
use crate::status::{Cause, Progress, SyncKind, SyncState};

const KINDS: [SyncKind; 4] = [
    SyncKind::Idle,
    SyncKind::Syncing,
    SyncKind::Error,
    SyncKind::Offline,
];
const CAUSES: [Option<Cause>; 5] = [
    None,
    Some(Cause::SignIn),
    Some(Cause::ServerRestored),
    Some(Cause::ByChoice),
    Some(Cause::Unreachable),
];
const PENDING: [u64; 4] = [0, 1, 3, 12_345];
const FAILED: [u64; 2] = [0, 2];
/// 1 of 3 has no exact binary fraction: both must round alike.
const PROGRESS: [(u64, u64); 4] = [(0, 0), (0, 5), (1, 3), (7, 7)];

/// A case holds what is crossed; all else of its state is as in `rest`.
fn table() -> String {
    let mut lines: Vec<String> = Vec::new();
    for kind in KINDS {
        for cause in CAUSES {
            for pending in PENDING {
                for failed in FAILED {
                    for (done, total) in PROGRESS {
                        let progress = Progress { done, total };
                        let state = SyncState {
                            kind,
                            pending,
                            failed,
                            progress,
                            cause,
                            ..SyncState::IDLE
                        };
                        lines.push(case(&state).to_string());
                    }
                }
            }
        }
    }
    let mut table = String::new();
    let _ = writeln!(table, "{{\"rest\":{},", json!(SyncState::IDLE));
    let _ = write!(table, "\"cases\":[\n{}\n]}}\n", lines.join(",\n"));
    table
}

fn case(state: &SyncState) -> Value {
    json!({
        "kind": state.kind,
        "cause": state.cause,
        "pending": state.pending,
        "failed": state.failed,
        "progress": state.progress,
        "pill": pill(state),
    })
}

fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/package/pill-cases.json")
}

#[test]
fn the_table_for_the_browser_is_up_to_date() {
    let table = table();
    if std::env::var_os("UPDATE_PILL_CASES").is_some() {
        std::fs::write(stored(), &table).unwrap();
    }
    let stored = std::fs::read_to_string(stored()).unwrap();
    assert!(
        stored.replace("\r\n", "\n") == table,
        "web/package/pill-cases.json is not what pill() says: look at what changed, then set UPDATE_PILL_CASES=1 and run this test again"
    );
}
