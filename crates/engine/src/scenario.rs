//! Scenarios: JSON files that tell an interleaving as events, and the effects and rows that must follow. Any host can replay them.
//!
//! A file holds a `story`, the `backend` that is played, `steps` and the expected `trace`. A step is one event (or several, in `"together"`):
//! writes (`{"do": "create", "id": "milk", "text": "…"}`), answers (`{"answer": 1, "status": 201, "body": {…}}`, `{"answer": 1, "unreached": true}`), the
//! passing of time (`{"wait": 1000}`), what the user and the system do. Entities are called by names; in the trace every id is a name again, so that
//! a trace can be read aloud.
//!
//! Owns the player. Never judges: whoever replays compares the traces.

mod notes;
mod told;

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use notes::{Mutation, Notes, Seen};

use self::told::{list, next_id, refusal, status, told};
use crate::engine::{Engine, Limits, Options};
use crate::error::Error;
use crate::event::{Effect, Event, Refreshed, Reply, StagedFile, Write};
use crate::http::{Answer, Body, HttpRequest, Response};
use crate::ids::{AttemptId, CallId, LocalId, MutationId, Sha256};
use crate::inspect::{self, Filter};
use crate::time::{Monotonic, Now, Wall};

/// One file.
#[derive(Debug, Clone, Deserialize)]
pub struct Scenario {
    /// What it shows, and why it matters.
    pub story: String,
    /// What is played against.
    #[serde(default)]
    pub backend: Backend,
    /// What happens.
    pub steps: Vec<Value>,
    /// What must follow, line by line.
    #[serde(default)]
    pub trace: Vec<String>,
}

/// What the backend of a scenario offers.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    keys: bool,
    batches: Option<usize>,
    uploads: Option<u64>,
    look_up: bool,
    concurrency: usize,
    items_max: u64,
}

impl Default for Backend {
    fn default() -> Self {
        Self {
            keys: true,
            batches: None,
            uploads: Some(4),
            look_up: false,
            concurrency: 4,
            items_max: 1_000,
        }
    }
}

/// Replays a scenario on a database, which the host opens (`open` is called again for each restart), and gives its trace. A step that cannot be played
/// ends it with a line that begins with `!`.
pub fn replay(scenario: &Scenario, open: impl FnMut() -> Connection) -> Vec<String> {
    let mut player = Player::new(scenario.backend.clone(), open);
    let played = player
        .start()
        .and_then(|()| scenario.steps.iter().try_for_each(|step| player.play(step)));
    if let Err(error) = played {
        player.trace.push(format!("! {error}"));
    }
    player.trace
}

struct Player<O> {
    backend: Backend,
    open: O,
    engine: Option<Engine<Notes>>,
    now: Now,
    calls: u64,
    names: BTreeMap<String, String>,
    mutations: u64,
    trace: Vec<String>,
}

impl<O: FnMut() -> Connection> Player<O> {
    fn new(backend: Backend, open: O) -> Self {
        let now = Now {
            wall: Wall(1_700_000_000_000),
            monotonic: Monotonic(0),
        };
        Self {
            backend,
            open,
            engine: None,
            now,
            calls: 0,
            names: BTreeMap::new(),
            mutations: 0,
            trace: Vec::new(),
        }
    }

    fn start(&mut self) -> Result<(), String> {
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
        let engine =
            Engine::open((self.open)(), Arc::new(app), options).map_err(|error| error.to_string())?;
        self.engine = Some(engine);
        self.handle(&[Event::Alone, Event::Started])
    }

    fn play(&mut self, step: &Value) -> Result<(), String> {
        self.trace.push(format!("> {}", told(step)));
        if let Some(millis) = step["wait"].as_i64() {
            self.now.wall.0 += millis;
            self.now.monotonic.0 += millis;
            return self.handle(&[Event::Tick]);
        }
        if let Some(millis) = step["clock_jumps"].as_i64() {
            self.now.wall.0 += millis;
            return self.handle(&[Event::Tick]);
        }
        if step.get("restart").is_some() {
            self.engine = None;
            return self.start();
        }
        if let Some(sql) = step["sql"].as_str() {
            let engine = self.engine.as_ref().ok_or("not started")?;
            return engine.db().execute_batch(sql).map_err(|error| error.to_string());
        }
        if step.get("show").is_some() {
            return self.show();
        }
        let events = match step["together"].as_array() {
            Some(steps) => steps
                .iter()
                .map(|step| self.event(step))
                .collect::<Result<Vec<_>, _>>()?,
            None => vec![self.event(step)?],
        };
        self.handle(&events)
    }

    fn handle(&mut self, events: &[Event<Notes>]) -> Result<(), String> {
        let engine = self.engine.as_mut().ok_or("not started")?;
        let effects = engine
            .handle(self.now, events)
            .map_err(|error| error.to_string())?;
        for effect in effects {
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

    fn mutation(&mut self, step: &Value) -> Result<(Mutation, Vec<StagedFile>), String> {
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
            serde_json::from_value(step).map_err(|error| error.to_string())?,
            files,
        ))
    }

    fn event(&mut self, step: &Value) -> Result<Event<Notes>, String> {
        let call = self.call();
        if step.get("do").is_some() {
            let (mutation, files) = self.mutation(step)?;
            let id = step["inbox"].as_str().map(|name| MutationId(self.id(name).0));
            return Ok(Event::Mutate {
                call,
                writes: vec![Write { id, mutation, files }],
            });
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
            let observation = serde_json::from_value(rows).map_err(|error| error.to_string())?;
            return Ok(Event::Observed { call, observation });
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
            _ => return Err("no such step".to_owned()),
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

    fn known(&self, name: &Value) -> Result<MutationId, String> {
        let id = self.actual(name);
        let id = id.as_str().ok_or("which mutation?")?;
        id.parse().map_err(|_| format!("no mutation is called {id}"))
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
    fn show(&mut self) -> Result<(), String> {
        let mut lines = Vec::new();
        {
            let engine = self.engine.as_ref().ok_or("not started")?;
            let failed = |error: Error| error.to_string();
            for item in inspect::items(engine.db(), Filter::All, None, 100).map_err(failed)? {
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
                .map_err(|error| error.to_string())?;
            let shown = statement
                .query_map([], |row| {
                    Ok(format!(
                        "shown {}: {}",
                        row.get::<_, LocalId>(0)?,
                        row.get::<_, String>(1)?
                    ))
                })
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| error.to_string())?;
            lines.extend(shown);
        }
        for line in lines {
            let line = self.spoken(&line);
            self.trace.push(format!("  {line}"));
        }
        Ok(())
    }
}
