//! One write from the command line: queued durably, then given a moment to arrive.
//!
//! Owns the moment and the words for what became of it in it. Never decides whether to send: the engine does.

use outrigger_engine::ids::{LocalId, MutationId};
use outrigger_engine::inspect::Item;
use outrigger_engine::pill::pill;
use outrigger_engine::{Cause, Outcome, Parked, SyncKind, SyncState, Write};
use outrigger_social::Mutation;
use outrigger_social::id::short;
use serde::Serialize;
use std::time::Duration;
use tokio::sync::watch;

use crate::context::{Context, Service};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::style::{self, paint};
use crate::text;

/// How long to wait for what was written.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct WaitArgs {
    /// Wait so many seconds at most for the server to have it; it is safe here before
    #[arg(
        long,
        env = "OUTRIGGER_WAIT",
        value_name = "SECONDS",
        default_value_t = 2,
        hide_env_values = true
    )]
    wait: u32,
    /// Do not wait
    #[arg(long)]
    no_wait: bool,
}

impl WaitArgs {
    /// At most so long.
    pub(crate) fn patience(self) -> Duration {
        match self.no_wait {
            true => Duration::ZERO,
            false => Duration::from_secs(self.wait.into()),
        }
    }
}

/// What became of it in that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Became {
    /// It took effect on the server.
    Sent,
    /// It is safe here, and goes out by itself.
    Queued,
    /// It undid what had never been sent, so that neither is.
    Undone,
    /// It waits for the user.
    Parked { parked: Parked },
}

/// What a write is about.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct About {
    /// What is done, as `post.create`.
    operation: String,
    /// The id of what it is done to.
    id: LocalId,
    /// The same, for people.
    short: String,
}

impl About {
    /// What a mutation is about.
    pub(crate) fn of(mutation: &Mutation) -> Self {
        let id = mutation.entity().id;
        Self {
            operation: mutation.name().to_owned(),
            id,
            short: short(id),
        }
    }

    /// What a row of the queue is about.
    pub(crate) fn of_item(item: &Item) -> Self {
        let id = item.entity.id;
        Self {
            operation: item.name.clone(),
            id,
            short: short(id),
        }
    }
}

/// What is said of it.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    about: About,
    /// The id of the write in the queue.
    mutation: MutationId,
    #[serde(flatten)]
    became: Became,
    /// How the queue stands.
    state: SyncState,
}

impl View for Report {
    fn human(&self) -> String {
        let About { operation, short, .. } = &self.about;
        let what = format!("{operation} {}", paint(style::BOLD, short));
        let line = match &self.became {
            Became::Sent => format!("{} sent    {what}", paint(style::GOOD, '✓')),
            Became::Queued => format!("{} queued  {what}", paint(style::WAITING, '◷')),
            Became::Undone => format!(
                "{} undone  {what}: what it takes back was never sent",
                paint(style::GOOD, '✓')
            ),
            Became::Parked { parked } => format!(
                "{} {}  {what}: {}\n  {}",
                paint(style::BAD, '✗'),
                parked.word(),
                text::one_line(parked.detail()),
                paint(
                    style::DIM,
                    format!("outrigger queue show {short} says what you can do")
                ),
            ),
        };
        match style::pill(&pill(&self.state)) {
            Some(pill) => format!("{line}\n{pill}"),
            None => line,
        }
    }
}

/// Writes, waits a moment, and says what became of it. Where several are written, the last is what it is about.
pub(crate) async fn write(
    context: &Context<'_>,
    writes: Vec<Write<Mutation>>,
    wait: WaitArgs,
) -> Result<ExitCode, Error> {
    let Some(about) = writes.last().map(|write| About::of(&write.mutation)) else {
        return Ok(ExitCode::Done);
    };
    let service = context.service().await?;
    let written = service.mutate_all(writes).await?;
    let Some(last) = written.last() else {
        return Ok(ExitCode::Done);
    };
    follow(context, service, about, last.id, wait).await
}

/// Waits a moment for something that is in the queue, and says what became of it.
pub(crate) async fn follow(
    context: &Context<'_>,
    service: &Service,
    about: About,
    mutation: MutationId,
    wait: WaitArgs,
) -> Result<ExitCode, Error> {
    let became = match wait.no_wait {
        true => Became::Queued,
        false => became(service, mutation, wait.patience()).await?,
    };
    let report = Report {
        about,
        mutation,
        became,
        state: service.state().borrow().clone(),
    };
    context.output.show(&report)?;
    Ok(match report.became {
        Became::Parked { .. } => ExitCode::NeedsYou,
        _ => ExitCode::Done,
    })
}

/// Waits a moment for the queue to come to rest.
pub(crate) async fn settle(service: &Service, wait: WaitArgs) {
    let mut states = service.state();
    let at_rest = states.wait_for(|state| {
        let waits_for_user = state.kind == SyncKind::Error && state.next_attempt_in_ms.is_none();
        state.kind == SyncKind::Idle || waits_for_user || is_hopeless(state)
    });
    // Where it takes longer, it goes on by itself.
    let _ = tokio::time::timeout(wait.patience(), at_rest).await;
}

async fn became(service: &Service, mutation: MutationId, patience: Duration) -> Result<Became, Error> {
    let outcome = tokio::select! {
        biased;
        outcome = service.settled(mutation) => outcome?,
        () = in_vain(service.state()) => return Ok(Became::Queued),
        () = tokio::time::sleep(patience) => return Ok(Became::Queued),
    };
    Ok(match outcome {
        Outcome::Synced => Became::Sent,
        Outcome::Discarded => Became::Undone,
        Outcome::Parked(parked) => Became::Parked { parked },
    })
}

/// Returns once it is known that waiting is of no use.
async fn in_vain(mut state: watch::Receiver<SyncState>) {
    // An error says that the service has ended.
    let _ = state.wait_for(is_hopeless).await;
}

/// Whether nothing will be sent in the next moment: somebody has decided so, or a probe was not answered.
pub(crate) fn is_hopeless(state: &SyncState) -> bool {
    match state.cause {
        Some(Cause::SignIn | Cause::ServerRestored | Cause::ByChoice) => true,
        Some(Cause::Unreachable) => state.next_attempt_in_ms.is_some(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_early_where_nothing_can_come_of_it() {
        let state = |cause, next_attempt_in_ms| SyncState {
            cause,
            next_attempt_in_ms,
            pending: 1,
            ..SyncState::IDLE
        };
        assert!(is_hopeless(&state(Some(Cause::ByChoice), None)));
        assert!(is_hopeless(&state(Some(Cause::SignIn), None)));
        assert!(is_hopeless(&state(Some(Cause::Unreachable), Some(900))));
        // A probe is on its way.
        assert!(!is_hopeless(&state(Some(Cause::Unreachable), None)));
        assert!(!is_hopeless(&state(None, None)));
    }
}
