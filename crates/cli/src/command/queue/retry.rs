//! `outrigger queue retry`

use serde::Serialize;

use crate::command::status::Status;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::queue;
use crate::style::{self, paint};
use crate::text;
use crate::write::{self, WaitArgs};

#[derive(Serialize)]
struct Retried<'a> {
    retried: u64,
    #[serde(flatten)]
    status: Status<'a>,
}

impl View for Retried<'_> {
    fn human(&self) -> String {
        match self.retried {
            0 => paint(style::DIM, "nothing was to be tried again"),
            count => format!(
                "{} tried again\n{}",
                text::count(count, "write", "writes"),
                self.status.human()
            ),
        }
    }
}

/// Tries one row again.
pub(crate) async fn one(context: &Context<'_>, id: &str, wait: WaitArgs) -> Result<ExitCode, Error> {
    let item = queue::find(context, id).await?;
    let service = context.service().await?;
    service.retry(item.mutation).await?;
    write::follow(
        context,
        service,
        write::About::of_item(&item),
        item.mutation,
        wait,
    )
    .await
}

/// Tries all again that was rejected or failed too often.
pub(crate) async fn all(context: &Context<'_>, wait: WaitArgs) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let service = context.service().await?;
    let retried = service.retry_failed().await?;
    if retried > 0 {
        write::settle(service, wait).await;
    }
    let state = service.state().borrow().clone();
    let code = match state.failed {
        0 => ExitCode::Done,
        _ => ExitCode::NeedsYou,
    };
    context.output.show(&Retried {
        retried,
        status: Status::new(&account, state),
    })?;
    Ok(code)
}
