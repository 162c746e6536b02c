//! Reading from the server into the local database, step by step: which paths to fetch, what the answers say, what they leave out.
//!
//! Owns the rules that every host needs for that. Never fetches and never writes: the host fetches, the engine takes over.

use outrigger_engine::Error;
use outrigger_engine::http::Response;
use outrigger_engine::idmap::Ids;
use outrigger_engine::ids::{Entity, ServerId};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::id::{ConversationId, PostId, UserId};
use crate::observe::{Observation, Read, ReadError};
use crate::query::{self, Page};
use crate::reads::{self, Scope, ServerCursor};

/// Posts that are asked for one by one, at most, where a page lacks them.
const MISSING_MAX: usize = 20;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "read", rename_all = "snake_case")]
pub enum Wanted {
    /// A page of the feed.
    Feed {
        /// Whose posts.
        scope: Scope,
        /// From where on.
        #[serde(default)]
        cursor: Option<ServerCursor>,
    },
    /// A page of somebody's posts.
    PostsOf {
        /// Whose.
        user: UserId,
        /// From where on.
        #[serde(default)]
        cursor: Option<ServerCursor>,
    },
    /// One post.
    Post {
        /// Which.
        post: PostId,
    },
    /// A post and the first page of its comments.
    Thread {
        /// Which.
        post: PostId,
    },
    /// A further page of comments.
    Comments {
        /// On which post.
        post: PostId,
        /// From where on.
        cursor: ServerCursor,
    },
    /// Somebody's profile.
    Profile {
        /// Whose.
        user: UserId,
    },
    /// The profile of the user of this name.
    UserNamed {
        /// The name.
        name: String,
    },
    /// A page of conversations.
    Conversations {
        /// From where on.
        #[serde(default)]
        cursor: Option<ServerCursor>,
    },
    /// A page of messages, newest first.
    Messages {
        /// In which conversation.
        conversation: ConversationId,
        /// From where on.
        #[serde(default)]
        cursor: Option<ServerCursor>,
    },
}

/// A read that has begun.
#[derive(Debug, Clone)]
pub struct Refresh {
    wanted: Wanted,
    /// What the list held here, of what the server knows, as far as its first page reaches.
    before: Vec<Entity>,
    /// The paths to fetch, in this order; none where the server does not know yet what is asked about.
    pub paths: Vec<String>,
}

/// What the answers say.
#[derive(Debug, Clone)]
pub struct Understood {
    /// For the engine.
    pub observation: Observation,
    /// Where the next page begins.
    pub next: Option<ServerCursor>,
}

/// What stood in a list here and was not in the server's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// It was deleted, or belongs to the list no more: each is to be read by itself.
    pub ask: Vec<PostId>,
    /// It was deleted.
    pub gone: Vec<Entity>,
}

impl Refresh {
    /// Begins a read.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin(db: &Connection, me: UserId, wanted: Wanted) -> Result<Self, Error> {
        Ok(Self {
            paths: paths(db, &wanted)?,
            before: before(db, me, &wanted)?,
            wanted,
        })
    }

    /// Reads the answers, one for each path.
    ///
    /// # Errors
    /// Where one of them is not what was asked for.
    pub fn understand(&self, responses: &[Response]) -> Result<Understood, ReadError> {
        let [first, rest @ ..] = responses else {
            return Err(ReadError::Alien("nothing was fetched"));
        };
        let about = match &self.wanted {
            Wanted::Post { post } | Wanted::Thread { post } => Some(post.entity()),
            _ => None,
        };
        if let Some(entity) = about
            && matches!(first.status, 404 | 410)
        {
            return Ok(Understood {
                observation: Observation::gone(entity),
                next: None,
            });
        }
        let whole = |observation| Read {
            observation,
            next: None,
        };
        let Read { observation, next } = match (&self.wanted, rest) {
            (Wanted::Feed { .. } | Wanted::PostsOf { .. }, _) => Observation::feed(first)?,
            (Wanted::Thread { .. }, [comments, ..]) => Observation::thread(first, comments)?,
            (Wanted::Post { .. } | Wanted::Thread { .. }, _) => whole(Observation::post(first)?),
            (Wanted::Comments { .. }, _) => Observation::comments(first)?,
            (Wanted::Profile { .. }, _) => whole(Observation::profile(first)?),
            (Wanted::UserNamed { .. }, _) => Observation::profiles(first)?,
            (Wanted::Conversations { .. }, _) => Observation::conversations(first)?,
            (Wanted::Messages { conversation, .. }, _) => Observation::messages(*conversation, first)?,
        };
        Ok(Understood { observation, next })
    }

    /// What was in the list here and is not among `there`, what the engine has taken over. A page tells nothing of what is older than its last.
    pub fn left_out(&self, there: &[Entity], is_all: bool) -> LeftOut {
        let there: BTreeSet<&Entity> = there.iter().collect();
        let known = self.before.iter().rposition(|entity| there.contains(entity));
        let covered = if is_all {
            self.before.len()
        } else {
            known.unwrap_or(0)
        };
        let missing = self.before[..covered]
            .iter()
            .filter(|entity| !there.contains(entity));
        match self.wanted {
            Wanted::Feed { .. } | Wanted::PostsOf { .. } => LeftOut {
                ask: missing
                    .take(MISSING_MAX)
                    .map(|entity| PostId(entity.id))
                    .collect(),
                gone: Vec::new(),
            },
            _ if is_all => LeftOut {
                ask: Vec::new(),
                gone: missing.cloned().collect(),
            },
            _ => LeftOut::default(),
        }
    }
}

fn paths(db: &Connection, wanted: &Wanted) -> Result<Vec<String>, Error> {
    let about = match wanted {
        Wanted::Feed { scope, cursor } => return Ok(vec![reads::feed(*scope, cursor.as_ref())]),
        Wanted::UserNamed { name } => return Ok(vec![reads::user_named(name)]),
        Wanted::Conversations { cursor } => return Ok(vec![reads::conversations(cursor.as_ref())]),
        Wanted::PostsOf { user, .. } | Wanted::Profile { user } => user.entity(),
        Wanted::Post { post } | Wanted::Thread { post } | Wanted::Comments { post, .. } => post.entity(),
        Wanted::Messages { conversation, .. } => conversation.entity(),
    };
    let Some(id) = Ids::new(db).server_id(&about)? else {
        return Ok(Vec::new());
    };
    Ok(of_server(wanted, &id))
}

fn of_server(wanted: &Wanted, id: &ServerId) -> Vec<String> {
    match wanted {
        Wanted::PostsOf { cursor, .. } => vec![reads::posts_of(id, cursor.as_ref())],
        Wanted::Post { .. } => vec![reads::post(id)],
        Wanted::Thread { .. } => vec![reads::post(id), reads::comments(id, None)],
        Wanted::Comments { cursor, .. } => vec![reads::comments(id, Some(cursor))],
        Wanted::Profile { .. } => vec![reads::profile(id)],
        Wanted::Messages { cursor, .. } => vec![reads::messages(id, cursor.as_ref())],
        Wanted::Feed { .. } | Wanted::UserNamed { .. } | Wanted::Conversations { .. } => Vec::new(),
    }
}

/// What a list holds here of what the server knows. Of further pages nothing is said: where they begin here is not known.
fn before(db: &Connection, me: UserId, wanted: &Wanted) -> Result<Vec<Entity>, Error> {
    let page = Page::default();
    let found = match wanted {
        Wanted::Feed { scope, cursor: None } => posts(query::feed(db, me, *scope, page)?),
        Wanted::PostsOf { user, cursor: None } => posts(query::posts_of(db, *user, page)?),
        Wanted::Thread { post } => {
            let rows = query::comments(db, *post, page)?.rows.into_iter();
            rows.filter_map(|row| row.server_id.map(|_| row.comment.id.entity()))
                .collect()
        }
        Wanted::Messages {
            conversation,
            cursor: None,
        } => {
            let rows = query::conversation(db, *conversation, page)?.rows.into_iter();
            rows.filter_map(|row| row.server_id.map(|_| row.message.id.entity()))
                .collect()
        }
        _ => Vec::new(),
    };
    Ok(found)
}

fn posts(listed: query::Listed<query::PostView>) -> Vec<Entity> {
    let rows = listed.rows.into_iter();
    rows.filter_map(|row| row.server_id.map(|_| row.id.entity()))
        .collect()
}
