//! `outrigger like ID`, `outrigger unlike ID`

use outrigger_social::posts;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::write::{self, WaitArgs};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which post
    id: String,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Likes a post, or no longer.
pub(crate) async fn run(context: &Context<'_>, args: Args, liked: bool) -> Result<ExitCode, Error> {
    let post = find::post(context, &args.id).await?;
    let like = if liked {
        posts::like(post)
    } else {
        posts::unlike(post)
    };
    write::write(context, vec![like.into()], args.wait).await
}
