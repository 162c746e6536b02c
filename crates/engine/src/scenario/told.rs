//! How a trace is worded.
//!
//! Owns the words. Never plays anything.

use serde_json::Value;

use crate::error::Error;
use crate::status::SyncState;

pub(super) fn told(step: &Value) -> String {
    let Some(fields) = step.as_object() else {
        return step.to_string();
    };
    let field = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    };
    fields.iter().map(field).collect::<Vec<_>>().join(", ")
}

pub(super) fn list(items: &[impl std::fmt::Display]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn refusal(error: &Error) -> String {
    format!("{:?}: {error}", error.kind())
}

pub(super) fn status(state: &SyncState) -> String {
    let mut line = format!("{:?}", state.kind).to_lowercase();
    let SyncState {
        pending,
        in_flight,
        failed,
        blocked,
        progress,
        bytes,
        ..
    } = state;
    line.push_str(&format!(
        " {pending} pending {in_flight} in flight {failed} failed {blocked} blocked"
    ));
    line.push_str(&format!(", {}/{}", progress.done, progress.total));
    if bytes.total > 0 {
        line.push_str(&format!(", {}/{} bytes", bytes.done, bytes.total));
    }
    if let Some(message) = &state.message {
        line.push_str(&format!(", {message}"));
    }
    if let Some(next) = state.next_attempt_in_ms {
        line.push_str(&format!(", next in {next} ms"));
    }
    line
}

/// The next UUID or digest in a text, with what stands before and after it.
pub(super) fn next_id(text: &str) -> Option<(&str, &str, &str)> {
    let is_id = |candidate: &str| {
        let hex = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
        };
        match candidate.len() {
            36 => candidate.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && hex(&candidate.replace('-', "")),
            _ => candidate.len() == 64 && hex(candidate),
        }
    };
    (0..text.len()).find_map(|start| {
        [36, 64].into_iter().find_map(|length| {
            let id = text.get(start..start + length)?;
            is_id(id).then(|| (&text[..start], id, &text[start + length..]))
        })
    })
}
