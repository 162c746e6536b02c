//! Reading from the server into the local database, before something is shown from there.
//!
//! Owns the way of each read: fetch, understand, take over. Never shows anything.

use outrigger_engine::Cause;
use outrigger_engine::http::Response;
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{Entity, ServerId};
use outrigger_social::id::{ConversationId, PostId, UserId};
use outrigger_social::reads::{self, Scope};
use outrigger_social::{Observation, ReadError};

use crate::context::{Context, Service};
use crate::error::Error;
use crate::style::{self, paint};

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
    let answer = service.fetch(&reads::feed(scope, None)).await?;
    let read = Observation::feed(&answer).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
}

/// A post by the server's id.
pub(crate) async fn post(context: &Context<'_>, id: ServerId) -> Result<(), Error> {
    let service = online(context).await?;
    let answer = service.fetch(&reads::post(&id)).await?;
    let observation = Observation::post(&answer).map_err(refused)?;
    service.observe(observation).await?;
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
        service.observe(Observation::gone(post.entity())).await?;
        return Ok(());
    }
    let comments = service.fetch(&reads::comments(&id, None)).await?;
    let read = Observation::thread(&answer, &comments).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
}

/// The profile of the user of a name.
pub(crate) async fn user_named(context: &Context<'_>, name: &str) -> Result<(), Error> {
    let service = online(context).await?;
    let answer = service.fetch(&reads::user_named(name)).await?;
    let read = Observation::profiles(&answer).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
}

/// A profile, and the first page of its posts.
pub(crate) async fn profile(context: &Context<'_>, user: UserId, name: &str) -> Result<(), Error> {
    user_named(context, name).await?;
    let service = online(context).await?;
    let Some(id) = server_id(service, user.entity()).await? else {
        return Ok(());
    };
    let answer = service.fetch(&reads::posts_of(&id, None)).await?;
    let read = Observation::feed(&answer).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
}

/// The first page of conversations, each with the newest of its messages.
pub(crate) async fn conversations(context: &Context<'_>) -> Result<(), Error> {
    let service = online(context).await?;
    let answer = service.fetch(&reads::conversations(None)).await?;
    let read = Observation::conversations(&answer).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
}

/// The newest messages of a conversation. One that has not arrived is not asked for.
pub(crate) async fn conversation(context: &Context<'_>, conversation: ConversationId) -> Result<(), Error> {
    let service = online(context).await?;
    let mut id = server_id(service, conversation.entity()).await?;
    if id.is_none() {
        // The other one may have begun it.
        conversations(context).await?;
        id = server_id(service, conversation.entity()).await?;
    }
    let Some(id) = id else {
        return Ok(());
    };
    let answer = service.fetch(&reads::messages(&id, None)).await?;
    let read = Observation::messages(conversation, &answer).map_err(refused)?;
    service.observe(read.observation).await?;
    Ok(())
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
