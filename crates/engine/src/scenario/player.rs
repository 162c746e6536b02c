//! Plays a scenario, step by step.
//!
//! Owns how effects and rows are told. What failed is kept, and can be handed in again: whoever lets something go wrong between two steps needs that.

mod step;

use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Backend;
use super::notes::Notes;
use super::told::{list, next_id, refusal, status, told};
use crate::engine::{Engine, Limits, Options};
use crate::error::Error;
use crate::event::{Effect, Event, Reply};
use crate::http::{Body, HttpRequest};
use crate::ids::{LocalId, ReadMark};
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
    /// When the read began that is under way.
    began: Option<ReadMark>,
    trace: Vec<String>,
}

/// What a step comes down to.
enum Action {
    Open,
    Handle(Vec<Event<Notes>>),
    Sql(String),
    BeginRead,
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
            began: None,
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
        } else if step.get("read").is_some() {
            self.actions.push_back(Action::BeginRead);
        } else if step.get("show").is_some() {
            self.actions.push_back(Action::Show);
        } else {
            let steps = step["together"]
                .as_array()
                .map_or(std::slice::from_ref(step), Vec::as_slice);
            let mut events = Vec::with_capacity(steps.len());
            for step in steps {
                let event = self.event(step)?;
                events.extend(step::staging(&event));
                events.push(event);
            }
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
            Action::BeginRead => {
                let db = self.engine.as_ref().ok_or("not started")?.db();
                self.began = Some(inspect::read_mark(db)?);
                Ok(())
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
                Ok(Reply::Done | Reply::Staged) => return None,
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
