//! `outrigger message USER TEXT`, `message delete`

use outrigger_engine::Write;
use outrigger_social::id::MessageId;
use outrigger_social::{Mutation, limits, messages};
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
    /// To whom, by name
    #[arg(required = true)]
    user: Option<String>,
    /// What the message says
    #[arg(required = true)]
    text: Option<String>,
    /// A picture or clip that it shows: PNG, JPEG, GIF, WebP or MP4
    #[arg(long, value_name = "FILE")]
    media: Option<PathBuf>,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(subcommand)]
    change: Option<Change>,
}

/// What is done to one that is there.
#[derive(Debug, clap::Subcommand)]
enum Change {
    /// Take a message of yours back
    Delete {
        /// Which message
        id: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// Sends a message, or takes one back.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    if let Some(Change::Delete { id, wait }) = args.change {
        let message = find::message(context, &id).await?;
        return write::write(context, vec![messages::delete(message).into()], wait).await;
    }
    let (user, text) = (args.user.unwrap_or_default(), args.text.unwrap_or_default());
    limits::message(&text, usize::from(args.media.is_some()))?;
    let user = find::user(context, &user).await?;
    let service = context.service().await?;
    let files = attach::stage_all(service, args.media.as_slice()).await?;
    let media = files.first().map(Into::into);
    let id = MessageId(service.new_id());
    let mutations = service
        .read(move |db| messages::send_to(db, id, user, text, media))
        .await?;
    write::write(context, with_files(mutations, files), args.wait).await
}

/// The files belong to the message, which is the last; before it the conversation may be opened.
fn with_files(mutations: Vec<Mutation>, files: Vec<outrigger_engine::StagedFile>) -> Vec<Write<Mutation>> {
    let mut writes: Vec<Write<Mutation>> = mutations.into_iter().map(Into::into).collect();
    if let Some(message) = writes.last_mut() {
        message.files = files;
    }
    writes
}
