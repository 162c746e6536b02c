//! `outrigger profile [USER]`

use outrigger_engine::time::Wall;
use outrigger_social::query::{self, Page, PostView, ProfileView};
use serde::Serialize;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::find;
use crate::output::View;
use crate::refresh::{self, ReadArgs};
use crate::show;

/// Posts that are shown below a profile.
const POSTS: usize = 5;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose, by name [default: yours]
    user: Option<String>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Profile {
    /// Whether the server was asked just now.
    fresh: bool,
    profile: ProfileView,
    posts: Vec<PostView>,
    #[serde(skip)]
    now: Wall,
}

impl View for Profile {
    fn human(&self) -> String {
        let posts = self.posts.iter().map(|post| show::post(post, self.now));
        std::iter::once(show::profile(&self.profile))
            .chain(posts)
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

/// Shows somebody.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let user = match &args.user {
        Some(text) => find::user(context, text).await?,
        None => find::me(context)?,
    };
    let known = context.read(move |db| query::user(db, user)).await?;
    let name = known.map_or(account.name, |known| known.name);
    let fresh = refresh::fresh(context, args.read, refresh::profile(context, user, &name)).await?;
    let page = Page {
        after: None,
        rows_max: POSTS,
    };
    let read = move |db: &rusqlite::Connection| {
        let profile = query::profile(db, user)?;
        let posts = query::posts_of(db, user, page)?.rows;
        Ok((profile, posts))
    };
    let (profile, posts) = context.read(read).await?;
    let profile = profile.ok_or_else(|| Error::Offline {
        message: "your profile was not read yet".to_owned(),
        advice: "go online once".to_owned(),
    })?;
    let now = clock::now();
    context.output.show(&Profile {
        fresh,
        profile,
        posts,
        now,
    })?;
    Ok(ExitCode::Done)
}
