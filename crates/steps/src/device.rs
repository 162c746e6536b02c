//! A device: an engine with the social app on a database in a folder of its own, which has read the invented scene.
//!
//! Owns its clock, which is invented too, and its files. The database is a file with a write-ahead log, as at the native host's, because the log costs
//! instructions; no commit waits for the disk, because that is not the engine's own.

use outrigger_engine::ids::CallId;
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Event, Limits, Options, SyncState, Write};
use outrigger_social::{Mutation, Social};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::counted::counted_step;
use crate::error::Error;
use crate::scene;
use crate::workload::Targets;

/// When the device is first used: after everything in the scene was made.
const BEGINS: Wall = Wall(1_790_000_100_000);

pub(crate) struct Device {
    engine: Engine<Social>,
    elapsed_ms: i64,
    calls: u64,
    state: Option<SyncState>,
    // Dropped after the engine.
    _folder: TempDir,
}

impl Device {
    /// A device in use: the scene is read, and the user has gone offline.
    pub(crate) fn open() -> Result<Self, Error> {
        let folder = tempfile::tempdir()?;
        let db = Connection::open(folder.path().join("app.db"))?;
        let _: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        let options = Options {
            server: "http://server.test".to_owned(),
            account: scene::me().id,
            seed: [7; 32],
            now: now(0),
            limits: Limits::default(),
            // One request at a time, so that a step plans one.
            concurrency: 1,
            shared: false,
            durable: false,
        };
        let mut device = Self {
            engine: Engine::open(db, Social::new(scene::me()).into(), options)?,
            elapsed_ms: 0,
            calls: 0,
            state: None,
            _folder: folder,
        };
        device.handle(&[Event::Started])?;
        for observation in scene::observations() {
            let call = device.call();
            device.handle(&[Event::Observed {
                call,
                observation,
                began: None,
            }])?;
        }
        let offline = device.online(false);
        device.handle(&[offline])?;
        Ok(device)
    }

    /// What can be written on.
    pub(crate) fn targets(&self) -> Result<Targets, Error> {
        Ok(scene::targets(self.engine.db())?)
    }

    /// The user writes all of this in one call.
    pub(crate) fn mutate(&mut self, writes: impl IntoIterator<Item = Mutation>) -> Event<Social> {
        Event::Mutate {
            call: self.call(),
            writes: writes.into_iter().map(Write::from).collect(),
        }
    }

    /// The user goes offline or comes back.
    pub(crate) fn online(&mut self, online: bool) -> Event<Social> {
        Event::SetOnline {
            call: self.call(),
            online,
        }
    }

    /// Takes a step that only leads to what is measured, or away from it. What is refused is an error.
    pub(crate) fn handle(&mut self, events: &[Event<Social>]) -> Result<Vec<Effect>, Error> {
        let now = self.tick();
        let effects = self.engine.handle(now, events)?;
        self.note(effects)
    }

    /// Takes the step that is measured. What it did is to be noted, once the measuring has ended.
    pub(crate) fn take(&mut self, events: &[Event<Social>]) -> Result<Vec<Effect>, Error> {
        let now = self.tick();
        Ok(counted_step(&mut self.engine, now, events)?)
    }

    /// Notes how the queue stands. What was refused is an error; the rest of the effects is handed back.
    pub(crate) fn note(&mut self, effects: Vec<Effect>) -> Result<Vec<Effect>, Error> {
        let mut rest = Vec::with_capacity(effects.len());
        for effect in effects {
            match effect {
                Effect::Reply { reply, .. } => {
                    reply?;
                }
                Effect::Status(state) => self.state = Some(state),
                effect => rest.push(effect),
            }
        }
        Ok(rest)
    }

    /// Writes that wait or are in a request.
    pub(crate) fn pending(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.pending)
    }

    /// Writes that were refused.
    pub(crate) fn failed(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.failed)
    }

    /// A millisecond later.
    fn tick(&mut self) -> Now {
        self.elapsed_ms += 1;
        now(self.elapsed_ms)
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }
}

fn now(elapsed_ms: i64) -> Now {
    Now {
        wall: Wall(BEGINS.0 + elapsed_ms),
        monotonic: Monotonic(elapsed_ms),
    }
}
