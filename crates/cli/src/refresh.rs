//! Reading from the server into the local database, before something is shown from there.
//!
//! Owns the way of each read: fetch, understand, take over. Never shows anything.

use outrigger_client::Fetched;
use outrigger_engine::Cause;
use outrigger_engine::http::Response;
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{Entity, ReadMark, ServerId};
use outrigger_social::id::{ConversationId, PostId, UserId};
use outrigger_social::query::{self, Page, PostView};
use outrigger_social::reads::{self, Scope};
use outrigger_social::{Observation, Read, ReadError};
use rusqlite::Connection;
use std::collections::BTreeSet;
use tokio::task::JoinSet;

use crate::context::{Context, Service};
use crate::error::Error;
use crate::find;
use crate::style::{self, paint};

/// Posts that are asked for one by one, at most, where a list lacks them.
const MISSING_MAX: usize = 20;
/// Conversations whose messages are read with the list.
const PREVIEWS_MAX: usize = 10;

/// Whether the server is asked before something is shown.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct ReadArgs {
    /// Fail where the server cannot be asked, instead of showing what is here
    #[arg(long, conflicts_with = "offline")]
    refresh: bool,
    /// Show what is here, without asking the server
    #[arg(long)]
    offline: bool,
}

/// Asks the server, unless it is not to be asked. Says whether what is shown next is fresh.
pub(crate) async fn fresh(
    context: &Context<'_>,
    args: ReadArgs,
    refreshing: impl Future<Output = Result<(), Error>>,
) -> Result<bool, Error> {
    if args.offline {
        return Ok(false);
    }
    match refreshing.await {
        Ok(()) => Ok(true),
        Err(error) if args.refresh || !is_absence(&error) => Err(error),
        Err(error) => {
            let note = format!("{error}; this is what is here");
            context.output.note(&paint(style::DIM, note));
            Ok(false)
        }
    }
}

/// Whether it only means that the server could not be asked now.
fn is_absence(error: &Error) -> bool {
    use crate::exit::ExitCode;
    matches!(error.exit(), ExitCode::Offline | ExitCode::SignIn) && !matches!(error, Error::SignedOut)
}

/// The first page of the feed.
pub(crate) async fn feed(context: &Context<'_>, scope: Scope) -> Result<(), Error> {
    let service = online(context).await?;
    let me = find::me(context)?;
    let before = move |db: &Connection| query::feed(db, me, scope, Page::default());
    let before = service.read(before).await?.rows;
    let answer = service.fetch(&reads::feed(scope, None)).await?;
    take_posts(service, before, &answer).await
}

/// Takes over a page of posts. What should be on it and is not was deleted, or left the list: each is asked for.
async fn take_posts(service: &Service, before: Vec<PostView>, answer: &Fetched) -> Result<(), Error> {
    let read = Observation::feed(answer).map_err(refused)?;
    let is_all = read.next.is_none();
    let there: BTreeSet<Entity> = service
        .observe(read.observation, answer.began)
        .await?
        .into_iter()
        .collect();
    // A page tells nothing of what is older than its last.
    let known = before.iter().rposition(|post| there.contains(&post.id.entity()));
    let covered = if is_all { before.len() } else { known.unwrap_or(0) };
    let missing = before[..covered]
        .iter()
        .filter(|post| !there.contains(&post.id.entity()));
    for post in missing.take(MISSING_MAX) {
        let Some(id) = &post.server_id else {
            continue;
        };
        let answer = service.fetch(&reads::post(&ServerId(id.clone()))).await?;
        if is_gone(&answer) {
            let gone = Observation::gone(post.id.entity());
            service.observe(gone, answer.began).await?;
        }
    }
    Ok(())
}

/// A post by the server's id.
pub(crate) async fn post(context: &Context<'_>, id: ServerId) -> Result<(), Error> {
    let service = online(context).await?;
    let answer = service.fetch(&reads::post(&id)).await?;
    let observation = Observation::post(&answer).map_err(refused)?;
    service.observe(observation, answer.began).await?;
    Ok(())
}

/// A post with the first page of its comments. One that has not arrived is not asked for.
pub(crate) async fn thread(context: &Context<'_>, post: PostId) -> Result<(), Error> {
    let service = online(context).await?;
    let Some(id) = server_id(service, post.entity()).await? else {
        return Ok(());
    };
    let answer = service.fetch(&reads::post(&id)).await?;
    if is_gone(&answer) {
        service
            .observe(Observation::gone(post.entity()), answer.began)
            .await?;
        return Ok(());
    }
    let before = service
        .read(move |db| query::comments(db, post, Page::default()))
        .await?;
    let before = before.rows.into_iter();
    let before = before.filter_map(|comment| comment.server_id.map(|_| comment.comment.id.entity()));
    let before: Vec<Entity> = before.collect();
    let comments = service.fetch(&reads::comments(&id, None)).await?;
    let read = Observation::thread(&answer, &comments).map_err(refused)?;
    take_all(service, before, read, answer.began).await
}

/// Takes over a list. Where it is a whole one, what was in it before and is not any more was deleted.
async fn take_all(service: &Service, before: Vec<Entity>, read: Read, began: ReadMark) -> Result<(), Error> {
    let is_all = read.next.is_none();
    let there = service.observe(read.observation, began).await?;
    let there: BTreeSet<Entity> = there.into_iter().collect();
    let gone = before
        .into_iter()
        .filter(|entity| is_all && !there.contains(entity));
    for entity in gone {
        service.observe(Observation::gone(entity), began).await?;
    }
    Ok(())
}

/// The profile of the user of a name.
pub(crate) async fn user_named(context: &Context<'_>, name: &str) -> Result<(), Error> {
    let service = online(context).await?;
    let answer = service.fetch(&reads::user_named(name)).await?;
    let read = Observation::profiles(&answer).map_err(refused)?;
    service.observe(read.observation, answer.began).await?;
    Ok(())
}

/// A profile, and the first page of its posts.
pub(crate) async fn profile(context: &Context<'_>, user: UserId, name: &str) -> Result<(), Error> {
    user_named(context, name).await?;
    let service = online(context).await?;
    let Some(id) = server_id(service, user.entity()).await? else {
        return Ok(());
    };
    let before = service
        .read(move |db| query::posts_of(db, user, Page::default()))
        .await?
        .rows;
    let answer = service.fetch(&reads::posts_of(&id, None)).await?;
    take_posts(service, before, &answer).await
}

/// The first page of conversations, and the newest messages of the first of them.
pub(crate) async fn conversations(context: &Context<'_>) -> Result<(), Error> {
    let service = online(context).await?;
    conversation_list(service).await?;
    let newest = Page {
        after: None,
        rows_max: PREVIEWS_MAX,
    };
    let listed = service.read(move |db| query::conversations(db, newest)).await?;
    let mut reading = JoinSet::new();
    for conversation in listed.rows {
        let Some(id) = conversation.server_id.map(ServerId) else {
            continue;
        };
        let service = service.clone();
        reading.spawn(async move { messages(&service, conversation.id, &id).await });
    }
    while let Some(read) = reading.join_next().await {
        read.map_err(|error| Error::Failed(format!("a read was cut short: {error}")))??;
    }
    Ok(())
}

async fn conversation_list(service: &Service) -> Result<(), Error> {
    let answer = service.fetch(&reads::conversations(None)).await?;
    let read = Observation::conversations(&answer).map_err(refused)?;
    service.observe(read.observation, answer.began).await?;
    Ok(())
}

/// The newest messages of a conversation. One that has not arrived is not asked for.
pub(crate) async fn conversation(context: &Context<'_>, conversation: ConversationId) -> Result<(), Error> {
    let service = online(context).await?;
    let mut id = server_id(service, conversation.entity()).await?;
    if id.is_none() {
        // The other one may have begun it.
        conversation_list(service).await?;
        id = server_id(service, conversation.entity()).await?;
    }
    let Some(id) = id else {
        return Ok(());
    };
    messages(service, conversation, &id).await
}

async fn messages(service: &Service, conversation: ConversationId, id: &ServerId) -> Result<(), Error> {
    let before = service
        .read(move |db| query::conversation(db, conversation, Page::default()))
        .await?;
    let before = before.rows.into_iter();
    let before = before.filter_map(|message| message.server_id.map(|_| message.message.id.entity()));
    let before: Vec<Entity> = before.collect();
    let answer = service.fetch(&reads::messages(id, None)).await?;
    let read = Observation::messages(conversation, &answer).map_err(refused)?;
    take_all(service, before, read, answer.began).await
}

/// The service, unless the user is offline by choice.
async fn online<'a>(context: &'a Context<'_>) -> Result<&'a Service, Error> {
    let service = context.service().await?;
    if service.state().borrow().cause == Some(Cause::ByChoice) {
        return Err(Error::Offline {
            message: "you are offline by choice".to_owned(),
            advice: "go online with: outrigger online".to_owned(),
        });
    }
    Ok(service)
}

async fn server_id(service: &Service, entity: Entity) -> Result<Option<ServerId>, Error> {
    Ok(service.read(move |db| Ids::new(db).server_id(&entity)).await?)
}

const fn is_gone(answer: &Response) -> bool {
    matches!(answer.status, 404 | 410)
}

fn refused(error: ReadError) -> Error {
    match error {
        ReadError::Alien(sign) => Error::Client(outrigger_client::Error::Unreached {
            reason: format!("somebody else answered ({sign})"),
        }),
        other => Error::Refused {
            detail: crate::text::one_line(&other.to_string()),
        },
    }
}
