//! `outrigger run`

use outrigger_engine::SyncState;

use super::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::style::{self, paint};
use crate::text;

/// Stays until it is interrupted, sends whatever comes, and says how it stands whenever that changes.
pub(crate) async fn run(context: &Context<'_>) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    let mut states = service.state();
    let mut shown: Option<SyncState> = None;
    loop {
        let state = states.borrow_and_update().clone();
        if shown.as_ref().is_none_or(|shown| is_news(shown, &state)) {
            let status = Status::new(&account, state.clone());
            if context.output.is_json() {
                context.output.show(&status)?;
            } else {
                let at = paint(style::DIM, text::clock(service.now().wall));
                context.output.write(&format!("{at} {}\n", status.line()))?;
            }
            shown = Some(state);
        }
        if states.changed().await.is_err() {
            return Err(Error::Failed("the service has ended".to_owned()));
        }
    }
}

/// Whether a person would notice: a countdown alone is no news.
fn is_news(shown: &SyncState, state: &SyncState) -> bool {
    let still = |state: &SyncState| SyncState {
        next_attempt_in_ms: None,
        in_flight: 0,
        ..state.clone()
    };
    still(shown) != still(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_countdown_is_no_news() {
        let state = |pending, next_attempt_in_ms| SyncState {
            pending,
            next_attempt_in_ms,
            ..SyncState::IDLE
        };
        assert!(!is_news(&state(1, Some(9)), &state(1, Some(8))));
        assert!(is_news(&state(1, Some(9)), &state(2, Some(9))));
    }
}
