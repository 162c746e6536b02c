//! `outrigger queue list`

use outrigger_engine::inspect::{Filter, Item, ItemState};
use outrigger_engine::time::Wall;
use outrigger_social::id::short;
use serde::Serialize;
use std::ops::ControlFlow;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::queue::{self, reason, short_id};
use crate::style::{self, paint};
use crate::text;

#[derive(Serialize)]
struct Listed {
    items: Vec<Item>,
    /// Rows that are not listed.
    more: u64,
    #[serde(skip)]
    now: Wall,
}

impl View for Listed {
    fn human(&self) -> String {
        if self.items.is_empty() {
            return paint(style::DIM, "nothing waits");
        }
        let mut lines: Vec<String> = self.items.iter().map(|item| line(item, self.now)).collect();
        if self.more > 0 {
            lines.push(paint(style::DIM, format!("and {} more: see --limit", self.more)));
        }
        lines.join("\n")
    }
}

/// Lists rows.
pub(crate) async fn run(context: &Context<'_>, failed: bool, limit: usize) -> Result<ExitCode, Error> {
    let filter = if failed { Filter::Parked } else { Filter::All };
    let list = move |db: &rusqlite::Connection| {
        let (mut items, mut more) = (Vec::new(), 0);
        queue::each(db, filter, |item| {
            if items.len() < limit {
                items.push(item);
            } else {
                more += 1;
            }
            ControlFlow::Continue(())
        })?;
        Ok((items, more))
    };
    let (items, more) = context.read(list).await?;
    let now = clock::now();
    context.output.show(&Listed { items, more, now })?;
    Ok(ExitCode::Done)
}

fn line(item: &Item, now: Wall) -> String {
    let what = match item.upload {
        Some(sha256) => format!("upload of {:.8}", sha256.to_string()),
        None => format!("{} {}", item.name, short(item.entity.id)),
    };
    let mut line = format!(
        "{} {}  {what:<24} {:>6}",
        mark(item.state),
        paint(style::BOLD, short_id(item.mutation)),
        text::ago(item.written_at, now),
    );
    let why = why(item);
    if !why.is_empty() {
        line.push_str("  ");
        line.push_str(&paint(style::DIM, why));
    }
    line
}

fn mark(state: ItemState) -> String {
    match state {
        ItemState::Waiting | ItemState::Ready => paint(style::WAITING, '◷'),
        ItemState::Blocked | ItemState::Late => paint(style::DIM, '⋯'),
        ItemState::InFlight => paint(style::ACCENT, '↑'),
        ItemState::Parked => paint(style::BAD, '✗'),
    }
}

/// Why it is not on its way.
fn why(item: &Item) -> String {
    if let Some(parked) = &item.parked {
        return reason(parked);
    }
    let waits_for: Vec<String> = item.waits_for.iter().map(|id| short_id(*id)).collect();
    let waits_for = waits_for.join(", ");
    match item.state {
        ItemState::Late => format!("will arrive late: waits for {waits_for}, which needs you"),
        _ if !waits_for.is_empty() => format!("after {waits_for}"),
        _ if item.attempts > 0 && item.due_in_ms > 0 => format!(
            "tried {}, again in {}",
            text::count(u64::from(item.attempts), "time", "times"),
            text::seconds(item.due_in_ms)
        ),
        _ => String::new(),
    }
}
