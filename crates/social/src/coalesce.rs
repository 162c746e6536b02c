//! What becomes of an older mutation, never sent, when a newer one of the same entity comes.
//!
//! Owns the table of pairs. Never looks at a database; what is sent already is not asked about.

use outrigger_engine::app::Merge;
use outrigger_planted::{self as planted, Bug};

use crate::mutation::{CommentChange, Follow, Like, MessageChange, Mutation, PostChange};

/// The pair's fate. The server ends as it would have had both been sent.
pub(crate) fn coalesce(old: &Mutation, new: &Mutation) -> Merge<Mutation> {
    match (old, new) {
        (Mutation::Post(old), Mutation::Post(new)) => posts(old, new),
        (Mutation::Comment(old), Mutation::Comment(new)) => comments(old, new),
        (
            Mutation::Message(MessageChange::Create { .. }),
            Mutation::Message(MessageChange::Delete { .. }),
        ) => Merge::Neither,
        (Mutation::Like(old), Mutation::Like(new))
            if old.liked != new.liked && planted::is(Bug::LikeAndUnlikeCancel) =>
        {
            Merge::Neither
        }
        // The last intent is sent even where it undoes the one before: another device may have liked, or followed, meanwhile.
        (Mutation::Like(Like { .. }), Mutation::Like(Like { .. }))
        | (Mutation::Follow(Follow { .. }), Mutation::Follow(Follow { .. }))
        | (Mutation::OpenConversation { .. }, Mutation::OpenConversation { .. }) => {
            Merge::IntoOlder(new.clone())
        }
        _ => Merge::Keep,
    }
}

fn posts(old: &PostChange, new: &PostChange) -> Merge<Mutation> {
    match (old, new) {
        (PostChange::Create { id, media, .. }, PostChange::Update { text, .. }) => {
            Merge::IntoOlder(Mutation::Post(PostChange::Create {
                id: *id,
                text: text.clone(),
                media: match planted::is(Bug::EditDropsFiles) {
                    true => Vec::new(),
                    false => media.clone(),
                },
            }))
        }
        (PostChange::Update { .. }, PostChange::Update { .. }) => {
            Merge::IntoOlder(Mutation::Post(new.clone()))
        }
        (PostChange::Update { .. }, PostChange::Delete { .. }) => {
            Merge::IntoNewer(Mutation::Post(new.clone()))
        }
        (PostChange::Create { .. }, PostChange::Delete { .. }) => Merge::Neither,
        // Nothing follows a delete, and nothing is made twice: the door refuses both.
        (PostChange::Delete { .. }, _) | (_, PostChange::Create { .. }) => Merge::Keep,
    }
}

fn comments(old: &CommentChange, new: &CommentChange) -> Merge<Mutation> {
    match (old, new) {
        (CommentChange::Create { id, post, .. }, CommentChange::Update { text, .. }) => {
            Merge::IntoOlder(Mutation::Comment(CommentChange::Create {
                id: *id,
                post: *post,
                text: text.clone(),
            }))
        }
        (CommentChange::Update { .. }, CommentChange::Update { .. }) => {
            Merge::IntoOlder(Mutation::Comment(new.clone()))
        }
        (CommentChange::Update { .. }, CommentChange::Delete { .. }) => {
            Merge::IntoNewer(Mutation::Comment(new.clone()))
        }
        (CommentChange::Create { .. }, CommentChange::Delete { .. }) => Merge::Neither,
        (CommentChange::Delete { .. }, _) | (_, CommentChange::Create { .. }) => Merge::Keep,
    }
}

/// What changes into `wanted` what `sent` made, once it cannot be taken back.
pub(crate) fn follow_up(sent: &Mutation, wanted: &Mutation) -> Option<Mutation> {
    if sent.entity() != wanted.entity() {
        return None;
    }
    match (sent, wanted) {
        (
            Mutation::Post(PostChange::Create { media: sent, .. }),
            Mutation::Post(PostChange::Create { id, text, media }),
        ) if sent == media => Some(Mutation::Post(PostChange::Update {
            id: *id,
            text: text.clone(),
        })),
        (
            Mutation::Comment(CommentChange::Create { post: sent, .. }),
            Mutation::Comment(CommentChange::Create { id, post, text }),
        ) if sent == post => Some(Mutation::Comment(CommentChange::Update {
            id: *id,
            post: *post,
            text: text.clone(),
        })),
        (Mutation::Post(_), Mutation::Post(PostChange::Update { .. } | PostChange::Delete { .. }))
        | (
            Mutation::Comment(_),
            Mutation::Comment(CommentChange::Update { .. } | CommentChange::Delete { .. }),
        )
        | (Mutation::Message(_), Mutation::Message(MessageChange::Delete { .. }))
        | (Mutation::Like(_), Mutation::Like(_))
        | (Mutation::Follow(_), Mutation::Follow(_))
        | (Mutation::OpenConversation { .. }, Mutation::OpenConversation { .. }) => Some(wanted.clone()),
        _ => None,
    }
}

/// What undoes `sent`. A change of a text, a delete and an opened conversation cannot be undone.
pub(crate) fn compensation(sent: &Mutation) -> Option<Mutation> {
    match sent {
        Mutation::Post(PostChange::Create { id, .. }) => Some(Mutation::Post(PostChange::Delete { id: *id })),
        Mutation::Comment(CommentChange::Create { id, post, .. }) => {
            let (id, post) = (*id, *post);
            Some(Mutation::Comment(CommentChange::Delete { id, post }))
        }
        Mutation::Message(MessageChange::Create { id, conversation, .. }) => {
            let (id, conversation) = (*id, *conversation);
            Some(Mutation::Message(MessageChange::Delete { id, conversation }))
        }
        Mutation::Like(like) => Some(Mutation::Like(Like {
            liked: !like.liked,
            ..*like
        })),
        Mutation::Follow(follow) => Some(Mutation::Follow(Follow {
            followed: !follow.followed,
            ..*follow
        })),
        Mutation::Post(PostChange::Update { .. } | PostChange::Delete { .. })
        | Mutation::Comment(CommentChange::Update { .. } | CommentChange::Delete { .. })
        | Mutation::Message(MessageChange::Delete { .. })
        | Mutation::OpenConversation { .. } => None,
    }
}
