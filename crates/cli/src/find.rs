//! What people type, found: here, and where it is not here, on the server.
//!
//! Owns the order of the two. Never guesses: what fits several is an error that lists them.

use outrigger_engine::ids::ServerId;
use outrigger_social::id::{CommentRef, ConversationId, MessageRef, PostId, UserId};
use outrigger_social::resolve::{self, ResolveError};
use outrigger_social::wire;

use crate::context::Context;
use crate::error::Error;
use crate::refresh;

/// The post that a text names.
pub(crate) async fn post(context: &Context<'_>, text: &str) -> Result<PostId, Error> {
    match find(context, text, resolve::post).await {
        // An id of the server's, as from a link.
        Err(Error::Resolve(ResolveError::Unknown { .. })) if text.starts_with("post_") => {
            refresh::post(context, ServerId(text.to_owned())).await?;
            find(context, text, resolve::post).await
        }
        found => found,
    }
}

/// The comment that a text names.
pub(crate) async fn comment(context: &Context<'_>, text: &str) -> Result<CommentRef, Error> {
    find(context, text, resolve::comment).await
}

/// The message that a text names.
pub(crate) async fn message(context: &Context<'_>, text: &str) -> Result<MessageRef, Error> {
    find(context, text, resolve::message).await
}

/// The conversation that a text names, or the one with whom it names.
pub(crate) async fn conversation(context: &Context<'_>, text: &str) -> Result<ConversationId, Error> {
    match find(context, text, resolve::conversation).await {
        Err(Error::Resolve(ResolveError::Unknown { .. })) => Ok(user(context, text).await?.conversation()),
        found => found,
    }
}

/// The user that a text names.
pub(crate) async fn user(context: &Context<'_>, text: &str) -> Result<UserId, Error> {
    match find(context, text, resolve::user).await {
        Err(Error::Resolve(unknown @ ResolveError::Unknown { .. })) => {
            let name = text.strip_prefix('@').unwrap_or(text);
            if outrigger_social::limits::name(name).is_err() {
                return Err(unknown.into());
            }
            if let Err(error) = refresh::user_named(context, name).await {
                return Err(unknown_here(name, &error));
            }
            find(context, text, resolve::user)
                .await
                .map_err(|_| Error::Failed(format!("nobody here has the name {name:?}")))
        }
        found => found,
    }
}

/// The signed-in user.
pub(crate) fn me(context: &Context<'_>) -> Result<UserId, Error> {
    let wire::User { id, .. } = context.account()?.user();
    Ok(UserId::of_server(&id))
}

fn unknown_here(name: &str, error: &Error) -> Error {
    Error::Offline {
        message: format!("{name:?} was never seen on this device, and cannot be looked up now: {error}"),
        advice: "go online once, and look them up with: outrigger profile NAME".to_owned(),
    }
}

async fn find<T: Send + 'static>(
    context: &Context<'_>,
    text: &str,
    find: fn(&rusqlite::Connection, &str) -> Result<T, ResolveError>,
) -> Result<T, Error> {
    let text = text.to_owned();
    let found = context.read(move |db| Ok(find(db, &text))).await?;
    Ok(found?)
}
