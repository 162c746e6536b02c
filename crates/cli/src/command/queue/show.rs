//! `outrigger queue show ID`

use outrigger_engine::Parked;
use outrigger_engine::inspect::{Item, ItemState};
use outrigger_engine::time::Wall;
use outrigger_social::id::short;
use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::queue::{self, reason, short_id};
use crate::style::{self, paint};
use crate::text;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Item,
    /// What the user can do about it.
    actions: Vec<String>,
    #[serde(skip)]
    now: Wall,
}

impl View for Shown {
    fn human(&self) -> String {
        let Self { item, actions, now } = self;
        let mut lines = vec![
            format!("{} {}", paint(style::BOLD, short_id(item.mutation)), item.name),
            field("about", format!("{} {}", item.entity.kind, short(item.entity.id))),
            field("state", state(item)),
            field("written", text::ago(item.written_at, *now)),
        ];
        if item.attempts > 0 {
            lines.push(field("attempts", item.attempts.to_string()));
        }
        for blocker in &item.waits_for {
            lines.push(field("waits for", short_id(*blocker)));
        }
        if let Some(text) = words(&item.payload) {
            lines.push(field("says", text::cut(&text, 200)));
        }
        lines.push(field("key", item.key.to_string()));
        lines.extend(actions.iter().map(|action| field("you can", action.clone())));
        lines.join("\n")
    }
}

/// Shows one row.
pub(crate) async fn run(context: &Context<'_>, id: &str) -> Result<ExitCode, Error> {
    let item = queue::find(context, id).await?;
    let actions = actions(&item);
    let now = clock::now();
    context.output.show(&Shown { item, actions, now })?;
    Ok(ExitCode::Done)
}

fn field(name: &str, value: String) -> String {
    format!("  {} {value}", paint(style::DIM, format!("{name:<10}")))
}

fn state(item: &Item) -> String {
    match (&item.parked, item.state) {
        (Some(parked), _) => paint(style::BAD, reason(parked)),
        (None, ItemState::InFlight) => "on its way right now".to_owned(),
        (None, ItemState::Blocked) => "waits for something else to arrive first".to_owned(),
        (None, ItemState::Late) => "will arrive late: what it waits for needs you".to_owned(),
        (None, _) if item.due_in_ms > 0 => format!("waits, next in {}", text::seconds(item.due_in_ms)),
        (None, _) => "waits for its turn".to_owned(),
    }
}

fn actions(item: &Item) -> Vec<String> {
    let id = short_id(item.mutation);
    let retry = format!("outrigger queue retry {id}");
    let edit = words(&item.payload).map(|_| format!("outrigger queue edit {id} TEXT"));
    let discard = (item.upload.is_none()).then(|| format!("outrigger queue discard {id}"));
    let retry = match item.parked {
        None | Some(Parked::Unreadable { .. }) => None,
        Some(Parked::Uncertain { .. }) => Some(format!("{retry} (it may have arrived: look first)")),
        Some(_) => Some(retry),
    };
    [retry, edit, discard].into_iter().flatten().collect()
}

/// The text in a payload, whatever it is of.
fn words(payload: &str) -> Option<String> {
    fn find(value: &Value) -> Option<&str> {
        let fields = value.as_object()?;
        match fields.get("text") {
            Some(text) => text.as_str(),
            None => fields.values().find_map(find),
        }
    }
    let payload: Value = serde_json::from_str(payload).ok()?;
    find(&payload).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_payload_are_found() {
        let check = |payload: &str, expected: Option<&str>| {
            assert_eq!(words(payload).as_deref(), expected);
        };
        check(
            r#"{"post":{"create":{"id":"1","text":"hi","media":[]}}}"#,
            Some("hi"),
        );
        check(r#"{"like":{"post":"1","liked":true}}"#, None);
        check("{", None);
    }
}
