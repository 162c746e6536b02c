//! The social app as the engine sees it.
//!
//! Owns nothing but the signed-in user: every method is one line, and the module it calls has the answer.

use outrigger_engine::app::{
    Accepted, App, Applied, Batches, Capabilities, Facts, Invalid, LookUp, Merge, Observed, Recognition,
    Request, Retirement, Unreadable, Unresolved, Uploads,
};
use outrigger_engine::http::{Header, HttpRequest, Response};
use outrigger_engine::idmap::{IdMap, Ids};
use outrigger_engine::ids::{ClientId, Entity, Key};
use rusqlite::Connection;

use crate::id::UserId;
use crate::mutation::Mutation;
use crate::observe::Observation;
use crate::table::Row as _;
use crate::table::user::UserRow;
use crate::{accept, answer, apply, coalesce, request, table, wire};

/// Bytes of an upload in one request: small enough that a bad connection loses little.
pub const UPLOAD_PART_BYTES: u64 = 256 * 1024;
/// Requests in one batch.
pub const BATCH_ITEMS_MAX: usize = 100;
/// Bytes of one batch.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// The social app of one signed-in user.
#[derive(Debug, Clone)]
pub struct Social {
    me: Me,
}

/// The signed-in user.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) id: UserId,
    said: wire::User,
}

impl Me {
    /// Sees to it that what they write has an author with a name.
    fn introduce(&self, db: &Connection) -> rusqlite::Result<()> {
        let name = self.said.name.clone();
        UserRow { name }.write(db, self.id.0)
    }

    /// Takes over somebody's name as the server says it. The signed-in user's own is known since the database was opened.
    pub(crate) fn see(&self, db: &Connection, user: &wire::User) -> rusqlite::Result<()> {
        if *user == self.said {
            return Ok(());
        }
        let name = user.name.clone();
        UserRow { name }.write(db, UserId::of_server(&user.id).0)
    }
}

impl Social {
    /// The app, for this user.
    pub fn new(me: wire::User) -> Self {
        Self {
            me: Me {
                id: UserId::of_server(&me.id),
                said: me,
            },
        }
    }

    /// The signed-in user.
    pub const fn me(&self) -> UserId {
        self.me.id
    }

    /// The signed-in user's name.
    pub fn name(&self) -> &str {
        &self.me.said.name
    }
}

impl App for Social {
    type Mutation = Mutation;
    type Observation = Observation;

    const NAME: &'static str = "social";
    const PAYLOAD_VERSION: u32 = 1;
    const MIGRATIONS: &'static [&'static str] = &[include_str!("migrations/0001-social.sql")];

    fn opened(&self, db: &Connection) -> rusqlite::Result<()> {
        self.me.introduce(db)
    }

    fn lift(&self, version: u32, payload: serde_json::Value) -> Result<serde_json::Value, Unreadable> {
        match version {
            Self::PAYLOAD_VERSION => Ok(payload),
            // When there is a version 2: `1 => self.lift(2, from_1_to_2(payload)?)`, and so on, each to the one after it.
            _ => Err(Unreadable(format!(
                "written by payload version {version}; this program knows versions 1 to {}: update it",
                Self::PAYLOAD_VERSION
            ))),
        }
    }

    fn validate(&self, mutation: &Mutation) -> Result<(), Invalid> {
        let about_oneself = match mutation {
            Mutation::Follow(follow) if follow.user == self.me.id => Some("follow"),
            Mutation::OpenConversation { user } if *user == self.me.id => Some("write to"),
            _ => None,
        };
        if let Some(what) = about_oneself {
            return Err(Invalid(format!(
                "nobody can {what} themselves: name somebody else"
            )));
        }
        mutation.validate()
    }

    fn facts(&self, mutation: &Mutation) -> Facts {
        mutation.facts()
    }

    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        coalesce::coalesce(old, new)
    }

    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        apply::apply(db, &self.me, mutation)
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        table::load(db, entity)
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        table::store(db, entity, row)
    }

    fn request(&self, mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        request::request(mutation, ids)
    }

    fn recognise(&self, response: &Response) -> Recognition {
        answer::recognise(response)
    }

    fn accept(
        &self,
        db: &Connection,
        mutation: &Mutation,
        response: &Response,
        _ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        accept::accept(db, &self.me, mutation, response)
    }

    fn observe(&self, observation: &Observation, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        observation.rows(ids)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keys: true,
            batches: Some(Batches {
                path: "/v1/batch".to_owned(),
                items_max: BATCH_ITEMS_MAX,
                bytes_max: BATCH_BYTES_MAX,
            }),
            uploads: Some(Uploads {
                path: "/v1/uploads".to_owned(),
                part_bytes_max: UPLOAD_PART_BYTES,
            }),
        }
    }

    fn probe(&self) -> HttpRequest {
        answer::probe()
    }

    fn headers(&self) -> Vec<Header> {
        answer::headers()
    }

    fn look_up(&self, mutation: &Mutation, key: Key, _ids: &Ids<'_>) -> Option<Request> {
        answer::look_up(mutation, key)
    }

    fn looked_up(&self, mutation: &Mutation, response: &Response) -> LookUp {
        answer::looked_up(mutation, response)
    }

    fn retire(&self, client: ClientId) -> Option<HttpRequest> {
        Some(answer::retire(client))
    }

    fn retired(&self, response: &Response) -> Option<Retirement> {
        answer::retired(response)
    }

    fn follow_up(&self, sent: &Mutation, wanted: &Mutation) -> Option<Mutation> {
        coalesce::follow_up(sent, wanted)
    }

    fn compensation(&self, sent: &Mutation) -> Option<Mutation> {
        coalesce::compensation(sent)
    }
}
