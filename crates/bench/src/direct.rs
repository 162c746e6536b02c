//! The engine, driven by hand: events in, effects out, on the thread of who asks.
//!
//! Owns the clocks that the engine is told and the numbers of calls. Never performs an effect.

use outrigger_engine::ids::{CallId, Entity};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{App, Effect, Engine, Event, Limits, Options, Reply, Write};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::Error;

/// Whose database it is.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The server's base URL.
    pub(crate) server: String,
    /// The server's id of the account.
    pub(crate) account: String,
}

impl Owner {
    /// Nobody's: of a server that is never asked.
    pub(crate) fn nobody() -> Self {
        Self {
            server: "http://127.0.0.1:9/".to_owned(),
            account: "usr_me".to_owned(),
        }
    }
}

/// How it is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Whether each commit waits for the disk.
    pub(crate) durable: bool,
    /// Requests at once.
    pub(crate) concurrency: usize,
}

impl Manner {
    /// To be measured.
    pub(crate) const DURABLE: Self = Self {
        durable: true,
        concurrency: 4,
    };
    /// To prepare something.
    pub(crate) const QUICK: Self = Self {
        durable: false,
        concurrency: 4,
    };
}

/// An engine with its clock.
pub(crate) struct Direct<A: App> {
    pub(crate) engine: Engine<A>,
    calls: u64,
}

impl<A: App> Direct<A> {
    pub(crate) fn open(path: &Path, app: A, owner: &Owner, manner: Manner) -> Result<Self, Error> {
        let options = Options {
            server: owner.server.clone(),
            account: owner.account.clone(),
            seed: [7; 32],
            now: now(),
            limits: Limits::default(),
            concurrency: manner.concurrency,
            shared: false,
            durable: manner.durable,
        };
        let engine = Engine::open(Connection::open(path)?, Arc::new(app), options)?;
        Ok(Self { engine, calls: 0 })
    }

    /// One step.
    pub(crate) fn step(&mut self, events: &[Event<A>]) -> Result<Vec<Effect>, Error> {
        Ok(self.engine.handle(now(), events)?)
    }

    /// A step that consists of one call; what it was answered.
    fn call(&mut self, event: impl FnOnce(CallId) -> Event<A>) -> Result<(Reply, Vec<Effect>), Error> {
        let event = event(self.next_call());
        let mut effects = self.step(&[event])?;
        let reply = effects
            .iter()
            .position(|effect| matches!(effect, Effect::Reply { .. }));
        match reply.map(|index| effects.remove(index)) {
            Some(Effect::Reply { reply, .. }) => Ok((reply?, effects)),
            _ => Err(Error::Unmeasured("the engine did not answer a call".to_owned())),
        }
    }

    pub(crate) fn next_call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    pub(crate) fn set_online(&mut self, online: bool) -> Result<Vec<Effect>, Error> {
        self.call(|call| Event::SetOnline { call, online })
            .map(|(_, effects)| effects)
    }

    pub(crate) fn write_all(
        &mut self,
        mutations: impl IntoIterator<Item = A::Mutation>,
    ) -> Result<(), Error> {
        let writes = mutations.into_iter().map(Write::from).collect();
        self.call(|call| Event::Mutate { call, writes }).map(|_| ())
    }

    pub(crate) fn observe(&mut self, observation: A::Observation) -> Result<Vec<Entity>, Error> {
        match self
            .call(|call| Event::Observed {
                call,
                observation,
                began: None,
            })?
            .0
        {
            Reply::Observed(entities) => Ok(entities),
            other => Err(Error::Unmeasured(format!(
                "the engine answered a read with {other:?}"
            ))),
        }
    }

    /// Lets go of what others would wait for.
    pub(crate) fn close(mut self) -> Result<(), Error> {
        self.step(&[Event::Closing]).map(|_| ())
    }
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The present, as the engine is told it.
pub(crate) fn now() -> Now {
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    Now {
        wall: Wall(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)),
        monotonic: Monotonic(millis(START.elapsed())),
    }
}
