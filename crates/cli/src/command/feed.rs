//! `outrigger feed`

use outrigger_engine::time::Wall;
use outrigger_social::query::{self, Page, PostView};
use outrigger_social::reads::Scope;
use serde::Serialize;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::output::View;
use crate::refresh::{self, ReadArgs};
use crate::show;
use crate::style::{self, paint};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The posts of everybody, not only of those you follow
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Feed {
    /// Whether the server was asked just now.
    fresh: bool,
    posts: Vec<PostView>,
    #[serde(skip)]
    now: Wall,
}

impl View for Feed {
    fn human(&self) -> String {
        if self.posts.is_empty() {
            return paint(style::DIM, "no posts yet");
        }
        let posts: Vec<String> = self.posts.iter().map(|post| show::post(post, self.now)).collect();
        posts.join("\n\n")
    }
}

/// Shows the feed.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let scope = match args.all {
        true => Scope::Everyone,
        false => Scope::Following,
    };
    let me = find::me(context)?;
    let fresh = refresh::fresh(context, args.read, refresh::feed(context, scope)).await?;
    let page = Page {
        after: None,
        rows_max: usize::from(args.limit),
    };
    let posts = context
        .read(move |db| query::feed(db, me, scope, page))
        .await?
        .rows;
    let now = clock::now();
    context.output.show(&Feed { fresh, posts, now })?;
    Ok(ExitCode::Done)
}
