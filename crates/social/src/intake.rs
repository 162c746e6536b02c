//! Writes as lines of JSON, for `outrigger enqueue FILE.jsonl`.
//!
//! Owns the format: one operation a line, by the names of the API, as
//! `{"v":1,"op":"posts.create","text":"Hello","images":["a.png"],"as":"hello"}`. What a later line names is `@hello`, or an id (whole, of the server's,
//! or short), or for users a name. Never opens a file and never asks a database: [`Names::plan`] does what needs either, through what it is handed.

use serde::Deserialize;
use std::path::{Path, PathBuf};

mod plan;

pub use plan::{Names, NewId, PlanError, Resolver};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The names of the operations.
pub const OPERATIONS: [&str; 12] = [
    "posts.create",
    "posts.update",
    "posts.delete",
    "posts.like",
    "posts.unlike",
    "comments.create",
    "comments.update",
    "comments.delete",
    "messages.send",
    "messages.delete",
    "users.follow",
    "users.unfollow",
];

/// One line that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// What it asks for.
    pub operation: Operation,
    /// The name that later lines have for what it makes.
    pub name: Option<String>,
}

/// What a line asks for; nothing in it is looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `posts.create`
    CreatePost {
        /// What it says.
        text: String,
        /// Files that it shows, as written in the line.
        images: Vec<PathBuf>,
    },
    /// `posts.update`
    UpdatePost {
        /// Which.
        post: Reference,
        /// What it says now.
        text: String,
    },
    /// `posts.delete`
    DeletePost {
        /// Which.
        post: Reference,
    },
    /// `posts.like` and `posts.unlike`
    LikePost {
        /// Which.
        post: Reference,
        /// Whether it is liked.
        liked: bool,
    },
    /// `comments.create`
    CreateComment {
        /// On which post.
        post: Reference,
        /// What it says.
        text: String,
    },
    /// `comments.update`
    UpdateComment {
        /// Which.
        comment: Reference,
        /// What it says now.
        text: String,
    },
    /// `comments.delete`
    DeleteComment {
        /// Which.
        comment: Reference,
    },
    /// `messages.send`
    SendMessage {
        /// To whom.
        to: Reference,
        /// What it says.
        text: String,
        /// The file that it shows, as written in the line.
        image: Option<PathBuf>,
    },
    /// `messages.delete`
    DeleteMessage {
        /// Which.
        message: Reference,
    },
    /// `users.follow` and `users.unfollow`
    FollowUser {
        /// Whom.
        user: Reference,
        /// Whether they are followed.
        followed: bool,
    },
}

impl Operation {
    /// The files that it brings, in order.
    pub fn files(&self) -> Vec<&Path> {
        match self {
            Self::CreatePost { images, .. } => images.iter().map(PathBuf::as_path).collect(),
            Self::SendMessage { image, .. } => image.iter().map(PathBuf::as_path).collect(),
            _ => Vec::new(),
        }
    }
}

/// What a line says of something that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// What an earlier line made (`@name`), or for users perhaps a user of that name.
    Named(String),
    /// An id in one of its forms, or a user's name.
    Given(String),
}

impl From<String> for Reference {
    fn from(text: String) -> Self {
        match text.strip_prefix('@') {
            Some(name) => Self::Named(name.to_owned()),
            None => Self::Given(text),
        }
    }
}

/// Why a line is not understood. Each says the number of the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// It is not a JSON object with the fields that its operation takes.
    #[error("line {line}: {detail}")]
    Malformed {
        /// The number of the line.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// It is written in another version of the format.
    #[error(
        "line {line}: version {version} of the format is not known, this program reads version {VERSION}"
    )]
    UnknownVersion {
        /// The number of the line.
        line: usize,
        /// The version that it says.
        version: u64,
    },
    /// Its operation is not known.
    #[error("line {line}: the operation {operation:?} is not known; there are: {}", OPERATIONS.join(", "))]
    UnknownOperation {
        /// The number of the line.
        line: usize,
        /// The operation that it says.
        operation: String,
    },
}

impl IntakeError {
    /// The number of the line, from 1.
    pub const fn line(&self) -> usize {
        match self {
            Self::Malformed { line, .. }
            | Self::UnknownVersion { line, .. }
            | Self::UnknownOperation { line, .. } => *line,
        }
    }
}

/// What every line has.
#[derive(Deserialize)]
struct Envelope {
    v: u64,
    op: String,
}

/// What a line may have. Which of it belongs to which operation is said in [`Fields::operation`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "v")]
    _version: u64,
    op: String,
    #[serde(rename = "as")]
    name: Option<String>,
    text: Option<String>,
    images: Option<Vec<PathBuf>>,
    image: Option<PathBuf>,
    post: Option<String>,
    comment: Option<String>,
    message: Option<String>,
    user: Option<String>,
    to: Option<String>,
}

/// Reads one line, numbered from 1. A blank line is `None`.
///
/// # Errors
/// Where it is not understood.
pub fn parse(number: usize, line: &str) -> Result<Option<Line>, IntakeError> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let malformed = |error: serde_json::Error| IntakeError::Malformed {
        line: number,
        detail: error.to_string(),
    };
    let envelope: Envelope = serde_json::from_str(line).map_err(malformed)?;
    if envelope.v != u64::from(VERSION) {
        return Err(IntakeError::UnknownVersion {
            line: number,
            version: envelope.v,
        });
    }
    if !OPERATIONS.contains(&envelope.op.as_str()) {
        return Err(IntakeError::UnknownOperation {
            line: number,
            operation: envelope.op,
        });
    }
    let mut fields: Fields = serde_json::from_str(line).map_err(malformed)?;
    let name = fields.name.take();
    let operation = fields
        .operation()
        .map_err(|detail| IntakeError::Malformed { line: number, detail })?;
    Ok(Some(Line {
        number,
        operation,
        name,
    }))
}

impl Fields {
    fn operation(mut self) -> Result<Operation, String> {
        let op = self.op.clone();
        let operation = match op.as_str() {
            "posts.create" => Operation::CreatePost {
                text: self.text.take().unwrap_or_default(),
                images: self.images.take().unwrap_or_default(),
            },
            "posts.update" => Operation::UpdatePost {
                post: reference(&op, "post", self.post.take())?,
                text: needed(&op, "text", self.text.take())?,
            },
            "posts.delete" => Operation::DeletePost {
                post: reference(&op, "post", self.post.take())?,
            },
            "posts.like" | "posts.unlike" => Operation::LikePost {
                post: reference(&op, "post", self.post.take())?,
                liked: op == "posts.like",
            },
            "comments.create" => Operation::CreateComment {
                post: reference(&op, "post", self.post.take())?,
                text: needed(&op, "text", self.text.take())?,
            },
            "comments.update" => Operation::UpdateComment {
                comment: reference(&op, "comment", self.comment.take())?,
                text: needed(&op, "text", self.text.take())?,
            },
            "comments.delete" => Operation::DeleteComment {
                comment: reference(&op, "comment", self.comment.take())?,
            },
            "messages.send" => Operation::SendMessage {
                to: reference(&op, "to", self.to.take())?,
                text: self.text.take().unwrap_or_default(),
                image: self.image.take(),
            },
            "messages.delete" => Operation::DeleteMessage {
                message: reference(&op, "message", self.message.take())?,
            },
            "users.follow" | "users.unfollow" => Operation::FollowUser {
                user: reference(&op, "user", self.user.take())?,
                followed: op == "users.follow",
            },
            other => return Err(format!("{other} is not known")),
        };
        self.nothing_left(&op)?;
        Ok(operation)
    }

    /// A field that its operation does not take is a mistake, and not one to pass over.
    fn nothing_left(&self, op: &str) -> Result<(), String> {
        let fields = [
            ("text", self.text.is_some()),
            ("images", self.images.is_some()),
            ("image", self.image.is_some()),
            ("post", self.post.is_some()),
            ("comment", self.comment.is_some()),
            ("message", self.message.is_some()),
            ("user", self.user.is_some()),
            ("to", self.to.is_some()),
        ];
        match fields.iter().find(|(_, is_left)| *is_left) {
            Some((field, _)) => Err(format!("{op} takes no {field:?}")),
            None => Ok(()),
        }
    }
}

fn needed<T>(op: &str, field: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("{op} needs {field:?}"))
}

fn reference(op: &str, field: &str, value: Option<String>) -> Result<Reference, String> {
    needed(op, field, value).map(Reference::from)
}
