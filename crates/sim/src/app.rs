//! The social app, as a version that also reads what an older version wrote.
//!
//! Owns the older form of a payload: the upgrade that the simulator plays. Everything else is the social app's.

use outrigger_engine::app::{
    Accepted, App, Applied, Capabilities, Facts, Invalid, LookUp, Merge, Observed, Recognition, Request,
    Retirement, Unreadable, Unresolved,
};
use outrigger_engine::http::{Header, HttpRequest, Response};
use outrigger_engine::idmap::{IdMap, Ids};
use outrigger_engine::ids::{ClientId, Entity, Key};
use outrigger_social::{Mutation, Observation, Social, wire};
use rusqlite::Connection;

/// The payload version before the first: the mutation within an envelope.
pub(crate) const OLDER: u32 = 0;

/// A payload in its older form.
pub(crate) fn older_form(payload: &str) -> String {
    format!(r#"{{"envelope":{payload}}}"#)
}

/// The app on a simulated device.
#[derive(Debug)]
pub(crate) struct Phone(Social);

impl Phone {
    pub(crate) fn new(me: wire::User) -> Self {
        Self(Social::new(me))
    }
}

impl App for Phone {
    type Mutation = Mutation;
    type Observation = Observation;

    const NAME: &'static str = Social::NAME;
    const PAYLOAD_VERSION: u32 = Social::PAYLOAD_VERSION;
    const MIGRATIONS: &'static [&'static str] = Social::MIGRATIONS;

    fn opened(&self, db: &Connection) -> rusqlite::Result<()> {
        self.0.opened(db)
    }

    fn lift(&self, version: u32, mut payload: serde_json::Value) -> Result<serde_json::Value, Unreadable> {
        if version == OLDER {
            return Ok(payload["envelope"].take());
        }
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

    fn capabilities(&self) -> Capabilities {
        let mut offered = self.0.capabilities();
        // Small parts, so that small pictures are sent in several.
        if let Some(uploads) = &mut offered.uploads {
            uploads.part_bytes_max = 1_000;
        }
        offered
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
