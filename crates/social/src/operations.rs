//! The operations of the API by their own names, each giving the mutation to be queued.
//!
//! Owns convenience only: everything here can be written as a [`Mutation`] by hand.

use crate::id::{CommentId, CommentRef, ConversationId, MessageId, MessageRef, PostId, UserId};
use crate::mutation::{CommentChange, Follow, Like, MediaFile, MessageChange, Mutation, PostChange};

/// Posts of the signed-in user, and what they like.
pub mod posts {
    use super::*;

    /// Writes a post.
    pub fn create(id: PostId, text: impl Into<String>, media: Vec<MediaFile>) -> Mutation {
        let text = text.into();
        Mutation::Post(PostChange::Create { id, text, media })
    }

    /// Changes what a post says.
    pub fn update(id: PostId, text: impl Into<String>) -> Mutation {
        let text = text.into();
        Mutation::Post(PostChange::Update { id, text })
    }

    /// Takes a post away, with its comments and likes.
    pub const fn delete(id: PostId) -> Mutation {
        Mutation::Post(PostChange::Delete { id })
    }

    /// Likes a post.
    pub const fn like(post: PostId) -> Mutation {
        Mutation::Like(Like { post, liked: true })
    }

    /// Likes it no longer.
    pub const fn unlike(post: PostId) -> Mutation {
        Mutation::Like(Like { post, liked: false })
    }
}

/// Comments of the signed-in user.
pub mod comments {
    use super::*;

    /// Writes a comment on a post.
    pub fn create(id: CommentId, post: PostId, text: impl Into<String>) -> Mutation {
        let text = text.into();
        Mutation::Comment(CommentChange::Create { id, post, text })
    }

    /// Changes what a comment says.
    pub fn update(comment: CommentRef, text: impl Into<String>) -> Mutation {
        let CommentRef { id, post } = comment;
        let text = text.into();
        Mutation::Comment(CommentChange::Update { id, post, text })
    }

    /// Takes a comment away.
    pub const fn delete(comment: CommentRef) -> Mutation {
        let CommentRef { id, post } = comment;
        Mutation::Comment(CommentChange::Delete { id, post })
    }
}

/// Conversations of the signed-in user.
pub mod conversations {
    use super::*;

    /// Sees to it that there is a conversation with a user; its id is [`UserId::conversation`].
    pub const fn open(user: UserId) -> Mutation {
        Mutation::OpenConversation { user }
    }
}

/// Messages of the signed-in user.
pub mod messages {
    use super::*;

    /// Sends a message in a conversation that is there, or was opened by a mutation before.
    pub fn send(
        id: MessageId,
        conversation: ConversationId,
        text: impl Into<String>,
        media: Option<MediaFile>,
    ) -> Mutation {
        let text = text.into();
        Mutation::Message(MessageChange::Create {
            id,
            conversation,
            text,
            media,
        })
    }

    /// Sends a message to a user: opens the conversation unless it is known, then sends.
    ///
    /// # Errors
    /// What the database says.
    pub fn send_to(
        db: &rusqlite::Connection,
        id: MessageId,
        user: UserId,
        text: impl Into<String>,
        media: Option<MediaFile>,
    ) -> rusqlite::Result<Vec<Mutation>> {
        let send = send(id, user.conversation(), text, media);
        let known = crate::table::conversation::is_known(db, user.conversation())?;
        let open = (!known).then(|| conversations::open(user));
        Ok(open.into_iter().chain([send]).collect())
    }

    /// Takes a message back.
    pub const fn delete(message: MessageRef) -> Mutation {
        let MessageRef { id, conversation } = message;
        Mutation::Message(MessageChange::Delete { id, conversation })
    }
}

/// Other users.
pub mod users {
    use super::*;

    /// Follows somebody.
    pub const fn follow(user: UserId) -> Mutation {
        Mutation::Follow(Follow { user, followed: true })
    }

    /// Follows them no longer.
    pub const fn unfollow(user: UserId) -> Mutation {
        Mutation::Follow(Follow {
            user,
            followed: false,
        })
    }
}
