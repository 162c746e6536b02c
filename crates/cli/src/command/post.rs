//! `outrigger post TEXT`, `post edit`, `post delete`

use outrigger_engine::Write;
use outrigger_social::id::PostId;
use outrigger_social::{limits, posts};
use std::path::PathBuf;

use crate::attach;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::write::{self, WaitArgs};

/// What it takes.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// What the post says
    #[arg(required = true)]
    text: Option<String>,
    /// A picture or clip that it shows: PNG, JPEG, GIF, WebP or MP4; up to 10
    #[arg(long = "image", value_name = "FILE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(subcommand)]
    change: Option<Change>,
}

/// What is done to one that is there.
#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Change what a post of yours says
    Edit {
        /// Which post
        id: String,
        /// What it says now
        text: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Take a post of yours away, with its comments and likes
    Delete {
        /// Which post
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// Writes, changes or deletes a post.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    match args.change {
        None => create(context, args.text.unwrap_or_default(), args.images, args.wait).await,
        Some(Change::Edit { id, text, wait }) => {
            limits::post(&text, 0)?;
            let post = find::post(context, &id).await?;
            write::write(context, vec![posts::update(post, text).into()], wait).await
        }
        Some(Change::Delete { id, wait }) => {
            let post = find::post(context, &id).await?;
            write::write(context, vec![posts::delete(post).into()], wait).await
        }
    }
}

async fn create(
    context: &Context<'_>,
    text: String,
    images: Vec<PathBuf>,
    wait: WaitArgs,
) -> Result<ExitCode, Error> {
    limits::post(&text, images.len())?;
    let service = context.service().await?;
    let files = attach::stage_all(service, &images).await?;
    let media = files.iter().map(Into::into).collect();
    let post = Write {
        id: None,
        mutation: posts::create(PostId(service.new_id()), text, media),
        files,
    };
    write::write(context, vec![post], wait).await
}
