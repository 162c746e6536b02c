//! What the signed-in user can do, as data: grouped so that what means nothing cannot be written down.
//!
//! Owns the shapes (they are stored: see [`crate::Social`]'s payload version), what the engine must know of each, and the rule that each obeys.

use outrigger_engine::app::{Facts, Intent, Invalid};
use outrigger_engine::event::StagedFile;
use outrigger_engine::ids::{Entity, Sha256};
use serde::{Deserialize, Serialize};

use crate::id::{CommentId, ConversationId, MessageId, PostId, UserId};
use crate::limits;

/// One thing that the user did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Mutation {
    /// To a post of theirs.
    Post(PostChange),
    /// To a comment of theirs.
    Comment(CommentChange),
    /// To a message of theirs.
    Message(MessageChange),
    /// To their like of a post.
    Like(Like),
    /// To their following of a user.
    Follow(Follow),
    /// A conversation with a user is there, whoever began it.
    OpenConversation {
        /// The other one.
        user: UserId,
    },
}

/// What is done to a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PostChange {
    /// It is written.
    Create {
        /// Its id.
        id: PostId,
        /// What it says.
        text: String,
        /// What it shows, in order.
        #[serde(default)]
        media: Vec<MediaFile>,
    },
    /// It says something else.
    Update {
        /// Which.
        id: PostId,
        /// What it says now.
        text: String,
    },
    /// It is taken away, with its comments and likes.
    Delete {
        /// Which.
        id: PostId,
    },
}

/// What is done to a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CommentChange {
    /// It is written.
    Create {
        /// Its id.
        id: CommentId,
        /// The post that it is on.
        post: PostId,
        /// What it says.
        text: String,
    },
    /// It says something else.
    Update {
        /// Which.
        id: CommentId,
        /// The post that it is on.
        post: PostId,
        /// What it says now.
        text: String,
    },
    /// It is taken away.
    Delete {
        /// Which.
        id: CommentId,
        /// The post that it is on.
        post: PostId,
    },
}

/// What is done to a message. A message cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageChange {
    /// It is sent.
    Create {
        /// Its id.
        id: MessageId,
        /// The conversation that it is in.
        conversation: ConversationId,
        /// What it says.
        text: String,
        /// What it shows.
        #[serde(default)]
        media: Option<MediaFile>,
    },
    /// It is taken back.
    Delete {
        /// Which.
        id: MessageId,
        /// The conversation that it is in.
        conversation: ConversationId,
    },
}

/// Whether the user likes a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Like {
    /// The post.
    pub post: PostId,
    /// Whether they like it.
    pub liked: bool,
}

/// Whether the user follows somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Follow {
    /// Whom.
    pub user: UserId,
    /// Whether they follow them.
    pub followed: bool,
}

/// A picture or a clip that goes along with a post or a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MediaFile {
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// Its media type, as `image/png`.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

impl From<&StagedFile> for MediaFile {
    fn from(staged: &StagedFile) -> Self {
        Self {
            sha256: staged.sha256,
            media_type: staged.media_type.clone(),
            size: staged.size,
        }
    }
}

impl Mutation {
    /// Its name, as `post.create`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Post(PostChange::Create { .. }) => "post.create",
            Self::Post(PostChange::Update { .. }) => "post.update",
            Self::Post(PostChange::Delete { .. }) => "post.delete",
            Self::Comment(CommentChange::Create { .. }) => "comment.create",
            Self::Comment(CommentChange::Update { .. }) => "comment.update",
            Self::Comment(CommentChange::Delete { .. }) => "comment.delete",
            Self::Message(MessageChange::Create { .. }) => "message.send",
            Self::Message(MessageChange::Delete { .. }) => "message.delete",
            Self::Like(Like { liked: true, .. }) => "post.like",
            Self::Like(Like { liked: false, .. }) => "post.unlike",
            Self::Follow(Follow { followed: true, .. }) => "user.follow",
            Self::Follow(Follow { followed: false, .. }) => "user.unfollow",
            Self::OpenConversation { .. } => "conversation.open",
        }
    }

    /// What it does to its entity on the server.
    pub const fn intent(&self) -> Intent {
        match self {
            Self::Post(PostChange::Create { .. })
            | Self::Comment(CommentChange::Create { .. })
            | Self::Message(MessageChange::Create { .. }) => Intent::Create,
            Self::Post(PostChange::Update { .. }) | Self::Comment(CommentChange::Update { .. }) => {
                Intent::Update
            }
            Self::Post(PostChange::Delete { .. })
            | Self::Comment(CommentChange::Delete { .. })
            | Self::Message(MessageChange::Delete { .. }) => Intent::Delete,
            Self::Like(Like { liked: true, .. })
            | Self::Follow(Follow { followed: true, .. })
            | Self::OpenConversation { .. } => Intent::Ensure,
            Self::Like(Like { liked: false, .. }) | Self::Follow(Follow { followed: false, .. }) => {
                Intent::Remove
            }
        }
    }

    /// What it is about.
    pub fn entity(&self) -> Entity {
        match self {
            Self::Post(
                PostChange::Create { id, .. } | PostChange::Update { id, .. } | PostChange::Delete { id },
            ) => id.entity(),
            Self::Comment(
                CommentChange::Create { id, .. }
                | CommentChange::Update { id, .. }
                | CommentChange::Delete { id, .. },
            ) => id.entity(),
            Self::Message(MessageChange::Create { id, .. } | MessageChange::Delete { id, .. }) => id.entity(),
            Self::Like(like) => like.post.like(),
            Self::Follow(follow) => follow.user.follow(),
            Self::OpenConversation { user } => user.conversation().entity(),
        }
    }

    /// What it brings along.
    pub fn media(&self) -> &[MediaFile] {
        match self {
            Self::Post(PostChange::Create { media, .. }) => media,
            Self::Message(MessageChange::Create { media, .. }) => media.as_slice(),
            _ => &[],
        }
    }

    /// What the engine must know of it.
    pub(crate) fn facts(&self) -> Facts {
        let facts = Facts::new(self.name(), self.intent(), self.entity());
        match self {
            Self::Post(_) => facts.with_attachments(self.digests()),
            // Changes of a comment name its post too: a delete of the post must not overtake them.
            Self::Comment(
                CommentChange::Create { post, .. }
                | CommentChange::Update { post, .. }
                | CommentChange::Delete { post, .. },
            ) => facts.naming(post.entity()),
            Self::Message(
                MessageChange::Create { conversation, .. } | MessageChange::Delete { conversation, .. },
            ) => facts
                .in_lane(conversation.0)
                .naming(conversation.entity())
                .with_attachments(self.digests()),
            Self::Like(like) => facts.naming(like.post.entity()),
            Self::Follow(Follow { user, .. }) | Self::OpenConversation { user } => {
                facts.naming(user.entity())
            }
        }
    }

    /// Its files, each once.
    fn digests(&self) -> Vec<Sha256> {
        let mut digests: Vec<Sha256> = Vec::new();
        for file in self.media() {
            if !digests.contains(&file.sha256) {
                digests.push(file.sha256);
            }
        }
        digests
    }

    /// The rule that the server applies too.
    pub(crate) fn validate(&self) -> Result<(), Invalid> {
        let checked = match self {
            Self::Post(PostChange::Create { text, media, .. }) => limits::post(text, media.len()),
            // Whether the post has media is not known here, so a post is never emptied by an update.
            Self::Post(PostChange::Update { text, .. }) => limits::post(text, 0),
            Self::Comment(CommentChange::Create { text, .. } | CommentChange::Update { text, .. }) => {
                limits::comment(text)
            }
            Self::Message(MessageChange::Create { text, media, .. }) => {
                limits::message(text, usize::from(media.is_some()))
            }
            _ => Ok(()),
        };
        checked.map_err(|refused| Invalid(refused.to_string()))?;
        self.media()
            .iter()
            .try_for_each(|file| limits::file(&file.media_type, file.size))
            .map_err(|refused| Invalid(refused.to_string()))
    }
}
