//! `outrigger accept-server`

use outrigger_engine::SyncKind;

use super::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::write::WaitArgs;

/// Goes on with a server that was restored from a backup or replaced.
pub(crate) async fn run(context: &Context<'_>, wait: WaitArgs) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.accept_server().await?;
    // What the server may have lost is looked up there.
    let mut states = service.state();
    let settled = states.wait_for(|state| state.kind == SyncKind::Idle);
    // Where it takes longer, or something is left to decide, that is said.
    let _ = tokio::time::timeout(wait.patience(), settled).await;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}
