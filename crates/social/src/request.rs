//! How each mutation is spoken to the server (`docs/protocol.md`).
//!
//! Owns paths, methods and bodies. Never adds keys, credentials or versions: those are the engine's and the host's.

use outrigger_engine::app::{Request, Unresolved};
use outrigger_engine::http::{Method, Target};
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{Entity, Sha256};
use outrigger_planted::{self as planted, Bug};
use serde::Serialize;

use crate::mutation::{CommentChange, Follow, Like, MediaFile, MessageChange, Mutation, PostChange};
use crate::wire;

const POSTS: &str = "/v1/posts";

/// The request of a mutation.
pub(crate) fn request(mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
    match mutation {
        Mutation::Post(change) => post(change, ids),
        Mutation::Comment(change) => comment(change),
        Mutation::Message(change) => message(change, ids),
        Mutation::Like(Like { post, liked }) => {
            let target = resource("/v1/posts/", &post.entity()).then("/like");
            Ok(Request::new(ensure_or_remove(*liked), target))
        }
        Mutation::Follow(Follow { user, followed }) => {
            let target = resource("/v1/users/", &user.entity()).then("/follow");
            Ok(Request::new(ensure_or_remove(*followed), target))
        }
        Mutation::OpenConversation { user } => Ok(Request::new(
            Method::Put,
            resource("/v1/conversations/with/", &user.entity()),
        )),
    }
}

fn post(change: &PostChange, ids: &Ids<'_>) -> Result<Request, Unresolved> {
    match change {
        PostChange::Create { text, media, .. } => {
            let new = wire::NewPost {
                text: text.clone(),
                media: uploads(media, ids)?,
            };
            with_body(Request::new(Method::Post, Target::path(POSTS)), &new)
        }
        PostChange::Update { id, text } => edit(resource("/v1/posts/", &id.entity()), text),
        PostChange::Delete { id } => Ok(Request::new(Method::Delete, resource("/v1/posts/", &id.entity()))),
    }
}

fn comment(change: &CommentChange) -> Result<Request, Unresolved> {
    match change {
        CommentChange::Create { post, text, .. } => {
            let target = resource("/v1/posts/", &post.entity()).then("/comments");
            let text = text.clone();
            with_body(Request::new(Method::Post, target), &wire::NewComment { text })
        }
        CommentChange::Update { id, text, .. } => edit(resource("/v1/comments/", &id.entity()), text),
        CommentChange::Delete { id, .. } => Ok(Request::new(
            Method::Delete,
            resource("/v1/comments/", &id.entity()),
        )),
    }
}

fn message(change: &MessageChange, ids: &Ids<'_>) -> Result<Request, Unresolved> {
    match change {
        MessageChange::Create {
            conversation,
            text,
            media,
            ..
        } => {
            let target = resource("/v1/conversations/", &conversation.entity()).then("/messages");
            let new = wire::NewMessage {
                text: text.clone(),
                media: uploads(media.as_slice(), ids)?,
            };
            with_body(Request::new(Method::Post, target), &new)
        }
        MessageChange::Delete { id, .. } => Ok(Request::new(
            Method::Delete,
            resource("/v1/messages/", &id.entity()),
        )),
    }
}

/// A change of a text is refused if somebody else changed it meanwhile.
fn edit(target: Target, text: &str) -> Result<Request, Unresolved> {
    let text = text.to_owned();
    with_body(
        Request::new(Method::Patch, target).guarded(),
        &wire::Edit { text },
    )
}

fn ensure_or_remove(wanted: bool) -> Method {
    if wanted { Method::Put } else { Method::Delete }
}

fn resource(collection: &str, entity: &Entity) -> Target {
    Target::resource(collection, entity)
}

fn with_body(request: Request, body: &impl Serialize) -> Result<Request, Unresolved> {
    serde_json::to_value(body)
        .map(|body| request.with_body(body))
        .map_err(|_| Unresolved)
}

/// What the server calls the files, in order.
fn uploads(media: &[MediaFile], ids: &Ids<'_>) -> Result<Vec<String>, Unresolved> {
    let upload = |sha256: &Sha256| {
        let remote = ids.upload(sha256).map_err(|_| Unresolved)?.ok_or(Unresolved)?;
        // A create names an upload by its id, which is the last segment of where it was sent to.
        Ok(remote.rsplit('/').next().unwrap_or(&remote).to_owned())
    };
    if planted::is(Bug::FilesInAnotherOrder) {
        return media.iter().rev().map(|file| upload(&file.sha256)).collect();
    }
    media.iter().map(|file| upload(&file.sha256)).collect()
}
