//! The ids of the app's entities: one newtype for each kind, and the rules by which some are derived from others.
//!
//! Owns kinds and derivations. Never asks a database.

use outrigger_engine::ids::{Entity, Kind, LocalId};
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The kind of a like: the signed-in user's, one for each post.
pub const LIKE: Kind = Kind::new("like");
/// The kind of a follow: the signed-in user's, one for each user.
pub const FOLLOW: Kind = Kind::new("follow");
/// The kind of the counts of a post, as the server last said them.
pub const POST_COUNTS: Kind = Kind::new("post_counts");
/// The kind of the counts of a user, as the server last said them.
pub const USER_COUNTS: Kind = Kind::new("user_counts");

/// What the ids of users are derived from: users are never made here, so their local id can follow from the server's.
const USERS: LocalId = LocalId(Uuid::from_u128(0x6f75_7472_6967_4765_a275_7365_7273_0001));

macro_rules! entity_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(pub LocalId);

        impl $name {
            /// The kind of what it names.
            pub const KIND: Kind = Kind::new($kind);

            /// What it names, as the engine calls it.
            pub const fn entity(self) -> Entity {
                Entity::new(Self::KIND, self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<LocalId> for $name {
            fn from(id: LocalId) -> Self {
                Self(id)
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                LocalId::column_result(value).map(Self)
            }
        }
    };
}

entity_id! {
    /// A user.
    UserId, "user"
}
entity_id! {
    /// A post.
    PostId, "post"
}
entity_id! {
    /// A comment.
    CommentId, "comment"
}
entity_id! {
    /// A conversation.
    ConversationId, "conversation"
}
entity_id! {
    /// A message.
    MessageId, "message"
}

impl UserId {
    /// The local id of the user whom the server calls so.
    pub fn of_server(id: &str) -> Self {
        Self(LocalId::derived(USERS, id))
    }

    /// The signed-in user's follow of them.
    pub fn follow(self) -> Entity {
        Entity::new(FOLLOW, LocalId::derived(self.0, "follow"))
    }

    /// The signed-in user's conversation with them: the same one, however often and wherever it is opened.
    pub fn conversation(self) -> ConversationId {
        ConversationId(LocalId::derived(self.0, "conversation"))
    }

    /// Their counts.
    pub fn counts(self) -> Entity {
        Entity::new(USER_COUNTS, LocalId::derived(self.0, "counts"))
    }
}

impl PostId {
    /// The signed-in user's like of it.
    pub fn like(self) -> Entity {
        Entity::new(LIKE, LocalId::derived(self.0, "like"))
    }

    /// Its counts.
    pub fn counts(self) -> Entity {
        Entity::new(POST_COUNTS, LocalId::derived(self.0, "counts"))
    }
}

/// A comment and the post that it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CommentRef {
    /// The comment.
    pub id: CommentId,
    /// Its post.
    pub post: PostId,
}

/// A message and the conversation that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MessageRef {
    /// The message.
    pub id: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
}

/// The short form of an id, for people: its last eight hexadecimal digits. The first ones tell the time, and are alike among neighbours.
pub fn short(id: LocalId) -> String {
    let whole = id.0.simple().to_string();
    whole[whole.len() - SHORT_LEN..].to_owned()
}

/// Digits of a short id.
pub const SHORT_LEN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_once_for_each_target_has_one_id() {
        let bob = UserId::of_server("usr_bob");
        assert_eq!(bob, UserId::of_server("usr_bob"));
        assert_ne!(bob, UserId::of_server("usr_eve"));
        assert_eq!(bob.conversation(), UserId::of_server("usr_bob").conversation());
        assert_ne!(bob.follow().id, bob.conversation().0);
    }

    #[test]
    fn a_short_id_is_the_tail() {
        assert_eq!(short(LocalId(Uuid::from_u128(0xdead_beef))), "deadbeef");
    }
}
