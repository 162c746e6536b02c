//! What online reads bring: pages of the server's, as base rows of this device.
//!
//! Owns the way from an answer to an observation, and from an observation to rows. Never writes a row: the engine does, so that nothing
//! pending is hidden by what was read.

use outrigger_engine::app::{Observed, Problem, Recognition};
use outrigger_engine::http::Response;
use outrigger_engine::idmap::IdMap;
use outrigger_engine::ids::{Entity, ServerId};
use serde::de::DeserializeOwned;

use crate::accept::etag;
use crate::answer::recognise;
use crate::id::{CommentId, ConversationId, MessageId, PostId, UserId};
use crate::reads::ServerCursor;
use crate::table::comment::CommentRow;
use crate::table::conversation::ConversationRow;
use crate::table::counts::{PostCountsRow, UserCountsRow};
use crate::table::encode;
use crate::table::message::MessageRow;
use crate::table::post::PostRow;
use crate::table::tie::{FollowRow, LikeRow};
use crate::table::user::UserRow;
use crate::wire;

/// What a read of the server brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    what: What,
    /// The server's time of the answer in milliseconds, whole seconds; 0 where it did not say it.
    read_at_ms: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Posts(Vec<wire::Post>),
    Comments(Vec<wire::Comment>),
    Thread(Box<wire::Post>, Vec<wire::Comment>),
    Profiles(Vec<wire::Profile>),
    Conversations(Vec<wire::Conversation>),
    Messages(ConversationId, Vec<wire::Message>),
    Gone(Entity),
}

/// One page that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What was on it.
    pub observation: Observation,
    /// Where the next one begins; `None` on the last.
    pub next: Option<ServerCursor>,
}

/// Why an answer is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Somebody else answered.
    #[error("the server was not reached: {0}")]
    Alien(&'static str),
    /// The server says no.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// The server says something that this program cannot read.
    #[error("the server's answer cannot be read: {0}")]
    Unreadable(String),
}

impl Observation {
    /// A page of the feed, or of somebody's posts.
    ///
    /// # Errors
    /// Where the answer is not such a page.
    pub fn feed(response: &Response) -> Result<Read, ReadError> {
        page(response, What::Posts)
    }

    /// One post.
    ///
    /// # Errors
    /// Where the answer is not a post.
    pub fn post(response: &Response) -> Result<Self, ReadError> {
        let post = parse(response)?;
        Ok(Self::new(What::Posts(vec![post]), response))
    }

    /// A post and the first page of its comments.
    ///
    /// # Errors
    /// Where the answers are not these.
    pub fn thread(post: &Response, comments: &Response) -> Result<Read, ReadError> {
        let post: Box<wire::Post> = parse(post)?;
        page(comments, |comments| What::Thread(post, comments))
    }

    /// A further page of comments.
    ///
    /// # Errors
    /// Where the answer is not such a page.
    pub fn comments(response: &Response) -> Result<Read, ReadError> {
        page(response, What::Comments)
    }

    /// Somebody's profile.
    ///
    /// # Errors
    /// Where the answer is not a profile.
    pub fn profile(response: &Response) -> Result<Self, ReadError> {
        let profile = parse(response)?;
        Ok(Self::new(What::Profiles(vec![profile]), response))
    }

    /// The profile of the user of a name: an empty page where there is none.
    ///
    /// # Errors
    /// Where the answer is not such a page.
    pub fn profiles(response: &Response) -> Result<Read, ReadError> {
        page(response, What::Profiles)
    }

    /// A page of conversations.
    ///
    /// # Errors
    /// Where the answer is not such a page.
    pub fn conversations(response: &Response) -> Result<Read, ReadError> {
        page(response, What::Conversations)
    }

    /// A page of the messages of this conversation.
    ///
    /// # Errors
    /// Where the answer is not such a page.
    pub fn messages(conversation: ConversationId, response: &Response) -> Result<Read, ReadError> {
        page(response, |messages| What::Messages(conversation, messages))
    }

    /// The server says that this is not there any more (404 to a read of it).
    pub const fn gone(entity: Entity) -> Self {
        Self {
            what: What::Gone(entity),
            read_at_ms: 0,
        }
    }

    /// The users in it whose profiles were read, in its order.
    pub fn users(&self) -> Vec<UserId> {
        match &self.what {
            What::Profiles(profiles) => profiles
                .iter()
                .map(|profile| UserId::of_server(&profile.id))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn new(what: What, response: &Response) -> Self {
        let read_at_ms = response
            .header("date")
            .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
            .map_or(0, |date| date.timestamp().as_millisecond());
        Self { what, read_at_ms }
    }

    /// Its rows.
    pub(crate) fn rows(&self, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        let mut seen = Seen {
            ids,
            rows: Vec::new(),
            read_at_ms: self.read_at_ms,
        };
        match &self.what {
            What::Posts(posts) => {
                seen.number_posts(posts)?;
                posts.iter().try_for_each(|post| seen.post(post, None))?;
            }
            What::Thread(post, comments) => {
                // Comments were read after their post: what they count is newer.
                seen.post(post, comments.last().map(|comment| comment.counts.comments))?;
                comments.iter().try_for_each(|comment| seen.comment(comment))?;
            }
            What::Comments(comments) => comments.iter().try_for_each(|comment| seen.comment(comment))?,
            What::Profiles(profiles) => profiles.iter().try_for_each(|profile| seen.profile(profile))?,
            What::Conversations(conversations) => conversations
                .iter()
                .try_for_each(|conversation| seen.conversation(conversation))?,
            What::Messages(conversation, messages) => {
                seen.number_messages(messages)?;
                messages
                    .iter()
                    .try_for_each(|message| seen.message(message, *conversation))?;
            }
            What::Gone(entity) => seen.push(entity.clone(), None, None),
        }
        Ok(seen.rows)
    }
}

fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, ReadError> {
    match recognise(response) {
        Recognition::Answer => response
            .json()
            .map_err(|error| ReadError::Unreadable(error.to_string())),
        Recognition::Problem(problem) => Err(ReadError::Refused(problem)),
        Recognition::Alien { sign } => Err(ReadError::Alien(sign)),
    }
}

fn page<T: DeserializeOwned>(
    response: &Response,
    what: impl FnOnce(Vec<T>) -> What,
) -> Result<Read, ReadError> {
    let page: wire::Page<T> = parse(response)?;
    Ok(Read {
        observation: Observation::new(what(page.items), response),
        next: page.next.map(ServerCursor),
    })
}

/// Rows as they are collected from one observation.
struct Seen<'a, 'm> {
    ids: &'a mut IdMap<'m>,
    rows: Vec<Observed>,
    read_at_ms: i64,
}

impl Seen<'_, '_> {
    fn push(&mut self, entity: Entity, row: Option<Vec<u8>>, version: Option<String>) {
        self.rows.push(Observed { entity, row, version });
    }

    /// Lists that come newest first are numbered from their end, so that local ids rise with age and break ties of time as the server does.
    fn number_posts(&mut self, posts: &[wire::Post]) -> rusqlite::Result<()> {
        posts
            .iter()
            .rev()
            .try_for_each(|post| self.post_id(post).map(|_| ()))
    }

    fn number_messages(&mut self, messages: &[wire::Message]) -> rusqlite::Result<()> {
        messages
            .iter()
            .rev()
            .try_for_each(|message| self.message_id(message).map(|_| ()))
    }

    fn post_id(&mut self, post: &wire::Post) -> rusqlite::Result<PostId> {
        let key = post.key.as_deref().and_then(|key| key.parse().ok());
        let server_id = ServerId(post.id.clone());
        self.ids.local_id(&PostId::KIND, &server_id, key).map(PostId)
    }

    fn message_id(&mut self, message: &wire::Message) -> rusqlite::Result<MessageId> {
        let key = message.key.as_deref().and_then(|key| key.parse().ok());
        let server_id = ServerId(message.id.clone());
        self.ids
            .local_id(&MessageId::KIND, &server_id, key)
            .map(MessageId)
    }

    fn user(&mut self, user: &wire::User) -> rusqlite::Result<UserId> {
        let id = UserId::of_server(&user.id);
        self.ids.bind(&id.entity(), &ServerId(user.id.clone()))?;
        let name = user.name.clone();
        self.push(id.entity(), Some(encode(&UserRow { name })?), None);
        Ok(id)
    }

    fn post(&mut self, post: &wire::Post, comments: Option<u64>) -> rusqlite::Result<()> {
        self.user(&post.author)?;
        let id = self.post_id(post)?;
        let row = encode(&PostRow::from_wire(post))?;
        self.push(id.entity(), Some(row), Some(etag(post.version)));
        let like = post.liked.then(|| encode(&LikeRow { post: id })).transpose()?;
        self.push(id.like(), like, None);
        let said = PostCountsRow::from_wire(post, id);
        let counts = PostCountsRow {
            comments: comments.unwrap_or(said.comments),
            read_at_ms: self.read_at_ms,
            ..said
        };
        self.push(id.counts(), Some(encode(&counts)?), None);
        Ok(())
    }

    fn comment(&mut self, comment: &wire::Comment) -> rusqlite::Result<()> {
        self.user(&comment.author)?;
        let post = ServerId(comment.post.clone());
        let post = PostId(self.ids.local_id(&PostId::KIND, &post, None)?);
        let key = comment.key.as_deref().and_then(|key| key.parse().ok());
        let server_id = ServerId(comment.id.clone());
        let id = CommentId(self.ids.local_id(&CommentId::KIND, &server_id, key)?);
        let row = encode(&CommentRow::from_wire(comment, post))?;
        self.push(id.entity(), Some(row), Some(etag(comment.version)));
        Ok(())
    }

    fn profile(&mut self, profile: &wire::Profile) -> rusqlite::Result<()> {
        let id = self.user(&wire::User {
            id: profile.id.clone(),
            name: profile.name.clone(),
        })?;
        let follow = profile
            .followed
            .then(|| encode(&FollowRow { user: id }))
            .transpose()?;
        self.push(id.follow(), follow, None);
        let counts = encode(&UserCountsRow::from_wire(profile))?;
        self.push(id.counts(), Some(counts), None);
        Ok(())
    }

    fn conversation(&mut self, conversation: &wire::Conversation) -> rusqlite::Result<()> {
        let id = self.user(&conversation.with)?.conversation();
        self.ids.bind(&id.entity(), &ServerId(conversation.id.clone()))?;
        let row = encode(&ConversationRow::from_wire(conversation))?;
        self.push(id.entity(), Some(row), Some(etag(conversation.version)));
        Ok(())
    }

    fn message(&mut self, message: &wire::Message, conversation: ConversationId) -> rusqlite::Result<()> {
        self.user(&message.author)?;
        let id = self.message_id(message)?;
        let row = encode(&MessageRow::from_wire(message, conversation))?;
        self.push(id.entity(), Some(row), Some(etag(message.version)));
        Ok(())
    }
}
