//! Accounts, who follows whom, and the token families of sessions, as the core asks for them.
//!
//! Owns rows and method names. Never sees a password or a token in the clear.

use super::Result;
use crate::ids::{FamilyId, Generation, Timestamp, UserId};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// Somebody, as named beside what they wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Who.
    pub id: UserId,
    /// Their unique name.
    pub name: String,
}

/// Somebody, as seen by a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileRow {
    /// Who.
    pub user: UserRow,
    /// How many posts they have.
    pub posts: u64,
    /// How many follow them.
    pub followers: u64,
    /// How many they follow.
    pub following: u64,
    /// Whether the viewer follows them.
    pub followed: bool,
}

/// A token family: one sign-in and every refresh of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRow {
    /// Which.
    pub id: FamilyId,
    /// Whose.
    pub account: UserRow,
    /// The newest pair handed out.
    pub newest: Generation,
    /// The newest pair that the client has shown: what it replaced can no longer be asked for again.
    pub shown: Generation,
    /// Signed out, or found to be used by two.
    pub revoked: bool,
}

/// Which of the two tokens of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Sent with each request.
    Access,
    /// Exchanged for the next pair.
    Refresh,
}

/// A token that was handed out, known by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// SHA-256 of it.
    pub hash: TokenHash,
    /// Which of the two.
    pub kind: TokenKind,
    /// Which pair of the family.
    pub generation: Generation,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// What can be read.
pub trait AccountReads {
    /// A user, by id.
    fn user(&self, id: &UserId) -> Result<Option<UserRow>>;
    /// A user and the hash of their password, by name.
    fn credentials(&self, name: &str) -> Result<Option<(UserRow, String)>>;
    /// A profile as `viewer` sees it, by id.
    fn profile(&self, id: &UserId, viewer: &UserId) -> Result<Option<ProfileRow>>;
    /// A profile as `viewer` sees it, by name.
    fn profile_named(&self, name: &str, viewer: &UserId) -> Result<Option<ProfileRow>>;
    /// A token and its family.
    fn token(&self, kind: TokenKind, hash: &TokenHash) -> Result<Option<(TokenRow, FamilyRow)>>;
}

/// What can be changed.
pub trait AccountWrites: AccountReads {
    /// Makes an account; `false` when the name is taken.
    fn insert_account(&mut self, user: &UserRow, password_hash: &str, at: Timestamp) -> Result<bool>;
    /// Makes a family without tokens.
    fn insert_family(&mut self, id: &FamilyId, account: &UserId, at: Timestamp) -> Result<()>;
    /// Adds a token to a family, or gives one that is there another end.
    fn put_token(&mut self, family: &FamilyId, token: &TokenRow) -> Result<()>;
    /// Raises the newest generation handed out.
    fn raise_newest(&mut self, family: &FamilyId, newest: Generation) -> Result<()>;
    /// Raises the newest generation that the client has shown.
    fn raise_shown(&mut self, family: &FamilyId, shown: Generation) -> Result<()>;
    /// Ends a family: none of its tokens is good any more.
    fn revoke_family(&mut self, family: &FamilyId) -> Result<()>;
    /// Forgets up to `limit` tokens that ended before `before`, and the families left without any; how many tokens.
    fn forget_tokens(&mut self, before: Timestamp, limit: usize) -> Result<usize>;
    /// Makes `follower` follow `followed`; `false` when they already did.
    fn insert_follow(&mut self, follower: &UserId, followed: &UserId, at: Timestamp) -> Result<bool>;
    /// Ends it; `false` when there was nothing to end.
    fn delete_follow(&mut self, follower: &UserId, followed: &UserId) -> Result<bool>;
}
