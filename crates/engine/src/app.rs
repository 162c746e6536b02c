//! What an author writes to put an app on the engine: the mutations, what they mean locally, and how they are spoken to a backend.
//!
//! Owns the contract. The engine decides when and whether; the app only says what. Nothing here does IO beyond the transaction it is handed.

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

use crate::http::{Header, HttpRequest, Method, Response, Target};
use crate::idmap::Ids;
use crate::ids::{ClientId, Entity, Key, LocalId, ServerId, Sha256};

/// What a mutation does to its entity on the server, in the terms that decide what an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Makes the entity, with a new server id.
    Create,
    /// Changes it.
    Update,
    /// Removes it; "it is not there" is success.
    Delete,
    /// Sees to it that something set-like is there (a like, a follow, a conversation with somebody); "it exists" is success.
    Ensure,
    /// Sees to it that something set-like is not there; "it is not there" is success.
    Remove,
}

/// What the engine must know of a mutation to keep, order and send it. A pure function of the mutation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its name, as `post.create`: shown to people, never parsed.
    pub name: &'static str,
    /// What it does.
    pub intent: Intent,
    /// What it does it to.
    pub entity: Entity,
    /// Mutations of one lane take effect in the order in which they were made.
    pub lane: LocalId,
    /// Other entities that it names: it waits until each of them exists on the server.
    pub names: Vec<Entity>,
    /// Files that must have been uploaded before.
    pub attachments: Vec<Sha256>,
}

impl Facts {
    /// A mutation of `entity` in the entity's own lane, naming nothing else.
    pub fn new(name: &'static str, intent: Intent, entity: Entity) -> Self {
        let lane = entity.id;
        Self {
            name,
            intent,
            entity,
            lane,
            names: Vec::new(),
            attachments: Vec::new(),
        }
    }

    /// The same in another lane.
    #[must_use]
    pub fn in_lane(mut self, lane: LocalId) -> Self {
        self.lane = lane;
        self
    }

    /// The same, naming this entity too.
    #[must_use]
    pub fn naming(mut self, entity: Entity) -> Self {
        self.names.push(entity);
        self
    }

    /// The same, with these files.
    #[must_use]
    pub fn with_attachments(mut self, attachments: impl IntoIterator<Item = Sha256>) -> Self {
        self.attachments.extend(attachments);
        self
    }
}

/// What becomes of an older mutation of an entity, never sent, when a newer one comes.
///
/// The law: from whatever state the server is in, it must end as it would have had both been sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge<M> {
    /// Both are sent.
    Keep,
    /// One takes the older one's place, and all that either waits for.
    IntoOlder(M),
    /// The newer one stands for both, in its own place.
    IntoNewer(M),
    /// Neither is sent, nor what depends on the older one.
    Neither,
}

/// Whether an optimistic change found what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is shown now.
    Shown,
    /// The entity (or one it names) is not there.
    Missing,
}

impl Applied {
    /// Shown, if the statement that shows it changed any rows.
    pub const fn if_any(changed: usize) -> Self {
        match changed {
            0 => Self::Missing,
            _ => Self::Shown,
        }
    }
}

/// How a mutation is spoken to the backend.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// The JSON body, if any.
    pub body: Option<serde_json::Value>,
    /// Whether the server is to refuse it if the entity is no longer in the version last seen (`If-Match`).
    pub guarded: bool,
}

impl Request {
    /// A request without body.
    pub fn new(method: Method, target: Target) -> Self {
        Self {
            method,
            target,
            body: None,
            guarded: false,
        }
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn with_body(mut self, body: serde_json::Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The same, guarded by the version last seen.
    #[must_use]
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }
}

/// A body names an entity or a file that has no id on the server yet: the mutation cannot be spoken before it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reference has no server id yet")]
pub struct Unresolved;

/// Who answered, and what kind of answer it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognition {
    /// The backend, without complaint: its status says what became of the request.
    Answer,
    /// The backend, with a problem of a known kind.
    Problem(Problem),
    /// Not the backend: a captive portal, a proxy's page, something cut short. Never an acknowledgement.
    Alien {
        /// What gave it away, for people.
        sign: &'static str,
    },
}

/// A problem as the backend told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind, where the engine has an answer to it.
    pub kind: ProblemKind,
    /// The backend's own word for it.
    pub code: String,
    /// What happened, for people.
    pub detail: String,
}

/// The kinds of problem that the engine tells apart beyond the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The same key is being handled right now.
    InProgress,
    /// The backend has seen this client further on: this database is an older copy.
    ClientRewound,
    /// This client id was retired.
    ClientRetired,
    /// The wanted thing exists already.
    Exists,
    /// A named upload is unknown, unfinished or gone.
    UploadMissing,
    /// Anything else: the status decides.
    Other,
}

/// What an acknowledged mutation taught about its entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The server's id of the entity, where the answer gives it.
    pub server_id: Option<ServerId>,
    /// The version of it (`ETag`), where the answer gives it.
    pub version: Option<String>,
}

impl Accepted {
    /// The server calls the entity so, and gives no versions.
    pub const fn under(server_id: ServerId) -> Self {
        Self {
            server_id: Some(server_id),
            version: None,
        }
    }
}

/// What a look-up before a re-send, or of an uncertain create, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookUp {
    /// It took effect; this is the answer that it would have had.
    Done(Response),
    /// It did not.
    NotDone,
    /// It cannot be told from this answer.
    Unclear,
}

impl LookUp {
    /// The row that the mutation made, if the server has one; the answer that it would have had is this row.
    pub fn row(found: Option<&serde_json::Value>) -> Self {
        match found {
            Some(row) => Self::Done(Response {
                status: 200,
                headers: vec![("content-type".into(), "application/json".to_owned())],
                body: row.to_string().into_bytes(),
            }),
            None => Self::NotDone,
        }
    }
}

/// What a server says of a client id that it retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retirement {
    /// The greatest key that it has ever seen from it.
    pub highest_key: Option<Key>,
    /// Whether it was retired before this request: then another copy of the database may have gone on from there under another id.
    pub already: bool,
}

/// One row that was read from the server, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Which entity, by its local id (from [`crate::idmap::IdMap`]).
    pub entity: Entity,
    /// Its base row, as [`App::load`] would give it; `None` where the server says that it is gone.
    pub row: Option<Vec<u8>>,
    /// Its version (`ETag`), if it has one.
    pub version: Option<String>,
}

impl Observed {
    /// Of a backend that gives no versions.
    pub const fn row(entity: Entity, row: Option<Vec<u8>>) -> Self {
        Self {
            entity,
            row,
            version: None,
        }
    }
}

/// A payload that cannot be read: written by a newer version, or broken. It is kept, shown and exportable, never sent and never deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// A mutation that must not be queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// Batches, in the OData 4.01 JSON format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    /// Where they are posted.
    pub path: String,
    /// At most so many requests.
    pub items_max: usize,
    /// At most so many bytes of body.
    pub bytes_max: usize,
}

/// Uploads, by tus 1.0 (core and creation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploads {
    /// Where they are created.
    pub path: String,
    /// At most so many bytes in one request.
    pub part_bytes_max: u64,
}

/// What the backend offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// It knows `Idempotency-Key` and `Outrigger-Client`: writes are exactly-once. Without, a write whose answer was lost is at-least-once,
    /// unless [`App::look_up`] can tell.
    pub keys: bool,
    /// It takes batches.
    pub batches: Option<Batches>,
    /// It takes uploads.
    pub uploads: Option<Uploads>,
}

/// An app on the engine. See the crate's documentation for the smallest whole one.
pub trait App: Send + Sync + 'static {
    /// What the app's users can do, as data.
    type Mutation: Clone + Debug + PartialEq + Send + Serialize + DeserializeOwned + 'static;
    /// What a read of the server brings.
    type Observation: Debug + Send + 'static;

    /// The app's name; a database belongs to one app.
    const NAME: &'static str;
    /// The version of the mutations' JSON; raised whenever its meaning changes.
    const PAYLOAD_VERSION: u32;
    /// The app's own tables: SQL scripts, run once each, in order. Never changed once released.
    const MIGRATIONS: &'static [&'static str];

    /// Called whenever a database is opened, after the [migrations](App::MIGRATIONS): for rows that the app always needs, as the signed-in user's.
    ///
    /// # Errors
    /// What the database says.
    fn opened(&self, db: &Connection) -> rusqlite::Result<()> {
        let _ = db;
        Ok(())
    }

    /// The JSON of a mutation written by an older version, lifted to this one.
    ///
    /// # Errors
    /// Where no reading of it is known.
    fn lift(&self, version: u32, payload: serde_json::Value) -> Result<serde_json::Value, Unreadable> {
        let _ = payload;
        Err(Unreadable(format!(
            "written by payload version {version}, which this program does not know"
        )))
    }

    /// Whether it may be queued: the rule that the server will apply too.
    ///
    /// # Errors
    /// What is wrong, in words that say what to do.
    fn validate(&self, mutation: &Self::Mutation) -> Result<(), Invalid> {
        let _ = mutation;
        Ok(())
    }

    /// What the engine must know of it.
    fn facts(&self, mutation: &Self::Mutation) -> Facts;

    /// What becomes of `old`, never sent and of the same entity, when `new` comes.
    fn coalesce(&self, old: &Self::Mutation, new: &Self::Mutation) -> Merge<Self::Mutation> {
        let _ = (old, new);
        Merge::Keep
    }

    /// Shows the mutation locally.
    ///
    /// # Errors
    /// What the database says.
    fn apply(&self, db: &Connection, mutation: &Self::Mutation) -> rusqlite::Result<Applied>;

    /// The local row of an entity as bytes, or `None` where there is none.
    ///
    /// # Errors
    /// What the database says.
    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>>;

    /// Makes the local row of an entity what [`App::load`] gave (`None`: removes it).
    ///
    /// # Errors
    /// What the database says.
    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()>;

    /// How it is spoken to the backend.
    ///
    /// # Errors
    /// [`Unresolved`] where the body names something without a server id. That `ids` could not be read the engine notices by itself.
    fn request(&self, mutation: &Self::Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved>;

    /// Who answered. The default takes any 2xx and any 4xx or 5xx whose body is empty or JSON for the backend's, and everything else for alien.
    fn recognise(&self, response: &Response) -> Recognition {
        crate::recognise::plain_rest(response)
    }

    /// Records in the entity's row what an acknowledgement says. When this is called the row is what the server had confirmed, with the mutation
    /// [applied](App::apply) to it; afterwards it must be what the server now holds. Where the answer says no more than that, nothing is to be done.
    ///
    /// # Errors
    /// What the database says.
    fn accept(
        &self,
        db: &Connection,
        mutation: &Self::Mutation,
        response: &Response,
        ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted>;

    /// The rows in an observation. Local ids come from `ids`, which makes one for each server id not seen before.
    ///
    /// # Errors
    /// What the database says.
    fn observe(
        &self,
        observation: &Self::Observation,
        ids: &mut crate::idmap::IdMap<'_>,
    ) -> rusqlite::Result<Vec<Observed>>;

    /// What the backend offers.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// A cheap read that only the backend answers, to find out whether it can be reached.
    fn probe(&self) -> HttpRequest;

    /// Headers for every request of the app's, as `Accept`.
    fn headers(&self) -> Vec<Header> {
        Vec::new()
    }

    /// A request that tells whether this mutation, sent before under this key, took effect. For backends without keys it is asked before a
    /// re-send; for ours, to settle what is uncertain. `None` where there is none.
    fn look_up(&self, mutation: &Self::Mutation, key: Key, ids: &Ids<'_>) -> Option<Request> {
        let _ = (mutation, key, ids);
        None
    }

    /// What the answer to [`App::look_up`] says.
    fn looked_up(&self, mutation: &Self::Mutation, response: &Response) -> LookUp {
        let _ = (mutation, response);
        LookUp::Unclear
    }

    /// A request that retires a client id, after which the server refuses everything from it.
    fn retire(&self, client: ClientId) -> Option<HttpRequest> {
        let _ = client;
        None
    }

    /// What the server says of the client that it retired, from the answer to [`App::retire`].
    fn retired(&self, response: &Response) -> Option<Retirement> {
        let _ = response;
        None
    }

    /// A mutation that changes what `sent` made into what `wanted` would have made: for an edit of something whose sending cannot be taken back.
    fn follow_up(&self, sent: &Self::Mutation, wanted: &Self::Mutation) -> Option<Self::Mutation> {
        let _ = (sent, wanted);
        None
    }

    /// A mutation that undoes `sent`, if it took effect: for discarding something whose sending cannot be taken back.
    fn compensation(&self, sent: &Self::Mutation) -> Option<Self::Mutation> {
        let _ = sent;
        None
    }
}
