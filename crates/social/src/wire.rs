//! The wire types: what travels between a client and the Outrigger server, field by field (`docs/protocol.md`).
//!
//! Owns shapes, names and limits. Never holds local ids, never touches a database; domain types are converted by hand.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

use serde::{Deserialize, Serialize};

/// A name and a password, to sign up or to sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// 2–32 of `[a-z0-9_]`.
    pub name: String,
    /// 8–128 characters.
    pub password: String,
}

/// A refresh token to be exchanged for the next session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refresh {
    /// The token of the last session; used once.
    pub refresh_token: String,
}

/// Access to one account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Opaque; sent as `Authorization: Bearer`.
    pub access_token: String,
    /// Opaque; exchanged for the next session.
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// Whose session this is.
    #[zeroize(skip)]
    pub account: User,
}

/// What stands for a secret where these are shown.
const REDACTED: &str = "[redacted]";

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("name", &self.name)
            .field("password", &REDACTED)
            .finish()
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh")
            .field("refresh_token", &REDACTED)
            .finish()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("access_token", &REDACTED)
            .field("refresh_token", &REDACTED)
            .field("expires_in", &self.expires_in)
            .field("account", &self.account)
            .finish()
    }
}

/// Somebody, as named beside what they wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// Unique among accounts.
    pub name: String,
}

/// Somebody, as seen by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// `usr_…`
    pub id: String,
    /// Unique among accounts.
    pub name: String,
    /// How many posts.
    pub posts: u64,
    /// How many follow them.
    pub followers: u64,
    /// How many they follow.
    pub following: u64,
    /// Whether the caller follows them.
    pub followed: bool,
}

/// What is counted about a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// How many like it.
    pub likes: u64,
    /// How many comments it has.
    pub comments: u64,
}

/// A finished upload, as named by what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Media {
    /// `upl_…`
    pub id: String,
    /// Media type.
    pub r#type: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex digest.
    pub sha256: String,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Post {
    /// `post_…`
    pub id: String,
    /// Who wrote it.
    pub author: User,
    /// What it says.
    pub text: String,
    /// What it shows, in order.
    pub media: Vec<Media>,
    /// Likes and comments.
    pub counts: Counts,
    /// Whether the caller likes it.
    pub liked: bool,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// Rises with each change of the text; the `ETag`.
    pub version: u64,
    /// The idempotency key that created it; shown to its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A comment on a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comment {
    /// `cmt_…`
    pub id: String,
    /// The post's id.
    pub post: String,
    /// Who wrote it.
    pub author: User,
    /// What it says.
    pub text: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub updated_at: String,
    /// Rises with each change of the text; the `ETag`.
    pub version: u64,
    /// The counts of its post, as of this answer.
    pub counts: Counts,
    /// The idempotency key that created it; shown to its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A conversation of the caller with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// `cnv_…`
    pub id: String,
    /// The other one.
    pub with: User,
    /// RFC 3339; none yet when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<String>,
    /// The `ETag`.
    pub version: u64,
}

/// A message in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// `msg_…`
    pub id: String,
    /// The conversation's id.
    pub conversation: String,
    /// Who wrote it.
    pub author: User,
    /// What it says.
    pub text: String,
    /// At most one.
    pub media: Vec<Media>,
    /// RFC 3339.
    pub created_at: String,
    /// The `ETag`.
    pub version: u64,
    /// The idempotency key that created it; shown to its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The body of `POST /v1/posts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPost {
    /// 1–5,000 characters; may be empty where there is media.
    pub text: String,
    /// Ids of finished uploads, at most 10.
    #[serde(default)]
    pub media: Vec<String>,
}

/// The body of `POST /v1/posts/{id}/comments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewComment {
    /// 1–2,000 characters.
    pub text: String,
}

/// The body of `POST /v1/conversations/{id}/messages`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewMessage {
    /// 1–2,000 characters; may be empty where there is media.
    pub text: String,
    /// Ids of finished uploads, at most 1.
    #[serde(default)]
    pub media: Vec<String>,
}

/// The body of `PATCH` on a post or a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Edit {
    /// The new text, under the rule of its kind.
    pub text: String,
}

/// The answer to retiring a client id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retired {
    /// The greatest key ever seen from that client.
    #[serde(default)]
    pub highest_key: Option<String>,
    /// Whether it was retired before this request.
    #[serde(default)]
    pub already: bool,
}

/// What an account created under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Created {
    /// `post`, `comment`, `message` or `upload`.
    pub kind: String,
    /// Its server id.
    pub id: String,
    /// The object as its own `GET` shows it.
    pub object: serde_json::Value,
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Its name in the request body.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Every error (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `urn:outrigger:problem:<name>`, from the closed list of the protocol.
    pub r#type: String,
    /// The name in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, for people.
    pub detail: String,
    /// The refused fields, where the type is `invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One request of a batch (OData 4.01 JSON format §19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// Unique in the batch.
    pub id: String,
    /// `POST`, `PUT`, `PATCH`, `DELETE` or `GET`.
    pub method: String,
    /// A path, or `$<id>` of an earlier request, with what follows it.
    pub url: String,
    /// Lower-case names.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// Ids of earlier requests that must have answered 2xx.
    #[serde(rename = "dependsOn", default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
}

/// The body of `POST /v1/batch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Batch {
    /// At most 100.
    pub requests: Vec<BatchRequest>,
}

/// The answer to one request of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResponse {
    /// The request's.
    pub id: String,
    /// Its HTTP status.
    pub status: u16,
    /// Lower-case names.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResponses {
    /// One for each request, in order.
    pub responses: Vec<BatchResponse>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// The prefix of every problem type.
pub const PROBLEM_PREFIX: &str = "urn:outrigger:problem:";
