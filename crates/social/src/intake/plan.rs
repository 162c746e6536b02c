//! From lines that were understood to writes that can be queued.
//!
//! Owns what the names of earlier lines stand for. What is on the device it asks its [`Resolver`]; ids it takes from its caller.

use outrigger_engine::event::{StagedFile, Write};
use outrigger_engine::ids::LocalId;
use rusqlite::Connection;
use std::collections::BTreeMap;

use super::{Line, Operation, Reference};
use crate::id::{CommentId, CommentRef, ConversationId, MessageId, MessageRef, PostId, UserId};
use crate::mutation::{MediaFile, Mutation};
use crate::operations::{comments, conversations, messages, posts, users};
use crate::resolve::{self, ResolveError};
use crate::table::conversation;

/// Finds what a text names on this device.
pub trait Resolver {
    /// The post of an id.
    ///
    /// # Errors
    /// Where it names none, or several.
    fn post(&self, text: &str) -> Result<PostId, ResolveError>;
    /// The comment of an id.
    ///
    /// # Errors
    /// Where it names none, or several.
    fn comment(&self, text: &str) -> Result<CommentRef, ResolveError>;
    /// The message of an id.
    ///
    /// # Errors
    /// Where it names none, or several.
    fn message(&self, text: &str) -> Result<MessageRef, ResolveError>;
    /// The user of a name or an id.
    ///
    /// # Errors
    /// Where it names none, or several.
    fn user(&self, text: &str) -> Result<UserId, ResolveError>;
    /// Whether a conversation is there, or was opened.
    ///
    /// # Errors
    /// What the database says.
    fn is_open(&self, conversation: ConversationId) -> Result<bool, ResolveError>;
}

impl Resolver for Connection {
    fn post(&self, text: &str) -> Result<PostId, ResolveError> {
        resolve::post(self, text)
    }

    fn comment(&self, text: &str) -> Result<CommentRef, ResolveError> {
        resolve::comment(self, text)
    }

    fn message(&self, text: &str) -> Result<MessageRef, ResolveError> {
        resolve::message(self, text)
    }

    fn user(&self, text: &str) -> Result<UserId, ResolveError> {
        resolve::user(self, text)
    }

    fn is_open(&self, conversation: ConversationId) -> Result<bool, ResolveError> {
        Ok(conversation::is_known(self, conversation)?)
    }
}

/// Why a line cannot be carried out. Each says the number of the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It names what no earlier line made.
    #[error("line {line}: no earlier line made {kind} \"as\" {name:?}")]
    UnknownName {
        /// The number of the line.
        line: usize,
        /// The kind of what it names.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// It gives a name to what makes nothing.
    #[error("line {line}: this operation makes nothing that could be named {name:?}")]
    NothingToName {
        /// The number of the line.
        line: usize,
        /// The name.
        name: String,
    },
    /// It names nothing on this device, or several things.
    #[error("line {line}: {error}")]
    Unresolved {
        /// The number of the line.
        line: usize,
        /// Why.
        #[source]
        error: ResolveError,
    },
    /// The caller staged another number of files than the line names.
    #[error("line {line}: {staged} of its {named} files were staged")]
    Files {
        /// The number of the line.
        line: usize,
        /// Files that the line names.
        named: usize,
        /// Files that were staged.
        staged: usize,
    },
}

/// Makes the id of something that is about to be made: [`LocalId::new`] from the clock and ten random bytes.
pub type NewId<'a> = &'a mut dyn FnMut() -> LocalId;

/// What earlier lines made, by the names that they gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    made: BTreeMap<String, Made>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Post(PostId),
    Comment(CommentRef),
    Message(MessageRef),
}

impl Names {
    /// The writes of a line, given its files as they were staged, in order. All of them belong in one call.
    ///
    /// # Errors
    /// Where it names what is not there.
    pub fn plan(
        &mut self,
        line: &Line,
        staged: &[StagedFile],
        resolver: &impl Resolver,
        new_id: NewId<'_>,
    ) -> Result<Vec<Write<Mutation>>, PlanError> {
        let named = line.operation.files().len();
        if named != staged.len() {
            return Err(PlanError::Files {
                line: line.number,
                named,
                staged: staged.len(),
            });
        }
        let Planned { mutations, made } = self.mutations(line, staged, resolver, new_id)?;
        if let Some(name) = &line.name {
            let made = made.ok_or_else(|| PlanError::NothingToName {
                line: line.number,
                name: name.clone(),
            })?;
            self.made.insert(name.clone(), made);
        }
        let mut writes: Vec<Write<Mutation>> = mutations.into_iter().map(Write::from).collect();
        if let Some(last) = writes.last_mut() {
            last.files = staged.to_vec();
        }
        Ok(writes)
    }

    fn mutations(
        &self,
        line: &Line,
        staged: &[StagedFile],
        resolver: &impl Resolver,
        new_id: NewId<'_>,
    ) -> Result<Planned, PlanError> {
        let find = Find {
            line: line.number,
            names: self,
            resolver,
        };
        let media = || staged.iter().map(MediaFile::from);
        let planned = match &line.operation {
            Operation::CreatePost { text, .. } => {
                let id = PostId(new_id());
                Planned::making(posts::create(id, text, media().collect()), Made::Post(id))
            }
            Operation::UpdatePost { post, text } => posts::update(find.post(post)?, text).into(),
            Operation::DeletePost { post } => posts::delete(find.post(post)?).into(),
            Operation::LikePost { post, liked: true } => posts::like(find.post(post)?).into(),
            Operation::LikePost { post, liked: false } => posts::unlike(find.post(post)?).into(),
            Operation::CreateComment { post, text } => {
                let post = find.post(post)?;
                let id = CommentId(new_id());
                let made = Made::Comment(CommentRef { id, post });
                Planned::making(comments::create(id, post, text), made)
            }
            Operation::UpdateComment { comment, text } => {
                comments::update(find.comment(comment)?, text).into()
            }
            Operation::DeleteComment { comment } => comments::delete(find.comment(comment)?).into(),
            Operation::SendMessage { to, text, .. } => {
                let user = find.user(to)?;
                let conversation = user.conversation();
                let id = MessageId(new_id());
                let send = messages::send(id, conversation, text, media().next());
                let mut planned = Planned::making(send, Made::Message(MessageRef { id, conversation }));
                if !find.is_open(conversation)? {
                    planned.mutations.insert(0, conversations::open(user));
                }
                planned
            }
            Operation::DeleteMessage { message } => messages::delete(find.message(message)?).into(),
            Operation::FollowUser { user, followed: true } => users::follow(find.user(user)?).into(),
            Operation::FollowUser {
                user,
                followed: false,
            } => users::unfollow(find.user(user)?).into(),
        };
        Ok(planned)
    }
}

struct Planned {
    mutations: Vec<Mutation>,
    made: Option<Made>,
}

impl Planned {
    fn making(mutation: Mutation, made: Made) -> Self {
        Self {
            mutations: vec![mutation],
            made: Some(made),
        }
    }
}

impl From<Mutation> for Planned {
    fn from(mutation: Mutation) -> Self {
        Self {
            mutations: vec![mutation],
            made: None,
        }
    }
}

/// Finds what one line refers to.
struct Find<'a, R> {
    line: usize,
    names: &'a Names,
    resolver: &'a R,
}

impl<R: Resolver> Find<'_, R> {
    fn post(&self, reference: &Reference) -> Result<PostId, PlanError> {
        match reference {
            Reference::Named(name) => match self.names.made.get(name) {
                Some(Made::Post(post)) => Ok(*post),
                _ => Err(self.unknown("a post", name)),
            },
            Reference::Given(text) => self.resolver.post(text).map_err(|error| self.failed(error)),
        }
    }

    fn comment(&self, reference: &Reference) -> Result<CommentRef, PlanError> {
        match reference {
            Reference::Named(name) => match self.names.made.get(name) {
                Some(Made::Comment(comment)) => Ok(*comment),
                _ => Err(self.unknown("a comment", name)),
            },
            Reference::Given(text) => self.resolver.comment(text).map_err(|error| self.failed(error)),
        }
    }

    fn message(&self, reference: &Reference) -> Result<MessageRef, PlanError> {
        match reference {
            Reference::Named(name) => match self.names.made.get(name) {
                Some(Made::Message(message)) => Ok(*message),
                _ => Err(self.unknown("a message", name)),
            },
            Reference::Given(text) => self.resolver.message(text).map_err(|error| self.failed(error)),
        }
    }

    /// No line makes a user, so `@name` can only be a user's name.
    fn user(&self, reference: &Reference) -> Result<UserId, PlanError> {
        let (Reference::Named(text) | Reference::Given(text)) = reference;
        self.resolver.user(text).map_err(|error| self.failed(error))
    }

    fn is_open(&self, conversation: ConversationId) -> Result<bool, PlanError> {
        self.resolver
            .is_open(conversation)
            .map_err(|error| self.failed(error))
    }

    fn unknown(&self, kind: &'static str, name: &str) -> PlanError {
        PlanError::UnknownName {
            line: self.line,
            kind,
            name: name.to_owned(),
        }
    }

    fn failed(&self, error: ResolveError) -> PlanError {
        PlanError::Unresolved {
            line: self.line,
            error,
        }
    }
}
