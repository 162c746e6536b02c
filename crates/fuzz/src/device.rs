//! A device with the social app, in memory or on a file, and what must hold on it whatever it is told.
//!
//! Owns the invented user, the clock, and the checks. Never makes an answer.

use std::collections::BTreeMap;

use outrigger_engine::http::{Answer, Header, Response};
use outrigger_engine::ids::{AttemptId, CallId, LocalId, MutationId};
use outrigger_engine::inspect;
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Error, Event, Limits, Options, Reply, SyncState, Write};
use outrigger_social::{Mutation, Observation, Social, wire};
use rusqlite::Connection;
use uuid::Uuid;

const BEGINS_MS: i64 = 1_790_000_100_000;

pub(crate) fn me() -> wire::User {
    wire::User {
        id: "usr_me".to_owned(),
        name: "me".to_owned(),
    }
}

/// An id that is the same in every run.
pub(crate) fn local(number: u8) -> LocalId {
    LocalId::new(Wall(BEGINS_MS + i64::from(number)), [number; 10])
}

/// What a server would say.
pub(crate) fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> Answer {
    let headers: Vec<Header> = headers
        .iter()
        .map(|(name, value)| (name.clone().into(), value.clone()))
        .collect();
    Answer::Response(Response {
        status,
        headers,
        body: body.to_vec(),
    })
}

pub(crate) struct Device {
    pub(crate) engine: Engine<Social>,
    /// What is under way, oldest first, with its path.
    pub(crate) open: BTreeMap<AttemptId, String>,
    status: Option<SyncState>,
    /// Every mutation that was ever written.
    written: Vec<MutationId>,
    elapsed_ms: i64,
    calls: u64,
    renewals_asked: bool,
}

impl Device {
    /// On this database, if the engine takes it.
    pub(crate) fn on(db: Connection) -> Result<Self, Error> {
        let options = Options {
            server: "http://server.test".to_owned(),
            account: me().id,
            seed: [7; 32],
            now: now(0),
            limits: Limits::default(),
            concurrency: 3,
            shared: false,
            durable: false,
        };
        Ok(Self {
            engine: Engine::open(db, Social::new(me()).into(), options)?,
            open: BTreeMap::new(),
            status: None,
            written: Vec::new(),
            elapsed_ms: 0,
            calls: 0,
            renewals_asked: false,
        })
    }

    /// A new one, in memory.
    pub(crate) fn new() -> Self {
        let db = Connection::open_in_memory().expect("BUG: there is memory");
        let mut device = Self::on(db).expect("BUG: an empty database is taken");
        device.handle(Event::Started).expect("BUG: a new device starts");
        device
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    /// One event. Virtual time passes with each.
    pub(crate) fn handle(&mut self, event: Event<Social>) -> Result<(), Error> {
        self.elapsed_ms += 10;
        if let Event::Answered { attempt, .. } = &event {
            self.open.remove(attempt);
        }
        let effects = self.engine.handle(now(self.elapsed_ms), &[event])?;
        for effect in effects {
            match effect {
                Effect::Send { attempt, request, .. } => {
                    self.open.insert(attempt, request.path);
                }
                Effect::Abort { attempt } => {
                    self.open.remove(&attempt);
                }
                Effect::Status(state) => self.status = Some(state),
                Effect::Reply {
                    reply: Ok(Reply::Written(ids)),
                    ..
                } => self.written.extend(ids),
                Effect::Refresh => self.renewals_asked = true,
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, writes: Vec<Write<Mutation>>) {
        let copies = writes.iter().flat_map(|write| &write.files);
        let files = copies.map(|copy| copy.file.clone()).collect();
        let call = self.call();
        self.handle(Event::Stage { call, files })
            .expect("BUG: a copy is taken");
        let call = self.call();
        self.handle(Event::Mutate { call, writes })
            .expect("BUG: a write is taken");
    }

    pub(crate) fn observe(&mut self, observation: Observation) -> Result<(), Error> {
        let call = self.call();
        let began = inspect::read_mark(self.engine.db()).ok();
        self.handle(Event::Observed {
            call,
            began,
            observation,
        })
    }

    /// A word of the user or the host; `None` for what is none.
    pub(crate) fn word(&mut self, word: &str) -> Option<Event<Social>> {
        let call = self.call();
        let (word, rest) = word.split_once(' ').unwrap_or((word, ""));
        let which = rest.trim().parse::<usize>().unwrap_or(0);
        let mutation = self.written.get(which).copied();
        Some(match word {
            "tick" => {
                let ms = rest.trim().parse::<i64>().unwrap_or(0);
                self.elapsed_ms = self.elapsed_ms.saturating_add(ms.clamp(0, 1 << 40));
                Event::Tick
            }
            "sync" => Event::TriggerSync,
            "retry" => Event::Retry {
                call,
                mutation: mutation?,
            },
            "retry-failed" => Event::RetryFailed { call },
            "discard" => Event::Discard {
                call,
                mutation: mutation?,
            },
            "accept" => Event::AcceptServer { call },
            "offline" => Event::SetOnline { call, online: false },
            "online" => Event::SetOnline { call, online: true },
            "no-network" => Event::Network(false),
            "network" => Event::Network(true),
            "signed-in" => Event::SignedIn,
            "renewed" => Event::Refreshed(outrigger_engine::event::Refreshed::Renewed),
            "invalid-grant" => Event::Refreshed(outrigger_engine::event::Refreshed::InvalidGrant),
            "not-renewed" => Event::Refreshed(outrigger_engine::event::Refreshed::Failed),
            _ => return None,
        })
    }

    /// Nobody answers for a while, and nothing may happen for ever.
    pub(crate) fn silence(&mut self) -> Result<(), Error> {
        for _ in 0..8 {
            for attempt in self.open.keys().copied().collect::<Vec<_>>() {
                let answer = Answer::Unreached {
                    reason: "silence".to_owned(),
                };
                self.handle(Event::Answered { attempt, answer })?;
            }
            if self.renewals_asked {
                self.renewals_asked = false;
                self.handle(Event::Refreshed(outrigger_engine::event::Refreshed::Failed))?;
            }
            self.elapsed_ms += 60_000;
            self.handle(Event::Tick)?;
        }
        Ok(())
    }

    /// What must hold after every step of a device whose database nobody else wrote to.
    pub(crate) fn check(&self) {
        let db = self.engine.db();
        let counted = db.query_row(
            "SELECT count(*) FILTER (WHERE state <> 3 AND upload IS NULL), count(*) FILTER (WHERE state = 2),
                 count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 0 AND blockers > 0 AND upload IS NULL)
             FROM outrigger_queue",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        );
        if let Some(state) = &self.status {
            let shown = (state.pending, state.in_flight, state.failed, state.blocked);
            assert_eq!(Ok(shown), counted, "the counters differ from the counts");
        }
        let wrong: i64 = number(
            db,
            "SELECT count(*) FROM outrigger_queue AS q WHERE state IN (0, 1) AND (state = 1) <> (
                 (SELECT count(*) FROM outrigger_edge AS e WHERE e.place = q.place) = 0
                 AND NOT (in_lane AND EXISTS (SELECT 1 FROM outrigger_queue AS o
                     WHERE o.lane = q.lane AND o.in_lane AND o.place < q.place)))
             OR blockers <> (SELECT count(*) FROM outrigger_edge AS e WHERE e.place = q.place)",
        );
        assert_eq!(wrong, 0, "a row is ready that may not go, or waits that may");
        for mutation in &self.written {
            let known: i64 = db
                .query_row(
                    "SELECT (SELECT count(*) FROM outrigger_queue WHERE mutation = ?1)
                          + (SELECT count(*) FROM outrigger_journal WHERE mutation = ?1)
                          + (SELECT count(*) FROM outrigger_merged WHERE mutation = ?1)",
                    [mutation.0.as_bytes().as_slice()],
                    |row| row.get(0),
                )
                .expect("BUG: the queue can be read");
            assert_ne!(known, 0, "a write vanished");
        }
    }

    /// The database is whole.
    pub(crate) fn check_whole(&self) {
        let said = self
            .engine
            .db()
            .query_row("PRAGMA quick_check", [], |row| row.get::<_, String>(0));
        assert_eq!(said.as_deref(), Ok("ok"));
    }
}

pub(crate) fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0))
        .expect("BUG: the queue can be read")
}

fn now(elapsed_ms: i64) -> Now {
    Now {
        wall: Wall(BEGINS_MS.saturating_add(elapsed_ms)),
        monotonic: Monotonic(elapsed_ms),
    }
}

/// A server's id of something, which a user can write about.
pub(crate) fn uuid(number: u8) -> Uuid {
    local(number).0
}
