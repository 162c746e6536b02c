//! Conversations of two and their messages, as the core asks for them.
//!
//! Owns rows and method names. Never decides who may read what: every row says who takes part.

use super::accounts::UserRow;
use super::uploads::MediaRow;
use super::{Result, Window};
use crate::ids::{ConversationId, IdempotencyKey, MessageId, Position, Timestamp, UserId, Version};

/// A conversation, as seen by one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Which.
    pub id: ConversationId,
    /// Its place among conversations: later ones are greater.
    pub position: Position,
    /// The other one.
    pub with: UserRow,
    /// When its newest message was written.
    pub last_message_at: Option<Timestamp>,
    /// Rises with each message that comes or goes.
    pub version: Version,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Which.
    pub id: MessageId,
    /// Its place among messages: later ones are greater.
    pub position: Position,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub author: UserRow,
    /// What it says.
    pub text: String,
    /// What it shows.
    pub media: Vec<MediaRow>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Messages are not changed: always the first.
    pub version: Version,
    /// The key that created it.
    pub key: Option<IdempotencyKey>,
}

/// A message to be made.
#[derive(Debug)]
pub struct NewMessageRow<'a> {
    /// Its id.
    pub id: &'a MessageId,
    /// In which conversation.
    pub conversation: &'a ConversationId,
    /// Who writes it.
    pub author: &'a UserRow,
    /// What it says.
    pub text: &'a str,
    /// What it shows.
    pub media: &'a [MediaRow],
    /// The key that creates it.
    pub key: Option<&'a IdempotencyKey>,
    /// When.
    pub at: Timestamp,
}

impl NewMessageRow<'_> {
    /// The message, once it is made.
    pub fn made(&self, position: Position) -> MessageRow {
        MessageRow {
            id: self.id.clone(),
            position,
            conversation: self.conversation.clone(),
            author: self.author.clone(),
            text: self.text.to_owned(),
            media: self.media.to_vec(),
            created_at: self.at,
            version: Version(1),
            key: self.key.cloned(),
        }
    }
}

/// What can be read.
pub trait ConversationReads {
    /// A conversation, if `viewer` takes part in it.
    fn conversation(&self, id: &ConversationId, viewer: &UserId) -> Result<Option<ConversationRow>>;
    /// The conversation of two, as `viewer` sees it.
    fn conversation_with(&self, viewer: &UserId, other: &UserId) -> Result<Option<ConversationRow>>;
    /// The conversations of `viewer`, newest begun first.
    fn conversations(&self, viewer: &UserId, window: Window) -> Result<Vec<ConversationRow>>;
    /// A message, if `viewer` takes part in its conversation.
    fn message(&self, id: &MessageId, viewer: &UserId) -> Result<Option<MessageRow>>;
    /// The messages of a conversation, newest first. Whether the caller takes part is checked before.
    fn messages(&self, conversation: &ConversationId, window: Window) -> Result<Vec<MessageRow>>;
}

/// What can be changed.
pub trait ConversationWrites: ConversationReads {
    /// Begins the conversation of two, under `id`. There must be none yet.
    fn insert_conversation(
        &mut self,
        id: &ConversationId,
        one: &UserId,
        other: &UserId,
        at: Timestamp,
    ) -> Result<()>;
    /// Makes a message and raises the conversation's version; what the two see from now on.
    fn insert_message(&mut self, message: &NewMessageRow<'_>) -> Result<MessageRow>;
    /// Deletes a message and raises the conversation's version.
    fn delete_message(&mut self, id: &MessageId, conversation: &ConversationId) -> Result<()>;
}
