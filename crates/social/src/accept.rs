//! Recording what an acknowledgement says: the base row becomes what the server now holds.
//!
//! Owns how an answer is read for each mutation. An answer whose body cannot be read is an acknowledgement all the same: then the row stays what
//! the mutation made of it.

use outrigger_engine::app::Accepted;
use outrigger_engine::http::Response;
use outrigger_engine::ids::ServerId;
use rusqlite::Connection;
use serde::de::DeserializeOwned;

use crate::Me;
use crate::id::{CommentRef, ConversationId, MessageId, PostId, UserId};
use crate::mutation::{CommentChange, Follow, Like, MessageChange, Mutation, PostChange};
use crate::table::Row as _;
use crate::table::comment::{self, CommentRow};
use crate::table::conversation::ConversationRow;
use crate::table::counts::{self, Freshness, Said};
use crate::table::message::MessageRow;
use crate::table::post::{self, PostRow};
use crate::wire;

/// Records it.
pub(crate) fn accept(
    db: &Connection,
    me: &Me,
    mutation: &Mutation,
    response: &Response,
) -> rusqlite::Result<Accepted> {
    match mutation {
        Mutation::Post(PostChange::Delete { id }) => post_deleted(db, me, *id),
        Mutation::Comment(CommentChange::Delete { id, post }) => {
            let (id, post) = (*id, *post);
            comment_deleted(db, CommentRef { id, post })
        }
        Mutation::Message(MessageChange::Delete { id, .. }) => {
            MessageRow::remove(db, id.0)?;
            Ok(Accepted::default())
        }
        Mutation::Post(PostChange::Create { id, .. }) => {
            let is_new = !post::is_confirmed(db, *id)?;
            if is_new {
                counts::posts_changed(db, me.id, 1)?;
            }
            post_written(db, me, *id, response)
        }
        Mutation::Post(PostChange::Update { id, .. }) => post_written(db, me, *id, response),
        Mutation::Comment(
            CommentChange::Create { id, post, .. } | CommentChange::Update { id, post, .. },
        ) => {
            let is_new = !comment::is_confirmed(db, *id)?;
            let (id, post) = (*id, *post);
            comment_written(db, me, CommentRef { id, post }, is_new, response)
        }
        Mutation::Message(MessageChange::Create { id, conversation, .. }) => {
            message_written(db, me, *id, *conversation, response)
        }
        Mutation::Like(Like { post, .. }) => {
            if let Some(said) = body::<wire::Post>(response) {
                counts::take_from_post(db, *post, &said, freshness(response))?;
            }
            Ok(Accepted::default())
        }
        Mutation::Follow(Follow { .. }) => {
            if let Some(said) = body::<wire::Profile>(response) {
                counts::take_from_profile(db, &said, freshness(response))?;
            }
            Ok(Accepted::default())
        }
        Mutation::OpenConversation { user } => conversation_opened(db, me, *user, response),
    }
}

fn post_written(db: &Connection, me: &Me, id: PostId, response: &Response) -> rusqlite::Result<Accepted> {
    let Some(said) = body::<wire::Post>(response) else {
        if let Some(row) = PostRow::read(db, id.0)? {
            let confirmed = true;
            PostRow { confirmed, ..row }.write(db, id.0)?;
        }
        return Ok(from_headers(response));
    };
    me.see(db, &said.author)?;
    PostRow::from_wire(&said).write(db, id.0)?;
    counts::take_from_post(db, id, &said, freshness(response))?;
    Ok(accepted(response, said.id, said.version))
}

fn comment_written(
    db: &Connection,
    me: &Me,
    comment: CommentRef,
    is_new: bool,
    response: &Response,
) -> rusqlite::Result<Accepted> {
    let id = comment.id.0;
    let Some(said) = body::<wire::Comment>(response) else {
        if let Some(row) = CommentRow::read(db, id)? {
            let confirmed = true;
            CommentRow { confirmed, ..row }.write(db, id)?;
        }
        return Ok(from_headers(response));
    };
    me.see(db, &said.author)?;
    CommentRow::from_wire(&said, comment.post).write(db, id)?;
    let said_of = Said {
        is_new,
        freshness: freshness(response),
    };
    counts::take_from_comment(db, comment.post, &said, said_of)?;
    Ok(accepted(response, said.id, said.version))
}

fn message_written(
    db: &Connection,
    me: &Me,
    id: MessageId,
    conversation: ConversationId,
    response: &Response,
) -> rusqlite::Result<Accepted> {
    let Some(said) = body::<wire::Message>(response) else {
        if let Some(row) = MessageRow::read(db, id.0)? {
            let confirmed = true;
            MessageRow { confirmed, ..row }.write(db, id.0)?;
        }
        return Ok(from_headers(response));
    };
    me.see(db, &said.author)?;
    MessageRow::from_wire(&said, conversation).write(db, id.0)?;
    Ok(accepted(response, said.id, said.version))
}

fn conversation_opened(
    db: &Connection,
    me: &Me,
    user: UserId,
    response: &Response,
) -> rusqlite::Result<Accepted> {
    let Some(said) = body::<wire::Conversation>(response) else {
        return Ok(from_headers(response));
    };
    me.see(db, &said.with)?;
    ConversationRow {
        user,
        ..ConversationRow::from_wire(&said)
    }
    .write(db, user.conversation().0)?;
    Ok(accepted(response, said.id, said.version))
}

/// With a post the server removes its comments and likes, and so does this device. What the user wrote on it and the server never took stays.
fn post_deleted(db: &Connection, me: &Me, id: PostId) -> rusqlite::Result<Accepted> {
    PostRow::remove(db, id.0)?;
    comment::remove_confirmed(db, id)?;
    counts::PostCountsRow::remove(db, id.counts().id)?;
    counts::posts_changed(db, me.id, -1)?;
    Ok(Accepted::default())
}

fn comment_deleted(db: &Connection, comment: CommentRef) -> rusqlite::Result<Accepted> {
    CommentRow::remove(db, comment.id.0)?;
    counts::comment_gone(db, comment.post)?;
    Ok(Accepted::default())
}

/// The body of a successful answer.
fn body<T: DeserializeOwned>(response: &Response) -> Option<T> {
    if response.is_success() {
        response.json().ok()
    } else {
        None
    }
}

fn accepted(response: &Response, id: String, version: u64) -> Accepted {
    Accepted {
        server_id: Some(ServerId(id)),
        version: Some(
            response
                .header("etag")
                .map_or_else(|| etag(version), str::to_owned),
        ),
    }
}

/// What the headers alone tell.
fn from_headers(response: &Response) -> Accepted {
    let last_segment = |location: &str| location.rsplit('/').next().map(str::to_owned);
    Accepted {
        server_id: response.header("location").and_then(last_segment).map(ServerId),
        version: response.header("etag").map(str::to_owned),
    }
}

fn freshness(response: &Response) -> Freshness {
    match response.header("idempotency-replayed") {
        Some("true") => Freshness::Replayed,
        _ => Freshness::Now,
    }
}

/// A version as an entity tag.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
