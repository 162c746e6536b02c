//! `outrigger sync`

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use outrigger_engine::{Cause, SyncKind, SyncState};
use serde::Serialize;
use std::time::Duration;

use super::status::Status;
use crate::context::{Context, Service};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::style::{self, paint};
use crate::text;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Go on trying for so many seconds, also while the server is not reached; then give up. What waits is kept
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    /// Nothing waits.
    Arrived,
    /// What is left needs the user, or waits for what does.
    NeedsYou,
    /// The user must sign in.
    SignIn,
    /// The server is not reached, or the user is offline by choice.
    Offline,
    /// It took too long.
    TimedOut,
}

impl Ended {
    const fn exit(self) -> ExitCode {
        match self {
            Self::Arrived => ExitCode::Done,
            Self::NeedsYou => ExitCode::NeedsYou,
            Self::SignIn => ExitCode::SignIn,
            Self::Offline => ExitCode::Offline,
            Self::TimedOut => ExitCode::Failed,
        }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    ended: Ended,
    sent: u64,
    #[serde(flatten)]
    status: Status<'a>,
}

impl View for Report<'_> {
    fn human(&self) -> String {
        let sent = text::count(self.sent, "item", "items");
        match (self.ended, self.sent) {
            (Ended::Arrived, 0) => paint(style::DIM, "✓ nothing to send"),
            (Ended::Arrived, _) => format!("{} {sent} sent", paint(style::GOOD, '✓')),
            (Ended::TimedOut, _) => format!("{sent} sent; not all in time\n{}", self.status.human()),
            (_, 0) => self.status.human(),
            _ => format!("{sent} sent\n{}", self.status.human()),
        }
    }
}

/// Sends all that waits.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.trigger_sync().await?;
    let patience = args.timeout.map(Duration::from_secs);
    let (ended, sent) = drain(context, service, patience).await?;
    let state = service.state().borrow().clone();
    context.output.show(&Report {
        ended,
        sent,
        status: Status::new(&account, state),
    })?;
    Ok(ended.exit())
}

/// Waits until nothing more goes out by itself; says how it ended and how many writes went out.
pub(super) async fn drain(
    context: &Context<'_>,
    service: &Service,
    patience: Option<Duration>,
) -> Result<(Ended, u64), Error> {
    let bars = Bars::new(context.output.is_json());
    let mut states = service.state();
    let is_persistent = patience.is_some();
    let (mut sent, mut pending) = (0, None);
    let draining = async {
        loop {
            let state = states.borrow_and_update().clone();
            let before = pending.replace(state.pending).unwrap_or(state.pending);
            sent += before.saturating_sub(state.pending);
            bars.show(&state);
            if let Some(ended) = ended(&state, is_persistent) {
                return Ok(ended);
            }
            if states.changed().await.is_err() {
                return Err(Error::Failed("the service has ended".to_owned()));
            }
        }
    };
    let ended = match patience {
        None => draining.await?,
        Some(patience) => match tokio::time::timeout(patience, draining).await {
            Ok(ended) => ended?,
            Err(_elapsed) => match service.state().borrow().kind {
                SyncKind::Offline => Ended::Offline,
                _ => Ended::TimedOut,
            },
        },
    };
    bars.clear();
    Ok((ended, sent))
}

/// Whether nothing more goes out by itself.
fn ended(state: &SyncState, is_persistent: bool) -> Option<Ended> {
    match (state.cause, state.kind) {
        (Some(Cause::SignIn), _) => Some(Ended::SignIn),
        (Some(Cause::ServerRestored), _) => Some(Ended::NeedsYou),
        (_, SyncKind::Idle) => Some(Ended::Arrived),
        (_, SyncKind::Offline) if state.pending == 0 && state.failed == 0 => Some(Ended::Arrived),
        (Some(Cause::ByChoice), _) => Some(Ended::Offline),
        (Some(Cause::Unreachable), _) if state.next_attempt_in_ms.is_some() || state.pending == 0 => {
            (!is_persistent).then_some(Ended::Offline)
        }
        // What is parked comes before what waits for its time: that still goes out.
        (_, SyncKind::Error) if state.next_attempt_in_ms.is_none() => Some(Ended::NeedsYou),
        _ => None,
    }
}

/// The progress by items and by bytes, on standard error, where that is a terminal.
struct Bars {
    all: MultiProgress,
    items: ProgressBar,
    bytes: ProgressBar,
}

impl Bars {
    fn new(hidden: bool) -> Self {
        let all = MultiProgress::new();
        if hidden {
            all.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let bar = |template: &str| {
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━╸─");
            all.add(ProgressBar::new(0)).with_style(style)
        };
        let items = bar("{bar:30.cyan/dim} {pos} of {len} items {msg:.dim}");
        let bytes = bar("{bar:30.cyan/dim} {bytes} of {total_bytes}");
        Self { all, items, bytes }
    }

    fn show(&self, state: &SyncState) {
        self.items.set_length(state.progress.total);
        self.items.set_position(state.progress.done);
        let message = match state.next_attempt_in_ms {
            Some(next) => format!("next attempt in {}", text::seconds(next)),
            None => String::new(),
        };
        self.items.set_message(message);
        if state.bytes.total > 0 {
            self.bytes.set_length(state.bytes.total);
            self.bytes.set_position(state.bytes.done);
        }
    }

    fn clear(&self) {
        // A terminal that cannot be cleared is left as it is.
        let _ = self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(kind: SyncKind, cause: Option<Cause>, next_attempt_in_ms: Option<u64>) -> SyncState {
        SyncState {
            kind,
            cause,
            next_attempt_in_ms,
            pending: 2,
            failed: 1,
            ..SyncState::IDLE
        }
    }

    #[test]
    fn it_ends_when_nothing_more_goes_out_by_itself() {
        let check = |state: &SyncState, expected| assert_eq!(ended(state, false), expected, "{state:?}");
        check(&SyncState::IDLE, Some(Ended::Arrived));
        check(&state(SyncKind::Syncing, None, None), None);
        check(&state(SyncKind::Syncing, None, Some(9)), None);
        check(&state(SyncKind::Error, None, Some(9)), None);
        check(&state(SyncKind::Error, None, None), Some(Ended::NeedsYou));
        check(
            &state(SyncKind::Error, Some(Cause::SignIn), None),
            Some(Ended::SignIn),
        );
        check(
            &state(SyncKind::Offline, Some(Cause::ByChoice), None),
            Some(Ended::Offline),
        );
        // A probe is on its way.
        check(&state(SyncKind::Offline, Some(Cause::Unreachable), None), None);
        check(
            &state(SyncKind::Offline, Some(Cause::Unreachable), Some(9)),
            Some(Ended::Offline),
        );
    }

    #[test]
    fn with_a_timeout_it_goes_on_trying() {
        let unreachable = state(SyncKind::Offline, Some(Cause::Unreachable), Some(9));
        assert_eq!(ended(&unreachable, true), None);
        let by_choice = state(SyncKind::Offline, Some(Cause::ByChoice), None);
        assert_eq!(ended(&by_choice, true), Some(Ended::Offline));
    }
}
