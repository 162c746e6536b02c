//! Reading from the server into the local database, before something is shown from there.
//!
//! Owns the way of each read: fetch, understand, take over. Never shows anything.

use outrigger_client::Fetched;
use outrigger_engine::Cause;
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::ServerId;
use outrigger_social::id::{ConversationId, PostId, UserId};
use outrigger_social::query::{self, Page};
use outrigger_social::reads::{self, Scope};
use outrigger_social::refresh::{Refresh, Wanted};
use outrigger_social::{Observation, ReadError};
use tokio::task::JoinSet;

use crate::context::{Context, Service};
use crate::error::Error;
use crate::find;
use crate::style::{self, paint};

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
    take(context, Wanted::Feed { scope, cursor: None }).await
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
    take(context, Wanted::Thread { post }).await
}

/// The profile of the user of a name.
pub(crate) async fn user_named(context: &Context<'_>, name: &str) -> Result<(), Error> {
    let name = name.to_owned();
    take(context, Wanted::UserNamed { name }).await
}

/// A profile, and the first page of its posts.
pub(crate) async fn profile(context: &Context<'_>, user: UserId, name: &str) -> Result<(), Error> {
    user_named(context, name).await?;
    take(context, Wanted::PostsOf { user, cursor: None }).await
}

/// The first page of conversations, and the newest messages of the first of them.
pub(crate) async fn conversations(context: &Context<'_>) -> Result<(), Error> {
    let (service, me) = (online(context).await?, find::me(context)?);
    take_over(service, me, Wanted::Conversations { cursor: None }).await?;
    let newest = Page {
        after: None,
        rows_max: PREVIEWS_MAX,
    };
    let listed = service.read(move |db| query::conversations(db, newest)).await?;
    let mut reading = JoinSet::new();
    for conversation in listed.rows {
        let service = service.clone();
        reading.spawn(async move { take_over(&service, me, messages(conversation.id)).await });
    }
    while let Some(read) = reading.join_next().await {
        read.map_err(|error| Error::Failed(format!("a read was cut short: {error}")))??;
    }
    Ok(())
}

/// The newest messages of a conversation. One that has not arrived is not asked for.
pub(crate) async fn conversation(context: &Context<'_>, conversation: ConversationId) -> Result<(), Error> {
    let (service, me) = (online(context).await?, find::me(context)?);
    let entity = conversation.entity();
    let known = service.read(move |db| Ids::new(db).server_id(&entity)).await?;
    if known.is_none() {
        // The other one may have begun it.
        take_over(service, me, Wanted::Conversations { cursor: None }).await?;
    }
    take_over(service, me, messages(conversation)).await
}

const fn messages(conversation: ConversationId) -> Wanted {
    Wanted::Messages {
        conversation,
        cursor: None,
    }
}

async fn take(context: &Context<'_>, wanted: Wanted) -> Result<(), Error> {
    take_over(online(context).await?, find::me(context)?, wanted).await
}

/// Takes over what the server says, and what it leaves out: that was deleted, or left the list, for which each is asked for by itself.
async fn take_over(service: &Service, me: UserId, wanted: Wanted) -> Result<(), Error> {
    let left_out = one(service, me, wanted).await?;
    for post in left_out {
        one(service, me, Wanted::Post { post }).await?;
    }
    Ok(())
}

/// One read; what it says is to be asked for besides.
async fn one(service: &Service, me: UserId, wanted: Wanted) -> Result<Vec<PostId>, Error> {
    let refresh = service.read(move |db| Refresh::begin(db, me, wanted)).await?;
    let mut began = None;
    let mut answers = Vec::with_capacity(refresh.paths.len());
    for path in &refresh.paths {
        let Fetched { response, began: at } = service.fetch(path).await?;
        began.get_or_insert(at);
        answers.push(response);
    }
    let Some(began) = began else {
        return Ok(Vec::new());
    };
    let understood = refresh.understand(&answers).map_err(refused)?;
    let there = service.observe(understood.observation, began).await?;
    let left_out = refresh.left_out(&there, understood.next.is_none());
    for entity in left_out.gone {
        service.observe(Observation::gone(entity), began).await?;
    }
    Ok(left_out.ask)
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
