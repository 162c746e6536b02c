//! `outrigger offline`, `outrigger online`

use super::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;

/// Goes offline or comes back. It is remembered.
pub(crate) async fn run(context: &Context<'_>, online: bool) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    service.set_online(online).await?;
    let state = service.state().borrow().clone();
    context.output.show(&Status::new(&account, state))?;
    Ok(ExitCode::Done)
}
