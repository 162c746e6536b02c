//! The engine in a Worker: what JavaScript calls.
//!
//! Owns the engine, its database and the reads that are under way. Every method takes JSON and gives JSON; what the engine could not commit is an error with
//! one word for its kind, and nothing was changed.

use outrigger_engine::http::{Answer, Response};
use outrigger_engine::ids::{AttemptId, CallId, ReadMark};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Error, Event, Limits, Options, Reply, inspect};
use outrigger_social::refresh::{Refresh, Wanted};
use outrigger_social::{Social, wire};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlite_wasm_vfs::sahpool::OpfsSAHPoolUtil;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::shape::{Call, EffectOut, Notice, Query, ReplyOut, ResponseIn};
use crate::storage::{self, Opened};
use crate::{call, effect, effects, notice, query};

/// Requests at once: the app offers batches.
const CONCURRENCY: usize = 4;

/// What a host is opened with.
#[derive(Deserialize)]
struct Settings {
    /// The name of the database, of lower-case letters and digits.
    name: String,
    /// The server's base URL.
    server: String,
    /// Whose it is.
    account: wire::User,
    /// Whether to keep it in memory only.
    memory: bool,
}

/// A read of the server that is under way.
struct Reading {
    refresh: Refresh,
    began: ReadMark,
}

/// The engine of one account.
#[wasm_bindgen]
pub struct Host {
    engine: Engine<Social>,
    app: Arc<Social>,
    pool: Option<OpfsSAHPoolUtil>,
    existed: bool,
    readings: BTreeMap<u32, Reading>,
    next_reading: u32,
}

#[wasm_bindgen]
impl Host {
    /// Opens the database and the engine on it. `seed`: 32 random bytes.
    ///
    /// # Errors
    /// A database of somebody else's or of a newer version is refused, and left as it is.
    pub async fn open(settings: String, seed: &[u8], wall: f64, monotonic: f64) -> Result<Host, JsError> {
        let settings: Settings = parse(&settings)?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| JsError::new("invalid: a seed has 32 bytes"))?;
        let Opened { db, pool, existed } = match settings.memory {
            true => storage::in_memory()?,
            false => storage::open(&settings.name).await?,
        };
        let app = Arc::new(Social::new(settings.account.clone()));
        let options = Options {
            server: settings.server,
            account: settings.account.id,
            seed,
            now: now(wall, monotonic),
            limits: Limits::default(),
            concurrency: CONCURRENCY,
            shared: false,
            durable: true,
        };
        let opened = Engine::open(db, Arc::clone(&app), options).map_err(storage::told);
        let engine = match opened {
            Ok(engine) => engine,
            Err(error) => {
                // Another tab may be able to: one of a newer version.
                storage::let_go(pool.as_ref());
                return Err(failed(&error));
            }
        };
        Ok(Self {
            engine,
            app,
            pool,
            existed,
            readings: BTreeMap::new(),
            next_reading: 0,
        })
    }

    /// Removes all of a database. Whoever calls this holds its lock, and has not opened it.
    ///
    /// # Errors
    /// Where something of it may have stayed.
    pub async fn erase(name: String) -> Result<(), JsError> {
        storage::erase(&name).await
    }

    /// Whether there was a database before this one was opened.
    pub fn existed(&self) -> bool {
        self.existed
    }

    /// Something happened; a JSON array of effects.
    ///
    /// # Errors
    /// Where it could not be committed.
    pub fn notice(&mut self, wall: f64, monotonic: f64, what: &str) -> Result<String, JsError> {
        self.handle(now(wall, monotonic), &notice(parse::<Notice>(what)?))
    }

    /// Something is asked for; its reply is among the effects.
    ///
    /// # Errors
    /// Where it could not be committed.
    pub fn call(&mut self, wall: f64, monotonic: f64, id: f64, what: &str) -> Result<String, JsError> {
        let asked = parse::<Call>(what)?;
        self.handle(now(wall, monotonic), &[call(CallId(id as u64), asked)])
    }

    /// A request was answered.
    ///
    /// # Errors
    /// Where it could not be committed: it is to be brought again.
    pub fn answered(
        &mut self,
        wall: f64,
        monotonic: f64,
        attempt: f64,
        status: u16,
        headers: &str,
        body: Vec<u8>,
    ) -> Result<String, JsError> {
        let headers: Vec<(String, String)> = parse(headers)?;
        let answer = Answer::Response(Response {
            status,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
            body,
        });
        let attempt = AttemptId(attempt as u64);
        self.handle(now(wall, monotonic), &[Event::Answered { attempt, answer }])
    }

    /// A request was not answered.
    ///
    /// # Errors
    /// Where it could not be committed: it is to be brought again.
    pub fn unreached(
        &mut self,
        wall: f64,
        monotonic: f64,
        attempt: f64,
        reason: String,
    ) -> Result<String, JsError> {
        let answer = Answer::Unreached { reason };
        let attempt = AttemptId(attempt as u64);
        self.handle(now(wall, monotonic), &[Event::Answered { attempt, answer }])
    }

    /// Answers a query, as JSON.
    ///
    /// # Errors
    /// What the database says.
    pub fn query(&self, what: &str) -> Result<String, JsError> {
        let asked = parse::<Query>(what)?;
        let answer = query::answer(self.engine.db(), self.app.me(), asked).map_err(|error| failed(&error))?;
        Ok(answer.to_string())
    }

    /// Begins a read of the server: a JSON array of the paths to fetch, and the number to finish it with. `null` where the server does not know yet what is
    /// asked about.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin_read(&mut self, what: &str) -> Result<JsValue, JsError> {
        let wanted = parse::<Wanted>(what)?;
        let db = self.engine.db();
        let begun = inspect::read_mark(db)
            .and_then(|began| Ok((began, Refresh::begin(db, self.app.me(), wanted)?)))
            .map_err(|error| failed(&error));
        let (began, refresh) = begun?;
        if refresh.paths.is_empty() {
            return Ok(JsValue::NULL);
        }
        self.next_reading += 1;
        let paths = &refresh.paths;
        let begun = serde_json::json!({ "reading": self.next_reading, "paths": paths }).to_string();
        self.readings
            .insert(self.next_reading, Reading { refresh, began });
        Ok(JsValue::from_str(&begun))
    }

    /// Gives a read up.
    pub fn abandon_read(&mut self, reading: u32) {
        self.readings.remove(&reading);
    }

    /// Takes the answers to a read over, one for each path. The effects begin with a reply to the call 0 that says what was in it.
    ///
    /// # Errors
    /// Where an answer is not what was asked for, or could not be committed.
    pub fn finish_read(
        &mut self,
        wall: f64,
        monotonic: f64,
        reading: u32,
        responses: &str,
    ) -> Result<String, JsError> {
        let responses: Vec<ResponseIn> = parse(responses)?;
        let responses: Vec<Response> = responses.into_iter().map(response).collect();
        let Reading { refresh, began } = self
            .readings
            .remove(&reading)
            .ok_or_else(|| JsError::new("unknown: no such read has begun"))?;
        let understood = refresh
            .understand(&responses)
            .map_err(|error| JsError::new(&format!("server: {error}")))?;
        let users = understood.observation.users();
        let observed = Event::Observed {
            call: CallId(0),
            observation: understood.observation,
            began: Some(began),
        };
        let at = now(wall, monotonic);
        let done = self.engine.handle(at, &[observed]).map_err(storage::told);
        let (there, mut rest) = take_observed(done.map_err(|error| failed(&error))?);
        let left_out = refresh.left_out(&there, understood.next.is_none());
        let gone = left_out.gone.into_iter().map(|entity| Event::Observed {
            call: CallId(0),
            observation: outrigger_social::Observation::gone(entity),
            began: Some(began),
        });
        let gone: Vec<_> = gone.collect();
        if !gone.is_empty() {
            // What came is committed, and its effects are to be performed whatever becomes of this: what is gone the next read finds again.
            if let Ok(done) = self.engine.handle(at, &gone) {
                rest.extend(take_observed(done).1);
            }
        }
        let mut all = vec![EffectOut::Reply {
            call: 0,
            reply: ReplyOut::Observed {
                users,
                missing: left_out.ask,
                next: understood.next.map(|next| next.0),
            },
        }];
        all.extend(effects(rest));
        json(&all)
    }

    /// Lets the database and its files go, so that another tab can open them. Consumes the host.
    pub fn release(self) -> Result<(), JsError> {
        let Self { engine, pool, .. } = self;
        drop(engine);
        if let Some(pool) = pool {
            pool.pause()?;
        }
        Ok(())
    }
}

impl Host {
    fn handle(&mut self, now: Now, events: &[Event<Social>]) -> Result<String, JsError> {
        match self.engine.handle(now, events).map_err(storage::told) {
            Ok(done) => json(&effects(done)),
            // Whoever waits for a reply is told; what nobody waits for is brought again.
            Err(error) => match events.iter().find_map(Event::call) {
                Some(id) => json(&[effect::refused(id.0, &error)]),
                None => Err(failed(&error)),
            },
        }
    }
}

/// What an observation held, and the other effects.
fn take_observed(effects: Vec<Effect>) -> (Vec<outrigger_engine::ids::Entity>, Vec<Effect>) {
    let mut there = Vec::new();
    let mut rest = Vec::new();
    for effect in effects {
        match effect {
            Effect::Reply {
                reply: Ok(Reply::Observed(entities)),
                ..
            } => there.extend(entities),
            other => rest.push(other),
        }
    }
    (there, rest)
}

fn response(response: ResponseIn) -> Response {
    Response {
        status: response.status,
        headers: response
            .headers
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect(),
        body: response.body.into_bytes(),
    }
}

/// The present, as JavaScript's clocks have it: milliseconds since 1970, and since the Worker began.
fn now(wall: f64, monotonic: f64) -> Now {
    Now {
        wall: Wall(wall as i64),
        monotonic: Monotonic(monotonic as i64),
    }
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, JsError> {
    serde_json::from_str(text).map_err(|error| JsError::new(&format!("invalid: {error}")))
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(|error| JsError::new(&format!("invalid: {error}")))
}

/// An error as JavaScript reads it: one word, a colon, and what to do.
fn failed(error: &Error) -> JsError {
    JsError::new(&format!("{}: {error}", error.word()))
}
