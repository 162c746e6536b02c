//! `outrigger bench`: that it measures everything, and says it in the form that it promises. How fast anything is, is not tested here.

use crate::world::World;
use serde_json::Value;
use std::collections::BTreeSet;

/// Each figure, in the order of the table.
const FIGURES: [&str; 21] = [
    "enqueue.one.engine",
    "enqueue.one.service",
    "enqueue.callers.16",
    "enqueue.callers.64",
    "enqueue.bulk",
    "drain.batches.seed",
    "drain.batches.http",
    "drain.plain.seed",
    "drain.rtt50.batches",
    "drain.rtt50.plain",
    "drain.cpu",
    "scale.step",
    "scale.status",
    "scale.accept",
    "scale.open",
    "scale.memory",
    "status.observe",
    "server.batches",
    "binary.size",
    "binary.cold_start",
    "upload.loopback",
];
const KEYS: [&str; 15] = [
    "figure", "value", "unit", "limit", "ratio", "reach", "ok", "line", "what", "limit_is", "reach_of",
    "reach_is", "rounds", "spread", "note",
];

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A number that means something.
fn number(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!(number.is_finite(), "{number}");
    number
}

#[test]
fn every_figure_is_measured_once() {
    let world = World::new();
    let nobody = world.stranger("nobody");
    let folder = world.path("measuring");
    std::fs::create_dir(&folder).unwrap();
    let mut command = nobody.command(["bench", "all", "--json", "--items", "200"]);
    command.env("TMPDIR", &folder);
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{said}");
    assert_eq!(said, "");
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(keys(&report), ["machine", "workload", "notes", "rows"].into());
    assert_eq!(report["workload"]["items"], 200);
    number(&report["machine"]["sync_us"]);
    let rows = report["rows"].as_array().unwrap();
    let figures: Vec<&str> = rows.iter().map(|row| row["figure"].as_str().unwrap()).collect();
    assert_eq!(figures, FIGURES);
    for row in rows {
        check(row);
    }
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "files are left behind"
    );
}

fn check(row: &Value) {
    assert_eq!(keys(row), KEYS.into(), "{row}");
    // Not every system tells a process's memory.
    if row["figure"] == "scale.memory" && row["value"].is_null() {
        assert!(row["ok"].is_null() && row["note"].is_string(), "{row}");
        return;
    }
    let value = number(&row["value"]);
    if row["figure"] == "binary.size" {
        assert!(row["limit"].is_null() && row["ratio"].is_null(), "{row}");
    } else {
        let ratio = value / number(&row["limit"]);
        assert!((number(&row["ratio"]) / ratio - 1.0).abs() < 1e-9, "{row}");
    }
    let judged = if row["reach_of"] == "ratio" {
        &row["ratio"]
    } else {
        &row["value"]
    };
    let reach = number(&row["reach"]);
    let is_reached = match row["reach_is"].as_str() {
        Some("at_least") => number(judged) >= reach,
        Some("at_most") => number(judged) <= reach,
        other => panic!("{other:?}"),
    };
    assert_eq!(row["ok"], is_reached, "{row}");
    assert!(row["rounds"].as_u64().unwrap() >= 1, "{row}");
    let [least, greatest] = [&row["spread"][0], &row["spread"][1]].map(number);
    assert!(least <= value && value <= greatest, "{row}");
}
