//! From rows to the wire: what a viewer is shown of each object.
//!
//! Owns the conversion. Never decides whether the viewer may see the object at all.

use outrigger_social::wire;

use crate::ids::{IdempotencyKey, UserId};
use crate::store::accounts::{ProfileRow, UserRow};
use crate::store::conversations::{ConversationRow, MessageRow};
use crate::store::posts::{CommentRow, PostCounts, PostRow};
use crate::store::uploads::MediaRow;

pub(crate) fn user(row: &UserRow) -> wire::User {
    wire::User {
        id: row.id.to_string(),
        name: row.name.clone(),
    }
}

pub(crate) fn profile(row: &ProfileRow) -> wire::Profile {
    wire::Profile {
        id: row.user.id.to_string(),
        name: row.user.name.clone(),
        posts: row.posts,
        followers: row.followers,
        following: row.following,
        followed: row.followed,
    }
}

pub(crate) fn media(row: &MediaRow) -> wire::Media {
    wire::Media {
        id: row.id.to_string(),
        r#type: row.media_type.clone(),
        size: row.size,
        sha256: row.digest.as_str().to_owned(),
    }
}

pub(crate) fn post(row: &PostRow, viewer: &UserId) -> wire::Post {
    wire::Post {
        id: row.id.to_string(),
        author: user(&row.author),
        text: row.text.clone(),
        media: row.media.iter().map(media).collect(),
        counts: counts(row.counts),
        liked: row.liked,
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
        version: row.version.0,
        key: key_for(viewer, &row.author, row.key.as_ref()),
    }
}

pub(crate) fn comment(row: &CommentRow, viewer: &UserId) -> wire::Comment {
    wire::Comment {
        id: row.id.to_string(),
        post: row.post.to_string(),
        author: user(&row.author),
        text: row.text.clone(),
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
        version: row.version.0,
        counts: counts(row.counts),
        key: key_for(viewer, &row.author, row.key.as_ref()),
    }
}

pub(crate) fn conversation(row: &ConversationRow) -> wire::Conversation {
    wire::Conversation {
        id: row.id.to_string(),
        with: user(&row.with),
        last_message_at: row.last_message_at.map(crate::ids::Timestamp::rfc3339),
        version: row.version.0,
    }
}

pub(crate) fn message(row: &MessageRow, viewer: &UserId) -> wire::Message {
    wire::Message {
        id: row.id.to_string(),
        conversation: row.conversation.to_string(),
        author: user(&row.author),
        text: row.text.clone(),
        media: row.media.iter().map(media).collect(),
        created_at: row.created_at.rfc3339(),
        version: row.version.0,
        key: key_for(viewer, &row.author, row.key.as_ref()),
    }
}

fn counts(counts: PostCounts) -> wire::Counts {
    wire::Counts {
        likes: counts.likes,
        comments: counts.comments,
    }
}

/// A key is a secret of its author: it settles what they may have sent.
fn key_for(viewer: &UserId, author: &UserRow, key: Option<&IdempotencyKey>) -> Option<String> {
    key.filter(|_| *viewer == author.id)
        .map(|key| key.as_str().to_owned())
}
