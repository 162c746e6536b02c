//! The shapes that cross between JavaScript and Rust. The TypeScript of the package is generated from them (`src/bin/types.rs`).
//!
//! Owns wire types only: what they mean is the engine's.

use outrigger_engine::event::StagedFile;
use outrigger_engine::ids::{LocalId, MutationId};
use outrigger_engine::inspect::Filter;
use outrigger_engine::{Outcome, SyncState};
use outrigger_social::Mutation;
use outrigger_social::id::{CommentId, ConversationId, PostId, UserId};
use outrigger_social::query::Cursor;
use outrigger_social::reads::Scope;
use serde::{Deserialize, Serialize};

/// One write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WriteIn {
    /// Its id, made where it was written: under one id it is written once.
    #[serde(default)]
    pub id: Option<MutationId>,
    /// What is written.
    pub mutation: Mutation,
    /// The files that it brings.
    #[serde(default)]
    pub files: Vec<StagedFile>,
}

/// Something that is asked of the engine, and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Writes, all of them or none.
    Mutate {
        /// In this order.
        writes: Vec<WriteIn>,
    },
    /// Files are about to be copied.
    Stage {
        /// Their names.
        files: Vec<String>,
    },
    /// Goes offline, or comes back.
    SetOnline {
        /// Whether requests may be made.
        online: bool,
    },
    /// Tries a parked mutation again.
    Retry {
        /// Which.
        mutation: MutationId,
    },
    /// Tries all that failed again.
    RetryFailed,
    /// Changes what has not arrived.
    Edit {
        /// Which.
        mutation: MutationId,
        /// What it is to be.
        with: Mutation,
    },
    /// Takes something back.
    Discard {
        /// Which.
        mutation: MutationId,
    },
    /// Accepts the server as it is.
    AcceptServer,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The host has started, and has the database alone.
    Started,
    /// The timer has run.
    Tick,
    /// The user wants everything tried now.
    TriggerSync,
    /// The browser says that the network came or went.
    Network {
        /// Whether it is there.
        up: bool,
    },
    /// The session was renewed, or was not.
    Refreshed {
        /// How that went.
        how: RefreshedHow,
    },
    /// The user signed in again.
    SignedIn,
    /// A file is still there.
    NotRemoved {
        /// Its name.
        file: String,
    },
    /// The space that is kept for what waits is held, or was let go for want of room.
    Reserve {
        /// Whether it is held.
        held: bool,
    },
    /// The host is about to end.
    Closing,
}

/// How the renewal of a session went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RefreshedHow {
    /// There is a new one.
    Renewed,
    /// The user must sign in.
    InvalidGrant,
    /// The server did not say.
    Failed,
}

/// What the host is to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum EffectOut {
    /// A call was answered.
    Reply {
        /// Which.
        call: u64,
        /// With what.
        reply: ReplyOut,
    },
    /// A call was refused.
    Refused {
        /// Which.
        call: u64,
        /// One word for why.
        kind: String,
        /// Why, and what to do.
        message: String,
    },
    /// A request is to be made.
    Send {
        /// Names the attempt.
        attempt: u64,
        /// The method.
        method: String,
        /// Path and query; an absolute URL only where the server's own answer gave one.
        path: String,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: BodyOut,
        /// After so many milliseconds it counts as unreached.
        timeout_ms: i64,
    },
    /// A request is to be given up.
    Abort {
        /// Which.
        attempt: u64,
    },
    /// The session is to be renewed.
    Refresh,
    /// These look different now.
    Changed {
        /// Their local ids.
        entities: Vec<LocalId>,
    },
    /// Anything may look different now.
    ChangedElsewhere,
    /// The life of a mutation went on.
    Settled {
        /// Which.
        mutation: MutationId,
        /// How.
        outcome: Outcome,
    },
    /// The state has changed.
    Status {
        /// To this.
        state: SyncState,
    },
    /// A tick is to be brought after so long, and not as was asked for before.
    Wake {
        /// In milliseconds; `null`: not at all.
        after_ms: Option<i64>,
    },
    /// A file is to be removed.
    RemoveFile {
        /// Its name.
        file: String,
    },
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "body", rename_all = "snake_case")]
pub enum BodyOut {
    /// None.
    Empty,
    /// A text.
    Text {
        /// Which.
        text: String,
    },
    /// A part of a file.
    FilePart {
        /// Its name.
        file: String,
        /// The first byte.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum ReplyOut {
    /// Kept, durably.
    Written {
        /// Under these ids.
        ids: Vec<MutationId>,
    },
    /// So many are tried again.
    Retried {
        /// How many.
        count: u64,
    },
    /// The edit goes out.
    Edited {
        /// Under this id.
        id: MutationId,
    },
    /// It left the queue, or is undone by another.
    Discarded {
        /// What left the queue.
        gone: Vec<MutationId>,
        /// What undoes it.
        compensation: Option<MutationId>,
    },
    /// What was read is taken over.
    Observed {
        /// Users in it, in its order.
        users: Vec<UserId>,
        /// Posts that it left out, which are to be read one by one.
        missing: Vec<PostId>,
        /// Where the next page begins.
        next: Option<String>,
    },
    /// Done.
    Done,
}

/// A question about what is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// A page of the feed.
    Feed {
        /// Whose posts.
        scope: Scope,
        /// After which row.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        after: Option<Cursor>,
        /// So many rows.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        rows: Option<usize>,
    },
    /// One post.
    Post {
        /// Which.
        post: PostId,
    },
    /// A post with a page of its comments.
    Thread {
        /// Which.
        post: PostId,
        /// After which row.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        after: Option<Cursor>,
    },
    /// One comment.
    Comment {
        /// Which.
        comment: CommentId,
    },
    /// Somebody's posts.
    PostsOf {
        /// Whose.
        user: UserId,
        /// After which row.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        after: Option<Cursor>,
        /// So many rows.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        rows: Option<usize>,
    },
    /// Somebody.
    Profile {
        /// Who.
        user: UserId,
    },
    /// The signed-in user.
    Me,
    /// A page of conversations.
    Conversations {
        /// After which row.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        after: Option<Cursor>,
    },
    /// A page of messages, newest first.
    Conversation {
        /// In which conversation.
        conversation: ConversationId,
        /// After which row.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        after: Option<Cursor>,
    },
    /// The conversation with somebody, and whether it is known here.
    ConversationWith {
        /// With whom.
        user: UserId,
    },
    /// The queue.
    Items {
        /// What of it.
        #[serde(default)]
        #[cfg_attr(feature = "typescript", ts(optional = nullable))]
        filter: Option<FilterIn>,
    },
    /// What became of what was written, newest first.
    Journal,
    /// Where one entity stands.
    EntityStatus {
        /// Which.
        entity: LocalId,
    },
    /// How the queue stands inside.
    Inspect,
    /// The queue without payloads.
    Export,
    /// The file of an attachment that waits here.
    AttachmentFile {
        /// The digest of its bytes.
        sha256: outrigger_engine::ids::Sha256,
    },
    /// Which of these files nobody knows of.
    UnknownFiles {
        /// Their names.
        files: Vec<String>,
    },
    /// What became of a mutation.
    Standing {
        /// Which.
        mutation: MutationId,
    },
}

/// Which rows of the queue are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FilterIn {
    /// All of them.
    #[default]
    All,
    /// What is parked.
    Parked,
}

impl From<FilterIn> for Filter {
    fn from(filter: FilterIn) -> Self {
        match filter {
            FilterIn::All => Self::All,
            FilterIn::Parked => Self::Parked,
        }
    }
}

/// The conversation with somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConversationWith {
    /// Its id, also where it is not known yet.
    pub conversation: ConversationId,
    /// Whether it is known here: else it must be opened before something is sent in it.
    pub known: bool,
}

/// What became of a mutation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum StandingOut {
    /// It waits.
    Waiting,
    /// It arrived, is parked, or was discarded.
    Settled {
        /// Which of these.
        outcome: Outcome,
    },
    /// It never was here, or was forgotten.
    Unknown,
}

/// One answer of the server's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ResponseIn {
    /// The status.
    pub status: u16,
    /// Headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}
