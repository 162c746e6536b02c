//! `outrigger offline`, `outrigger online`

use super::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::write::{self, WaitArgs};

/// Goes offline. It is remembered.
pub(crate) async fn leave(context: &Context<'_>) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.set_online(false).await?;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}

/// Comes back, and sends what waits.
pub(crate) async fn run(context: &Context<'_>, wait: WaitArgs) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.set_online(true).await?;
    write::settle(service, wait).await;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}
