//! The social app on a backend without batches: every write is a request of its own.
//!
//! Owns that one difference. Everything else is [`Social`]'s.

use outrigger_engine::App;
use outrigger_engine::app::{
    Accepted, Applied, Capabilities, Facts, Invalid, LookUp, Merge, Observed, Recognition, Request,
    Retirement, Unreadable, Unresolved,
};
use outrigger_engine::http::{Header, HttpRequest, Response};
use outrigger_engine::idmap::{IdMap, Ids};
use outrigger_engine::ids::{ClientId, Entity, Key};
use outrigger_social::{Mutation, Observation, Social};
use rusqlite::Connection;

/// [`Social`] without batches.
#[derive(Debug, Clone)]
pub(crate) struct Plain(pub(crate) Social);

impl App for Plain {
    type Mutation = Mutation;
    type Observation = Observation;

    const NAME: &'static str = Social::NAME;
    const PAYLOAD_VERSION: u32 = Social::PAYLOAD_VERSION;
    const MIGRATIONS: &'static [&'static str] = Social::MIGRATIONS;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            batches: None,
            ..self.0.capabilities()
        }
    }

    fn lift(&self, version: u32, payload: serde_json::Value) -> Result<serde_json::Value, Unreadable> {
        self.0.lift(version, payload)
    }

    fn validate(&self, mutation: &Mutation) -> Result<(), Invalid> {
        self.0.validate(mutation)
    }

    fn facts(&self, mutation: &Mutation) -> Facts {
        self.0.facts(mutation)
    }

    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        self.0.coalesce(old, new)
    }

    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        self.0.apply(db, mutation)
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        self.0.load(db, entity)
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        self.0.store(db, entity, row)
    }

    fn request(&self, mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        self.0.request(mutation, ids)
    }

    fn recognise(&self, response: &Response) -> Recognition {
        self.0.recognise(response)
    }

    fn accept(
        &self,
        db: &Connection,
        mutation: &Mutation,
        response: &Response,
        ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        self.0.accept(db, mutation, response, ids)
    }

    fn observe(&self, observation: &Observation, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        self.0.observe(observation, ids)
    }

    fn probe(&self) -> HttpRequest {
        self.0.probe()
    }

    fn headers(&self) -> Vec<Header> {
        self.0.headers()
    }

    fn look_up(&self, mutation: &Mutation, key: Key, ids: &Ids<'_>) -> Option<Request> {
        self.0.look_up(mutation, key, ids)
    }

    fn looked_up(&self, mutation: &Mutation, response: &Response) -> LookUp {
        self.0.looked_up(mutation, response)
    }

    fn retire(&self, client: ClientId) -> Option<HttpRequest> {
        self.0.retire(client)
    }

    fn retired(&self, response: &Response) -> Option<Retirement> {
        self.0.retired(response)
    }

    fn follow_up(&self, sent: &Mutation, wanted: &Mutation) -> Option<Mutation> {
        self.0.follow_up(sent, wanted)
    }

    fn compensation(&self, sent: &Mutation) -> Option<Mutation> {
        self.0.compensation(sent)
    }
}
