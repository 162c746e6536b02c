//! `outrigger accept-server`

use super::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;

/// Goes on with a server that was restored from a backup or replaced.
pub(crate) async fn run(context: &Context<'_>) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.accept_server().await?;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}
