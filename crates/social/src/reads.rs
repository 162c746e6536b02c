//! The paths of online reads. Each one's answer is read by its namesake on [`crate::Observation`].
//!
//! Owns paths and their encoding. Never sends anything.

use outrigger_engine::http::percent_encode;
use outrigger_engine::ids::ServerId;
use serde::{Deserialize, Serialize};

/// Where a page of the server's begins: opaque, from the page before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ServerCursor(pub String);

/// Whose posts are in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One's own and those of the people one follows.
    #[default]
    Following,
    /// All.
    Everyone,
}

impl Scope {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Everyone => "everyone",
        }
    }
}

/// A page of the feed: [`crate::Observation::feed`].
pub fn feed(scope: Scope, cursor: Option<&ServerCursor>) -> String {
    paged(&format!("/v1/feed?scope={}", scope.as_str()), cursor)
}

/// A page of somebody's posts: [`crate::Observation::feed`].
pub fn posts_of(user: &ServerId, cursor: Option<&ServerCursor>) -> String {
    paged(&format!("/v1/users/{}/posts", percent_encode(&user.0)), cursor)
}

/// One post: [`crate::Observation::post`].
pub fn post(post: &ServerId) -> String {
    format!("/v1/posts/{}", percent_encode(&post.0))
}

/// A page of the comments on a post: with [`post`] [`crate::Observation::thread`], further ones [`crate::Observation::comments`].
pub fn comments(post: &ServerId, cursor: Option<&ServerCursor>) -> String {
    paged(&format!("/v1/posts/{}/comments", percent_encode(&post.0)), cursor)
}

/// Somebody's profile: [`crate::Observation::profile`].
pub fn profile(user: &ServerId) -> String {
    format!("/v1/users/{}", percent_encode(&user.0))
}

/// The profile of the user of this name: [`crate::Observation::profiles`].
pub fn user_named(name: &str) -> String {
    format!("/v1/users?name={}", percent_encode(name))
}

/// A page of conversations: [`crate::Observation::conversations`].
pub fn conversations(cursor: Option<&ServerCursor>) -> String {
    paged("/v1/conversations", cursor)
}

/// A page of messages, newest first: [`crate::Observation::messages`].
pub fn messages(conversation: &ServerId, cursor: Option<&ServerCursor>) -> String {
    paged(
        &format!("/v1/conversations/{}/messages", percent_encode(&conversation.0)),
        cursor,
    )
}

/// The bytes of a picture or a clip.
pub fn media(upload: &str) -> String {
    format!("/v1/media/{}", percent_encode(upload))
}

fn paged(path: &str, cursor: Option<&ServerCursor>) -> String {
    let Some(ServerCursor(cursor)) = cursor else {
        return path.to_owned();
    };
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}cursor={}", percent_encode(cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_and_ids_cannot_change_the_path() {
        let cursor = ServerCursor("a&b=c/d".to_owned());
        assert_eq!(
            feed(Scope::Everyone, Some(&cursor)),
            "/v1/feed?scope=everyone&cursor=a%26b%3Dc%2Fd"
        );
        assert_eq!(
            comments(&ServerId("../me".to_owned()), Some(&cursor)),
            "/v1/posts/..%2Fme/comments?cursor=a%26b%3Dc%2Fd"
        );
    }
}
