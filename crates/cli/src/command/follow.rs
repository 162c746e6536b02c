//! `outrigger follow USER`, `outrigger unfollow USER`

use outrigger_social::users;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::write::{self, WaitArgs};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whom, by name
    user: String,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Follows somebody, or no longer.
pub(crate) async fn run(context: &Context<'_>, args: Args, followed: bool) -> Result<ExitCode, Error> {
    let user = find::user(context, &args.user).await?;
    let follow = if followed {
        users::follow(user)
    } else {
        users::unfollow(user)
    };
    write::write(context, vec![follow.into()], args.wait).await
}
