//! `outrigger queue edit ID TEXT`

use outrigger_engine::App as _;
use outrigger_engine::inspect::Item;
use outrigger_social::Mutation;
use outrigger_social::mutation::{CommentChange, MessageChange, PostChange};

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::queue;
use crate::write::{self, About, WaitArgs};

/// Changes the text of a row.
pub(crate) async fn run(
    context: &Context<'_>,
    id: &str,
    text: String,
    wait: WaitArgs,
) -> Result<ExitCode, Error> {
    let item = queue::find(context, id).await?;
    let written = read(context, &item)?;
    let with = with_text(written, text).ok_or_else(|| Error::Usage {
        message: format!("{} has no text that could be changed", item.name),
        advice: "take it back with: outrigger queue discard ID".to_owned(),
    })?;
    let service = context.service().await?;
    let edited = service.edit(item.mutation, with.clone()).await?;
    write::follow(context, service, About::of(&with), edited.id, wait).await
}

/// The mutation of a row, as this version writes it.
fn read(context: &Context<'_>, item: &Item) -> Result<Mutation, Error> {
    let unreadable = |why: String| Error::Failed(format!("this program cannot read it: {why}"));
    if item.upload.is_some() {
        return Err(unreadable("it is an upload".to_owned()));
    }
    let payload = serde_json::from_str(&item.payload).map_err(|error| unreadable(error.to_string()))?;
    let lifted = context
        .social()?
        .lift(item.version, payload)
        .map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_value(lifted).map_err(|error| unreadable(error.to_string()))
}

/// The same with another text, where it has one.
fn with_text(mut mutation: Mutation, with: String) -> Option<Mutation> {
    match &mut mutation {
        Mutation::Post(PostChange::Create { text, .. } | PostChange::Update { text, .. })
        | Mutation::Comment(CommentChange::Create { text, .. } | CommentChange::Update { text, .. })
        | Mutation::Message(MessageChange::Create { text, .. }) => *text = with,
        _ => return None,
    }
    Some(mutation)
}
