//! `outrigger comment ID TEXT`, `comment edit`, `comment delete`

use outrigger_social::id::CommentId;
use outrigger_social::{comments, limits};

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::write::{self, WaitArgs};

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// Which post
    #[arg(required = true)]
    id: Option<String>,
    /// What the comment says
    #[arg(required = true)]
    text: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(subcommand)]
    change: Option<Change>,
}

/// What is done to one that is there.
#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Change what a comment of yours says
    Edit {
        /// Which comment
        id: String,
        /// What it says now
        text: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Take a comment of yours away
    Delete {
        /// Which comment
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// Writes, changes or deletes a comment.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    match args.change {
        None => {
            let (id, text) = (args.id.unwrap_or_default(), args.text.unwrap_or_default());
            limits::comment(&text)?;
            let post = find::post(context, &id).await?;
            let comment = CommentId(context.service().await?.new_id());
            let create = comments::create(comment, post, text);
            write::write(context, vec![create.into()], args.wait).await
        }
        Some(Change::Edit { id, text, wait }) => {
            limits::comment(&text)?;
            let comment = find::comment(context, &id).await?;
            write::write(context, vec![comments::update(comment, text).into()], wait).await
        }
        Some(Change::Delete { id, wait }) => {
            let comment = find::comment(context, &id).await?;
            write::write(context, vec![comments::delete(comment).into()], wait).await
        }
    }
}
