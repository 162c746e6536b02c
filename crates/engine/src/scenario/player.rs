//! Plays a scenario, step by step.
//!
//! Owns what a step means as events, and how effects and rows are told. What failed is kept, and can be handed in again: whoever lets something go wrong
//! between two steps needs that.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Backend;
use super::notes::{Mutation, Notes};
use super::told::{list, next_id, refusal, status, told};
use crate::engine::{Engine, Limits, Options};
use crate::error::Error;
use crate::event::{Effect, Event, Refreshed, Reply, StagedFile, Write};
use crate::http::{Answer, Body, HttpRequest, Response};
use crate::ids::{AttemptId, CallId, LocalId, MutationId, Sha256};
use crate::inspect::{self, Filter};
use crate::time::{Monotonic, Now, Wall};

/// Plays a scenario on a database that the host opens.
pub struct Player<O> {
    backend: Backend,
    open: O,
    engine: Option<Engine<Notes>>,
    /// What is to be done; the first of it may have failed before.
    actions: VecDeque<Action>,
    now: Now,
    calls: u64,
    names: BTreeMap<String, String>,
    mutations: u64,
    trace: Vec<String>,
}

/// What a step comes down to.
enum Action {
    Open,
    Handle(Vec<Event<Notes>>),
    Sql(String),
    Show,
}

/// Why a step did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// The engine says so. It can be tried [again](Player::again).
    #[error(transparent)]
    Engine(#[from] Error),
    /// There is no such step, or it means nothing.
    #[error("{0}")]
    Script(String),
}

impl From<&str> for Failed {
    fn from(reason: &str) -> Self {
        Self::Script(reason.to_owned())
    }
}

impl<O: FnMut() -> rusqlite::Result<Connection>> Player<O> {
    /// Before anything was done. `open` opens the database, again for each restart.
    pub fn new(backend: Backend, open: O) -> Self {
        let now = Now {
            wall: Wall(1_700_000_000_000),
            monotonic: Monotonic(0),
        };
        Self {
            backend,
            open,
            engine: None,
            actions: VecDeque::new(),
            now,
            calls: 0,
            names: BTreeMap::new(),
            mutations: 0,
            trace: Vec::new(),
        }
    }

    /// Opens the database, and lets the engine start.
    ///
    /// # Errors
    /// What the engine says: [`Player::again`] tries what is left to be done.
    pub fn start(&mut self) -> Result<(), Failed> {
        self.engine = None;
        // Before what may have failed.
        self.actions
            .push_front(Action::Handle(vec![Event::Alone, Event::Started]));
        self.actions.push_front(Action::Open);
        self.again()
    }

    /// Plays one step.
    ///
    /// # Errors
    /// What the engine says: [`Player::again`] tries what is left to be done. A step that cannot be played.
    pub fn play(&mut self, step: &Value) -> Result<(), Failed> {
        self.trace.push(format!("> {}", told(step)));
        if let Some(millis) = step["wait"].as_i64() {
            self.now.wall.0 += millis;
            self.now.monotonic.0 += millis;
            self.actions.push_back(Action::Handle(vec![Event::Tick]));
        } else if let Some(millis) = step["clock_jumps"].as_i64() {
            self.now.wall.0 += millis;
            self.actions.push_back(Action::Handle(vec![Event::Tick]));
        } else if step.get("restart").is_some() {
            return self.start();
        } else if let Some(sql) = step["sql"].as_str() {
            self.actions.push_back(Action::Sql(sql.to_owned()));
        } else if step.get("show").is_some() {
            self.actions.push_back(Action::Show);
        } else {
            let steps = step["together"]
                .as_array()
                .map_or(std::slice::from_ref(step), Vec::as_slice);
            let events = steps
                .iter()
                .map(|step| self.event(step))
                .collect::<Result<_, _>>()?;
            self.actions.push_back(Action::Handle(events));
        }
        self.again()
    }

    /// Does what is left to be done, from what failed on: the same events are handed in again.
    ///
    /// # Errors
    /// As for [`Player::play`].
    pub fn again(&mut self) -> Result<(), Failed> {
        while let Some(action) = self.actions.pop_front() {
            if let Err(failed) = self.act(&action) {
                self.actions.push_front(action);
                return Err(failed);
            }
        }
        Ok(())
    }

    /// The engine, where it is open.
    pub fn engine(&self) -> Option<&Engine<Notes>> {
        self.engine.as_ref()
    }

    /// What was played, and what followed.
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// The same, at the end.
    pub fn into_trace(self) -> Vec<String> {
        self.trace
    }

    fn act(&mut self, action: &Action) -> Result<(), Failed> {
        match action {
            Action::Open => self.open(),
            Action::Handle(events) => self.handle(events),
            Action::Sql(sql) => {
                let db = self.engine.as_ref().ok_or("not started")?.db();
                let tx = db.unchecked_transaction().map_err(Error::from)?;
                tx.execute_batch(sql).map_err(Error::from)?;
                Ok(tx.commit().map_err(Error::from)?)
            }
            Action::Show => self.show(),
        }
    }

    fn open(&mut self) -> Result<(), Failed> {
        let Backend {
            keys,
            batches,
            uploads,
            look_up,
            concurrency,
            items_max,
        } = self.backend;
        let app = Notes {
            keys,
            batches,
            uploads,
            look_up,
            never_merges: false,
        };
        let options = Options {
            server: "https://notes.example".to_owned(),
            account: "ann".to_owned(),
            seed: [7; 32],
            now: self.now,
            limits: Limits {
                items_max,
                ..Limits::default()
            },
            concurrency,
            shared: false,
            durable: true,
        };
        let db = (self.open)().map_err(Error::from)?;
        self.engine = Some(Engine::open(db, Arc::new(app), options)?);
        Ok(())
    }

    fn handle(&mut self, events: &[Event<Notes>]) -> Result<(), Failed> {
        let engine = self.engine.as_mut().ok_or("not started")?;
        for effect in engine.handle(self.now, events)? {
            if let Some(line) = self.effect(&effect) {
                self.trace.push(format!("  {line}"));
            }
        }
        Ok(())
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    fn id(&mut self, name: &str) -> LocalId {
        let id = LocalId::derived(LocalId(uuid::Uuid::nil()), name);
        self.names.insert(id.to_string(), name.to_owned());
        self.names
            .insert(LocalId::derived(id, "star").to_string(), format!("{name}'s star"));
        id
    }

    fn mutation(&mut self, step: &Value) -> Result<(Mutation, Vec<StagedFile>), Failed> {
        let mut step = step.clone();
        for field in ["id", "note"] {
            if let Some(name) = step[field].as_str().map(str::to_owned) {
                step[field] = json!(self.id(&name));
            }
        }
        let mut files = Vec::new();
        if let Some(pictures) = step["pictures"].as_array().cloned() {
            for (index, content) in pictures.iter().enumerate() {
                let content = content.as_str().ok_or("a picture is a string")?;
                let sha256 = Sha256::of(content.as_bytes());
                self.names.insert(sha256.to_string(), format!("sha({content})"));
                let file = format!("{content}-{}-{index}", self.calls);
                files.push(StagedFile {
                    sha256,
                    file,
                    size: content.len() as u64,
                    media_type: "image/png".to_owned(),
                });
            }
            step["pictures"] = json!(files.iter().map(|file| file.sha256).collect::<Vec<_>>());
        }
        Ok((
            serde_json::from_value(step).map_err(|error| Failed::Script(error.to_string()))?,
            files,
        ))
    }

    fn write(&mut self, step: &Value) -> Result<Write<Mutation>, Failed> {
        let (mutation, files) = self.mutation(step)?;
        let id = step["inbox"].as_str().map(|name| MutationId(self.id(name).0));
        Ok(Write { id, mutation, files })
    }

    fn event(&mut self, step: &Value) -> Result<Event<Notes>, Failed> {
        let call = self.call();
        let writes = match &step["call"] {
            Value::Array(several) => several.as_slice(),
            _ if step.get("do").is_some() => std::slice::from_ref(step),
            _ => &[],
        };
        if !writes.is_empty() {
            let writes = writes
                .iter()
                .map(|write| self.write(write))
                .collect::<Result<_, _>>()?;
            return Ok(Event::Mutate { call, writes });
        }
        if let Some(attempt) = step["answer"].as_u64() {
            return Ok(Event::Answered {
                attempt: AttemptId(attempt),
                answer: self.answer(step),
            });
        }
        if let Some(edit) = step.get("edit") {
            let (with, _) = self.mutation(edit)?;
            return Ok(Event::Edit {
                call,
                mutation: self.known(&step["which"])?,
                with,
            });
        }
        if step.get("observed").is_some() {
            let rows = self.actual(&step["observed"]);
            let observation =
                serde_json::from_value(rows).map_err(|error| Failed::Script(error.to_string()))?;
            return Ok(Event::Observed {
                call,
                observation,
                began: None,
            });
        }
        Ok(match (step["user"].as_str(), step["system"].as_str()) {
            (Some("offline"), _) => Event::SetOnline { call, online: false },
            (Some("online"), _) => Event::SetOnline { call, online: true },
            (Some("sync"), _) => Event::TriggerSync,
            (Some("retry_failed"), _) => Event::RetryFailed { call },
            (Some("retry"), _) => Event::Retry {
                call,
                mutation: self.known(&step["which"])?,
            },
            (Some("discard"), _) => Event::Discard {
                call,
                mutation: self.known(&step["which"])?,
            },
            (Some("accept_server"), _) => Event::AcceptServer { call },
            (Some("signed_in"), _) => Event::SignedIn,
            (_, Some("network_up")) => Event::Network(true),
            (_, Some("network_down")) => Event::Network(false),
            (_, Some("renewed")) => Event::Refreshed(Refreshed::Renewed),
            (_, Some("invalid_grant")) => Event::Refreshed(Refreshed::InvalidGrant),
            (_, Some("reserve_released")) => Event::Reserve { held: false },
            (_, Some("reserve_held")) => Event::Reserve { held: true },
            _ => return Err("no such step".into()),
        })
    }

    fn answer(&self, step: &Value) -> Answer {
        if step.get("unreached").is_some() {
            return Answer::Unreached {
                reason: "connection refused".to_owned(),
            };
        }
        let mut headers: Vec<_> = step["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone().into(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let body = match &step["body"] {
            Value::Null => Vec::new(),
            Value::String(page) => page.clone().into_bytes(),
            body => self.actual(body).to_string().into_bytes(),
        };
        let media_type = if step["body"].is_string() {
            "text/html"
        } else {
            "application/json"
        };
        headers.push(("content-type".into(), media_type.to_owned()));
        let status = step["status"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(200);
        Answer::Response(Response {
            status,
            headers,
            body,
        })
    }

    /// Names in a step, put back to the ids they stand for.
    fn actual(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let id = self
                    .names
                    .iter()
                    .find(|(_, name)| *name == text)
                    .map(|(id, _)| id);
                json!(id.unwrap_or(text))
            }
            Value::Array(items) => items.iter().map(|item| self.actual(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.actual(value)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    fn known(&self, name: &Value) -> Result<MutationId, Failed> {
        let id = self.actual(name);
        let id = id.as_str().ok_or("which mutation?")?;
        id.parse()
            .map_err(|_| Failed::Script(format!("no mutation is called {id}")))
    }

    /// Every id that has a name, as its name; every new UUID gets one.
    fn spoken(&mut self, text: &str) -> String {
        let mut spoken = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, id, after)) = next_id(rest) {
            spoken.push_str(before);
            match self.names.get(id) {
                Some(name) => spoken.push_str(name),
                None => {
                    self.mutations += 1;
                    let name = format!("#{}", self.mutations);
                    spoken.push_str(&name);
                    self.names.insert(id.to_owned(), name);
                }
            }
            rest = after;
        }
        spoken.push_str(rest);
        spoken
    }

    fn effect(&mut self, effect: &Effect) -> Option<String> {
        let line = match effect {
            Effect::Reply { reply, .. } => match reply {
                Ok(Reply::Done) => return None,
                Ok(Reply::Written(ids)) => format!("written {}", list(ids)),
                Ok(Reply::Observed(entities)) => format!("observed {}", list(entities)),
                Ok(Reply::Discarded {
                    gone,
                    compensation: None,
                }) => format!("discarded {}", list(gone)),
                Ok(Reply::Discarded {
                    compensation: Some(undo),
                    ..
                }) => format!("to be undone by {undo}"),
                Ok(Reply::Edited(id)) => format!("edited as {id}"),
                Ok(Reply::Retried(count)) => format!("retried {count}"),
                Ok(Reply::Staged) => "staged".to_owned(),
                Err(error) => format!("refused: {}", refusal(error)),
            },
            Effect::Send { attempt, request, .. } => format!("send {}: {}", attempt.0, self.request(request)),
            Effect::Abort { attempt } => format!("abort {}", attempt.0),
            Effect::Refresh => "renew the credentials".to_owned(),
            Effect::Changed(_) | Effect::ChangedElsewhere | Effect::Wake(_) => return None,
            Effect::Settled { mutation, outcome } => {
                format!("settled {mutation}: {}", json!(outcome))
            }
            Effect::Status(state) => status(state),
            Effect::RemoveFile(file) => format!("remove file {file}"),
        };
        Some(self.spoken(&line))
    }

    fn request(&mut self, request: &HttpRequest) -> String {
        let mut line = format!("{} {}", request.method.as_str(), request.path);
        for (name, value) in &request.headers {
            match name.as_ref() {
                "content-type" | "tus-resumable" | "upload-metadata" => {}
                "idempotency-key" => line.push_str(&format!(" key {}", value.trim_matches('"'))),
                "outrigger-client" => line.push_str(&format!(" from {}", value.replace('"', ""))),
                _ => line.push_str(&format!(" {name}={value}")),
            }
        }
        match &request.body {
            Body::Empty => {}
            Body::Bytes(bytes) => line.push_str(&format!(" {}", String::from_utf8_lossy(bytes))),
            Body::FilePart { file, offset, length } => {
                line.push_str(&format!(" {file}[{offset}..+{length}]"))
            }
        }
        line
    }

    /// The queue and what is visible, as rows.
    fn show(&mut self) -> Result<(), Failed> {
        let mut lines = Vec::new();
        {
            let engine = self.engine.as_ref().ok_or("not started")?;
            for item in inspect::items(engine.db(), Filter::All, None, 100)? {
                let state = json!(item.state);
                let parked = item
                    .parked
                    .map_or_else(String::new, |parked| format!(" {}", json!(parked)));
                let waits = if item.waits_for.is_empty() {
                    String::new()
                } else {
                    format!(" waits for {}", list(&item.waits_for))
                };
                lines.push(format!(
                    "row {} {} of {}: {}{parked}, {} attempts{waits}",
                    item.mutation,
                    item.name,
                    item.entity,
                    state.as_str().unwrap_or_default(),
                    item.attempts
                ));
            }
            let mut statement = engine
                .db()
                .prepare("SELECT id, text FROM note ORDER BY id")
                .map_err(Error::from)?;
            let shown = statement
                .query_map([], |row| {
                    Ok(format!(
                        "shown {}: {}",
                        row.get::<_, LocalId>(0)?,
                        row.get::<_, String>(1)?
                    ))
                })
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(Error::from)?;
            lines.extend(shown);
        }
        for line in lines {
            let line = self.spoken(&line);
            self.trace.push(format!("  {line}"));
        }
        Ok(())
    }
}
