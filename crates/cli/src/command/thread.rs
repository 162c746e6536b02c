//! `outrigger thread ID`

use outrigger_engine::time::Wall;
use outrigger_social::query::{self, Page, ThreadView};
use serde::Serialize;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::output::View;
use crate::refresh::{self, ReadArgs};
use crate::show;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which post
    id: String,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Thread {
    /// Whether the server was asked just now.
    fresh: bool,
    #[serde(flatten)]
    thread: ThreadView,
    #[serde(skip)]
    now: Wall,
}

impl View for Thread {
    fn human(&self) -> String {
        let comments = self.thread.comments.rows.iter();
        let comments = comments.map(|comment| show::comment(comment, self.now));
        std::iter::once(show::post(&self.thread.post, self.now))
            .chain(comments)
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

/// Shows a post with its comments.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let post = find::post(context, &args.id).await?;
    let fresh = refresh::fresh(context, args.read, refresh::thread(context, post)).await?;
    let thread = context
        .read(move |db| query::thread(db, post, Page::default()))
        .await?
        .ok_or_else(|| Error::Failed("this post was deleted".to_owned()))?;
    let now = clock::now();
    context.output.show(&Thread { fresh, thread, now })?;
    Ok(ExitCode::Done)
}
