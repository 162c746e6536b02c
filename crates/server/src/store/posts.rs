//! Posts, their likes and comments, as the core asks for them.
//!
//! Owns rows and method names. Never decides who may do what.

use super::uploads::MediaRow;
use super::{Result, Window};
use crate::ids::{CommentId, IdempotencyKey, Position, PostId, Timestamp, UserId, Version};

use super::accounts::UserRow;

/// What is counted about a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostCounts {
    /// How many like it.
    pub likes: u64,
    /// How many comments it has.
    pub comments: u64,
}

/// A post, as seen by a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRow {
    /// Which.
    pub id: PostId,
    /// Its place among posts: later ones are greater.
    pub position: Position,
    /// Who wrote it.
    pub author: UserRow,
    /// What it says.
    pub text: String,
    /// What it shows, in order.
    pub media: Vec<MediaRow>,
    /// Likes and comments.
    pub counts: PostCounts,
    /// Whether the viewer likes it.
    pub liked: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its text was changed last.
    pub updated_at: Timestamp,
    /// Rises with each change of its text.
    pub version: Version,
    /// The key that created it.
    pub key: Option<IdempotencyKey>,
}

/// A post to be made.
#[derive(Debug)]
pub struct NewPostRow<'a> {
    /// Its id.
    pub id: &'a PostId,
    /// Who writes it.
    pub author: &'a UserRow,
    /// What it says.
    pub text: &'a str,
    /// What it shows, in order.
    pub media: &'a [MediaRow],
    /// The key that creates it.
    pub key: Option<&'a IdempotencyKey>,
    /// When.
    pub at: Timestamp,
}

impl NewPostRow<'_> {
    /// The post as its author sees it, once it is made.
    pub fn made(&self, position: Position) -> PostRow {
        PostRow {
            id: self.id.clone(),
            position,
            author: self.author.clone(),
            text: self.text.to_owned(),
            media: self.media.to_vec(),
            counts: PostCounts {
                likes: 0,
                comments: 0,
            },
            liked: false,
            created_at: self.at,
            updated_at: self.at,
            version: Version(1),
            key: self.key.cloned(),
        }
    }
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentRow {
    /// Which.
    pub id: CommentId,
    /// Its place among comments: later ones are greater.
    pub position: Position,
    /// On which post.
    pub post: PostId,
    /// Who wrote it.
    pub author: UserRow,
    /// What it says.
    pub text: String,
    /// The counts of its post.
    pub counts: PostCounts,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its text was changed last.
    pub updated_at: Timestamp,
    /// Rises with each change of its text.
    pub version: Version,
    /// The key that created it.
    pub key: Option<IdempotencyKey>,
}

/// A comment to be made.
#[derive(Debug)]
pub struct NewCommentRow<'a> {
    /// Its id.
    pub id: &'a CommentId,
    /// On which post, as it is without the comment.
    pub on: &'a PostRow,
    /// Who writes it.
    pub author: &'a UserRow,
    /// What it says.
    pub text: &'a str,
    /// The key that creates it.
    pub key: Option<&'a IdempotencyKey>,
    /// When.
    pub at: Timestamp,
}

impl NewCommentRow<'_> {
    /// The comment, once it is made.
    pub fn made(&self, position: Position) -> CommentRow {
        CommentRow {
            id: self.id.clone(),
            position,
            post: self.on.id.clone(),
            author: self.author.clone(),
            text: self.text.to_owned(),
            counts: PostCounts {
                comments: self.on.counts.comments + 1,
                ..self.on.counts
            },
            created_at: self.at,
            updated_at: self.at,
            version: Version(1),
            key: self.key.cloned(),
        }
    }
}

/// Whose posts a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostList<'a> {
    /// Everyone's.
    Everyone,
    /// The viewer's own, and those of whom they follow.
    Following,
    /// One author's.
    Author(&'a UserId),
}

/// What can be read.
pub trait PostReads {
    /// A post as `viewer` sees it.
    fn post(&self, id: &PostId, viewer: &UserId) -> Result<Option<PostRow>>;
    /// Posts as `viewer` sees them, newest first.
    fn posts(&self, list: PostList<'_>, viewer: &UserId, window: Window) -> Result<Vec<PostRow>>;
    /// A comment.
    fn comment(&self, id: &CommentId) -> Result<Option<CommentRow>>;
    /// The comments of a post, oldest first.
    fn comments(&self, post: &PostId, window: Window) -> Result<Vec<CommentRow>>;
}

/// What can be changed. Counts are kept in the same transaction.
pub trait PostWrites: PostReads {
    /// Makes a post; what its author sees from now on.
    fn insert_post(&mut self, post: &NewPostRow<'_>) -> Result<PostRow>;
    /// Changes its text and raises its version.
    fn update_post(&mut self, id: &PostId, text: &str, at: Timestamp) -> Result<()>;
    /// Deletes it with its comments and likes; the ids of the comments that went with it.
    fn delete_post(&mut self, id: &PostId) -> Result<Vec<CommentId>>;
    /// Makes `user` like it; `false` when they already did.
    fn insert_like(&mut self, post: &PostId, user: &UserId, at: Timestamp) -> Result<bool>;
    /// Ends it; `false` when there was nothing to end.
    fn delete_like(&mut self, post: &PostId, user: &UserId) -> Result<bool>;
    /// Makes a comment; what is seen from now on.
    fn insert_comment(&mut self, comment: &NewCommentRow<'_>) -> Result<CommentRow>;
    /// Changes its text and raises its version.
    fn update_comment(&mut self, id: &CommentId, text: &str, at: Timestamp) -> Result<()>;
    /// Deletes it.
    fn delete_comment(&mut self, id: &CommentId) -> Result<()>;
}
