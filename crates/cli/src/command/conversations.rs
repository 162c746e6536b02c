//! `outrigger conversations`

use outrigger_engine::time::Wall;
use outrigger_social::query::{self, ConversationView, Page};
use serde::Serialize;

use crate::clock;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::refresh::{self, ReadArgs};
use crate::show;
use crate::style::{self, paint};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Serialize)]
struct Conversations {
    /// Whether the server was asked just now.
    fresh: bool,
    conversations: Vec<ConversationView>,
    #[serde(skip)]
    now: Wall,
}

impl View for Conversations {
    fn human(&self) -> String {
        if self.conversations.is_empty() {
            return paint(style::DIM, "no conversations yet");
        }
        let lines = self.conversations.iter();
        let lines = lines.map(|conversation| show::conversation(conversation, self.now));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Shows the conversations, the most recently active first.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let fresh = refresh::fresh(context, args.read, refresh::conversations(context)).await?;
    let conversations = context
        .read(|db| query::conversations(db, Page::default()))
        .await?
        .rows;
    let now = clock::now();
    context.output.show(&Conversations {
        fresh,
        conversations,
        now,
    })?;
    Ok(ExitCode::Done)
}
