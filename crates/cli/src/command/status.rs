//! `outrigger status`

use outrigger_engine::pill::{Pill, pill};
use outrigger_engine::{Cause, SyncKind, SyncState};
use serde::Serialize;
use std::time::Duration;

use crate::context::{Context, Service};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::{Output, View};
use crate::settings::Account;
use crate::style::{self, paint};
use crate::text;
use crate::write::is_hopeless;

/// How long a probe that has just begun is waited for, so that what is said is true of now.
const PATIENCE: Duration = Duration::from_secs(1);

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Stay, and say it again whenever it changes
    #[arg(long)]
    watch: bool,
}

/// The state, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Status<'a> {
    account: &'a Account,
    pill: Pill,
    state: SyncState,
}

impl<'a> Status<'a> {
    pub(super) fn new(account: &'a Account, state: SyncState) -> Self {
        Self {
            account,
            pill: pill(&state),
            state,
        }
    }

    /// In one line.
    pub(super) fn line(&self) -> String {
        let shown = style::pill(&self.pill).unwrap_or_else(|| {
            let text = format!("✓ everything has arrived ({})", self.account.name);
            paint(style::DIM, text)
        });
        let details = details(&self.state);
        if details.is_empty() {
            return shown;
        }
        format!("{shown}  {}", paint(style::DIM, details.join(", ")))
    }
}

impl View for Status<'_> {
    fn human(&self) -> String {
        let mut lines = vec![self.line()];
        lines.extend(advice(&self.state).map(|advice| paint(style::DIM, format!("  {advice}"))));
        lines.join("\n")
    }
}

/// Says how the queue stands.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    if args.watch {
        return watch(context, &account, service).await;
    }
    let mut states = service.state();
    let certain = states.wait_for(|state| state.cause != Some(Cause::Unreachable) || is_hopeless(state));
    // Where it takes longer, the state as it is known is said.
    let _ = tokio::time::timeout(PATIENCE, certain).await;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}

async fn watch(context: &Context<'_>, account: &Account, service: &Service) -> Result<ExitCode, Error> {
    let mut states = service.state();
    let _line = context.output.is_terminal().then(|| OpenLine(context.output));
    loop {
        let state = states.borrow_and_update().clone();
        let status = Status::new(account, state);
        if context.output.is_terminal() {
            context.output.rewrite(&status.line())?;
        } else {
            context.output.show(&status)?;
        }
        if states.changed().await.is_err() {
            return Err(Error::Failed("the service has ended".to_owned()));
        }
    }
}

/// A line that is written over; it ends when this is dropped, also by Ctrl-C.
struct OpenLine<'a>(&'a Output);

impl Drop for OpenLine<'_> {
    fn drop(&mut self) {
        // Where it cannot be ended, nobody sees it.
        let _ = self.0.write("\n");
    }
}

/// What the pill does not say.
fn details(state: &SyncState) -> Vec<String> {
    let mut details = Vec::new();
    if state.kind == SyncKind::Error && state.pending > 0 {
        details.push(format!("{} waiting", state.pending));
    }
    if state.failed > 0 {
        details.push(text::count(state.failed, "needs you", "need you"));
    }
    if state.bytes.done < state.bytes.total && state.pending > 0 {
        let (done, total) = (text::bytes(state.bytes.done), text::bytes(state.bytes.total));
        details.push(format!("{done} of {total} uploaded"));
    }
    if let Some(message) = &state.message {
        details.push(text::one_line(message));
    }
    if let Some(next) = state.next_attempt_in_ms {
        details.push(format!("next attempt in {}", text::seconds(next)));
    }
    details
}

/// What the user can do about it.
fn advice(state: &SyncState) -> Option<&'static str> {
    match (state.cause, state.kind) {
        (Some(Cause::SignIn), _) => Some("sign in again with: outrigger login NAME; what waits is kept"),
        (Some(Cause::ServerRestored), _) => {
            Some("look at: outrigger queue list; then go on with: outrigger accept-server")
        }
        (Some(Cause::ByChoice), _) => Some("go online with: outrigger online"),
        (_, SyncKind::Error) => {
            Some("look at: outrigger queue list; try all again with: outrigger queue retry --all")
        }
        _ => None,
    }
}
