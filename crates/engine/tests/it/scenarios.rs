//! Every rule of the engine's exists because of an interleaving: each is a file in `scenarios/`, replayed here and by every other host.
//!
//! `UPDATE_SCENARIOS=1 cargo test` writes the traces anew; read them before you keep them.

use outrigger_engine::scenario::{self, Scenario};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn replay(scenario: &Scenario) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    scenario::replay(scenario, || Connection::open(&path).unwrap())
}

#[test]
fn every_scenario_gives_its_trace() {
    let mut wrong = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let scenario: Scenario =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let trace = replay(&scenario);
        if trace == scenario.trace && !trace.iter().any(|line| line.starts_with('!')) {
            continue;
        }
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            rewrite(&file, &text, &trace);
        } else {
            let first = trace
                .iter()
                .zip(&scenario.trace)
                .position(|(is, was)| is != was)
                .unwrap_or(0);
            wrong.push(format!(
                "{}: line {first} of the trace is\n{:#?}\nnot\n{:#?}",
                file.display(),
                trace.get(first),
                scenario.trace.get(first)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(files().len() >= 30, "scenarios went missing");
}

#[test]
fn a_scenario_gives_the_same_trace_twice() {
    for file in files() {
        let scenario: Scenario = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(replay(&scenario), replay(&scenario), "{}", file.display());
    }
}

/// Writes a file with its steps as they stand, one to a line, and the trace anew.
fn rewrite(file: &Path, text: &str, trace: &[String]) {
    let steps = text
        .find("\"trace\"")
        .map_or(text.trim_end().trim_end_matches('}'), |at| &text[..at]);
    let steps = steps.trim_end().trim_end_matches(',');
    let lines: Vec<_> = trace
        .iter()
        .map(|line| format!("    {}", serde_json::to_string(line).unwrap()))
        .collect();
    let written = format!("{steps},\n  \"trace\": [\n{}\n  ]\n}}\n", lines.join(",\n"));
    std::fs::write(file, written).unwrap();
}
