//! `outrigger conversation USER`

use outrigger_engine::time::Wall;
use outrigger_social::query::{self, MessageView, Page};
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
    /// With whom, by name
    user: String,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Conversation {
    /// Whether the server was asked just now.
    fresh: bool,
    /// Newest first.
    messages: Vec<MessageView>,
    #[serde(skip)]
    now: Wall,
}

impl View for Conversation {
    /// The newest stands last, beside the prompt.
    fn human(&self) -> String {
        if self.messages.is_empty() {
            return paint(style::DIM, "no messages yet");
        }
        let messages = self.messages.iter().rev();
        let messages = messages.map(|message| show::message(message, self.now));
        messages.collect::<Vec<_>>().join("\n")
    }
}

/// Shows the newest messages of a conversation.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let id = find::conversation(context, &args.user).await?;
    let fresh = refresh::fresh(context, args.read, refresh::conversation(context, id)).await?;
    let messages = context
        .read(move |db| query::conversation(db, id, Page::default()))
        .await?
        .rows;
    let now = clock::now();
    context.output.show(&Conversation { fresh, messages, now })?;
    Ok(ExitCode::Done)
}
