//! Showing a mutation locally, before the server knows of it.
//!
//! Owns what each mutation does to the row of its own entity, and to no other: the engine keeps and replays one entity at a time.
//!
//! Applied again over what the server confirmed, a create changes nothing: the server has it, and may know a newer text. What is made on
//! something that is not shown is kept out of sight and reported as missing, so that it is back when what hid its target is taken back.

use outrigger_engine::app::Applied;
use outrigger_planted::{self as planted, Bug};
use rusqlite::Connection;

use crate::Me;
use crate::id::{CommentId, ConversationId, MessageId, PostId};
use crate::mutation::{CommentChange, Follow, Like, MediaFile, MessageChange, Mutation, PostChange};
use crate::table::comment::{self, CommentRow};
use crate::table::conversation::{self, ConversationRow};
use crate::table::message::{self, MessageRow};
use crate::table::post::{self, PostRow};
use crate::table::tie::{FollowRow, LikeRow};
use crate::table::{Row as _, user};
use crate::time::made_at;

/// Shows it.
pub(crate) fn apply(db: &Connection, me: &Me, mutation: &Mutation) -> rusqlite::Result<Applied> {
    let found = match mutation {
        Mutation::Post(PostChange::Create { id, text, media }) => create_post(db, me, *id, text, media)?,
        Mutation::Post(PostChange::Update { id, text }) => post::rewrite(db, *id, text)?,
        Mutation::Post(PostChange::Delete { id }) => post::hide(db, *id)?,
        Mutation::Comment(CommentChange::Create { id, post, text }) => {
            create_comment(db, me, *id, *post, text)?
        }
        Mutation::Comment(CommentChange::Update { id, text, .. }) => comment::rewrite(db, *id, text)?,
        Mutation::Comment(CommentChange::Delete { id, .. }) => comment::hide(db, *id)?,
        Mutation::Message(MessageChange::Create {
            id,
            conversation,
            text,
            media,
        }) => create_message(db, me, *id, *conversation, text, media.as_ref())?,
        Mutation::Message(MessageChange::Delete { id, .. }) => {
            let known = message::is_known(db, *id)?;
            MessageRow::remove(db, id.0)?;
            known
        }
        Mutation::Like(like) => tie_like(db, *like)?,
        Mutation::Follow(follow) => tie_follow(db, *follow)?,
        Mutation::OpenConversation { user } => {
            let id = user.conversation();
            if !conversation::is_known(db, id)? {
                ConversationRow {
                    user: *user,
                    last_ms: 0,
                }
                .write(db, id.0)?;
            }
            user::is_known(db, *user)?
        }
    };
    Ok(if found { Applied::Shown } else { Applied::Missing })
}

fn create_post(
    db: &Connection,
    me: &Me,
    id: PostId,
    text: &str,
    media: &[MediaFile],
) -> rusqlite::Result<bool> {
    let row = PostRow {
        author: me.id,
        text: text.to_owned(),
        media: media.iter().map(Into::into).collect(),
        created_ms: made_at(id.0),
        updated_ms: made_at(id.0),
        confirmed: false,
    };
    if planted::is(Bug::CreateHidesConfirmed) {
        row.write(db, id.0)?;
    }
    row.add(db, id.0)?;
    Ok(true)
}

fn create_comment(
    db: &Connection,
    me: &Me,
    id: CommentId,
    post: PostId,
    text: &str,
) -> rusqlite::Result<bool> {
    CommentRow {
        post,
        author: me.id,
        text: text.to_owned(),
        created_ms: made_at(id.0),
        updated_ms: made_at(id.0),
        confirmed: false,
    }
    .add(db, id.0)?;
    post::is_shown(db, post)
}

fn create_message(
    db: &Connection,
    me: &Me,
    id: MessageId,
    conversation: ConversationId,
    text: &str,
    media: Option<&MediaFile>,
) -> rusqlite::Result<bool> {
    MessageRow {
        conversation,
        author: me.id,
        text: text.to_owned(),
        media: media.into_iter().map(Into::into).collect(),
        created_ms: made_at(id.0),
        confirmed: false,
    }
    .add(db, id.0)?;
    conversation::is_known(db, conversation)
}

/// Taking back what is not there is no mistake: another device may have made it.
fn tie_like(db: &Connection, Like { post, liked }: Like) -> rusqlite::Result<bool> {
    let id = post.like().id;
    if liked {
        LikeRow { post }.write(db, id)?;
    } else {
        LikeRow::remove(db, id)?;
    }
    post::is_shown(db, post)
}

fn tie_follow(db: &Connection, Follow { user, followed }: Follow) -> rusqlite::Result<bool> {
    let id = user.follow().id;
    if followed {
        FollowRow { user }.write(db, id)?;
    } else {
        FollowRow::remove(db, id)?;
    }
    user::is_known(db, user)
}
