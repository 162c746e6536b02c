//! From what a person types to what it names: a whole id, the server's id, a short id or its beginning, or a user's name.
//!
//! Owns the rule of matching. Never guesses: what fits several is an error that lists them.

use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{Kind, LocalId, ServerId};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::fmt;

use crate::id::{CommentId, CommentRef, ConversationId, MessageId, MessageRef, PostId, UserId, short};

/// Digits of a short id that must be typed at least.
pub const PREFIX_LEN_MIN: usize = 4;
/// Candidates that are listed at most.
pub const CANDIDATES_MAX: usize = 10;

/// Something that a text may have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub id: LocalId,
    /// What it says, cut short.
    pub label: String,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", short(self.id), self.label)
    }
}

/// Why a text names nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// Nothing fits.
    #[error(
        "no {kind} {text:?} is here: give its id, at least {PREFIX_LEN_MIN} digits of its short id, or read it from the server first"
    )]
    Unknown {
        /// What was looked for.
        kind: Kind,
        /// What was typed.
        text: String,
    },
    /// Several fit.
    #[error("{text:?} fits several: {}; type more of it", listed(.candidates))]
    Ambiguous {
        /// What was typed.
        text: String,
        /// What fits; at most [`CANDIDATES_MAX`].
        candidates: Vec<Candidate>,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

fn listed(candidates: &[Candidate]) -> String {
    let texts: Vec<String> = candidates.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// The post that a text names.
///
/// # Errors
/// Where it names none, or several.
pub fn post(db: &Connection, text: &str) -> Result<PostId, ResolveError> {
    resolve(db, &POSTS, text).map(PostId)
}

/// The comment that a text names, with its post.
///
/// # Errors
/// Where it names none, or several.
pub fn comment(db: &Connection, text: &str) -> Result<CommentRef, ResolveError> {
    let id = CommentId(resolve(db, &COMMENTS, text)?);
    let post = db
        .prepare_cached("SELECT post FROM comments WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(CommentRef { id, post })
}

/// The conversation that a text names: by its own id, or by whom it is with.
///
/// # Errors
/// Where it names none, or several.
pub fn conversation(db: &Connection, text: &str) -> Result<ConversationId, ResolveError> {
    match resolve(db, &CONVERSATIONS, text) {
        Err(ResolveError::Unknown { kind, text }) => match user(db, &text) {
            Ok(user) => Ok(user.conversation()),
            Err(ResolveError::Unknown { .. }) => Err(ResolveError::Unknown { kind, text }),
            Err(other) => Err(other),
        },
        found => found.map(ConversationId),
    }
}

/// The message that a text names, with its conversation.
///
/// # Errors
/// Where it names none, or several.
pub fn message(db: &Connection, text: &str) -> Result<MessageRef, ResolveError> {
    let id = MessageId(resolve(db, &MESSAGES, text)?);
    let conversation = db
        .prepare_cached("SELECT conversation FROM messages WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(MessageRef { id, conversation })
}

/// The user that a text names, by name (with or without `@`) or id.
///
/// # Errors
/// Where it names none, or several.
pub fn user(db: &Connection, text: &str) -> Result<UserId, ResolveError> {
    let named = db
        .prepare_cached("SELECT id FROM users WHERE name = ?1 LIMIT 1")?
        .query_row([text.strip_prefix('@').unwrap_or(text)], |row| row.get(0))
        .optional()?;
    match named {
        Some(id) => Ok(id),
        None => resolve(db, &USERS, text).map(UserId),
    }
}

/// Where a kind is looked for.
pub(crate) struct Place {
    kind: Kind,
    pub(crate) exact: &'static str,
    pub(crate) tail: &'static str,
}

macro_rules! place {
    ($kind:expr, $table:literal, $label:literal, $shown:literal) => {
        Place {
            kind: $kind,
            exact: concat!("SELECT id FROM ", $table, " WHERE id = ?1", $shown),
            tail: concat!(
                "SELECT id, ",
                $label,
                " FROM ",
                $table,
                " WHERE lower(hex(substr(id, 13))) >= ?1 AND lower(hex(substr(id, 13))) < ?2",
                $shown,
                " LIMIT ?3"
            ),
        }
    };
}

pub(crate) const USERS: Place = place!(UserId::KIND, "users", "name", "");
pub(crate) const POSTS: Place = place!(PostId::KIND, "posts", "substr(text, 1, 40)", " AND hidden = 0");
pub(crate) const COMMENTS: Place = place!(
    CommentId::KIND,
    "comments",
    "substr(text, 1, 40)",
    " AND hidden = 0"
);
pub(crate) const CONVERSATIONS: Place = place!(
    ConversationId::KIND,
    "conversations",
    "coalesce((SELECT name FROM users WHERE users.id = user), '')",
    ""
);
pub(crate) const MESSAGES: Place = place!(MessageId::KIND, "messages", "substr(text, 1, 40)", "");

fn resolve(db: &Connection, place: &Place, text: &str) -> Result<LocalId, ResolveError> {
    let unknown = || ResolveError::Unknown {
        kind: place.kind.clone(),
        text: text.to_owned(),
    };
    let whole = text.parse::<LocalId>().ok();
    let by_server = || Ids::new(db).local_id(&place.kind, &ServerId(text.to_owned()));
    let id = match whole {
        Some(id) => Some(id),
        None => by_server()?,
    };
    if let Some(id) = id {
        let found = db
            .prepare_cached(place.exact)?
            .query_row([id], |row| row.get(0))
            .optional()?;
        return found.ok_or_else(unknown);
    }
    let prefix = text.to_ascii_lowercase();
    let is_prefix = (PREFIX_LEN_MIN..=crate::id::SHORT_LEN).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_prefix {
        return Err(unknown());
    }
    let mut candidates = by_tail(db, place, &prefix)?;
    match candidates.len() {
        0 => Err(unknown()),
        1 => Ok(candidates.remove(0).id),
        _ => Err(ResolveError::Ambiguous {
            text: text.to_owned(),
            candidates,
        }),
    }
}

/// What has a short id that begins so. `g` follows every hexadecimal digit.
fn by_tail(db: &Connection, place: &Place, prefix: &str) -> rusqlite::Result<Vec<Candidate>> {
    db.prepare_cached(place.tail)?
        .query_map(params![prefix, format!("{prefix}g"), CANDIDATES_MAX], |row| {
            Ok(Candidate {
                id: row.get(0)?,
                label: row.get(1)?,
            })
        })?
        .collect()
}
