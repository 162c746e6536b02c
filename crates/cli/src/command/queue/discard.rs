//! `outrigger queue discard ID`

use outrigger_engine::SyncState;
use outrigger_engine::ids::MutationId;
use outrigger_engine::pill::pill;
use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::prompt;
use crate::queue::{self, short_id};
use crate::style::{self, paint};

#[derive(Serialize)]
struct Gone {
    /// The one named, then what depended on it.
    gone: Vec<MutationId>,
    /// Where it may have arrived: what undoes it.
    compensation: Option<MutationId>,
    state: SyncState,
}

impl View for Gone {
    fn human(&self) -> String {
        let mut lines: Vec<String> = self
            .gone
            .iter()
            .map(|id| format!("{} {} discarded", paint(style::GOOD, '✓'), short_id(*id)))
            .collect();
        if let Some(id) = self.compensation {
            let note = format!(
                "it may have arrived already: {} takes it back there",
                short_id(id)
            );
            lines.push(format!("{} {note}", paint(style::WAITING, '◷')));
        }
        lines.extend(style::pill(&pill(&self.state)));
        lines.join("\n")
    }
}

/// Takes a row back, with what depends on it.
pub(crate) async fn run(context: &Context<'_>, id: &str, yes: bool) -> Result<ExitCode, Error> {
    let item = queue::find(context, id).await?;
    if !yes && context.output.can_ask() {
        let question = format!(
            "Discard {} {}, and what depends on it? [y/N] ",
            item.name,
            short_id(item.mutation)
        );
        if !matches!(prompt::answer(&question).await?.as_str(), "y" | "yes") {
            context.output.note("nothing was discarded");
            return Ok(ExitCode::Done);
        }
    }
    let service = context.service().await?;
    let discarded = service.discard(item.mutation).await?;
    let state = service.state().borrow().clone();
    context.output.show(&Gone {
        gone: discarded.gone,
        compensation: discarded.compensation.map(|written| written.id),
        state,
    })?;
    Ok(ExitCode::Done)
}
