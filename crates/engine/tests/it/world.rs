//! One device and one backend on virtual time, with a network that a list of faults makes as bad as a test wants.

use outrigger_engine::http::{Answer, Response};
use outrigger_engine::ids::{AttemptId, CallId, LocalId, MutationId};
use outrigger_engine::inspect::{self, Filter};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{
    Effect, Engine, Error, Event, Limits, Options, Outcome, Reply, SyncKind, SyncState, Write,
};
use rusqlite::Connection;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::backend::Backend;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It never arrives.
    RequestLost,
    /// It takes effect, and nobody hears of it.
    AnswerLost,
    /// It arrives twice.
    Twice,
    ServerError,
    Busy,
    Portal,
    /// The process dies before the answer is there.
    Killed,
}

pub(crate) struct World {
    pub(crate) backend: Backend,
    pub(crate) engine: Engine<Notes>,
    pub(crate) status: SyncState,
    pub(crate) outcomes: BTreeMap<MutationId, Outcome>,
    app: Arc<Notes>,
    now: Now,
    calls: u64,
    wake_in: Option<i64>,
    in_flight: VecDeque<(AttemptId, outrigger_engine::http::HttpRequest)>,
    folder: tempfile::TempDir,
}

pub(crate) fn id(name: &str) -> LocalId {
    // Of the kind that hosts make, in no order with what is written first: newer than all before it, or not.
    let digits = LocalId::derived(LocalId(uuid::Uuid::nil()), name).0.into_bytes();
    let made_at = i64::from(u16::from_be_bytes([digits[0], digits[1]]));
    let mut random = [0; 10];
    random.copy_from_slice(&digits[6..]);
    LocalId::new(Wall(made_at), random)
}

/// Of a database that is durable and nobody else's.
pub(crate) fn options(now: Now, seed: u8) -> Options {
    Options {
        server: "https://notes.example".to_owned(),
        account: "ann".to_owned(),
        seed: [seed; 32],
        now,
        limits: Limits::default(),
        concurrency: 4,
        shared: false,
        durable: true,
    }
}

fn open(folder: &tempfile::TempDir, app: &Arc<Notes>, now: Now) -> Engine<Notes> {
    let db = Connection::open(folder.path().join("notes.db")).unwrap();
    let options = Options {
        concurrency: 3,
        durable: false,
        ..options(now, 3)
    };
    Engine::open(db, Arc::clone(app), options).unwrap()
}

impl World {
    pub(crate) fn new(app: Notes, backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Now {
            wall: Wall(1_700_000_000_000),
            monotonic: Monotonic(0),
        };
        let app = Arc::new(app);
        let engine = open(&folder, &app, now);
        let mut world = Self {
            backend,
            engine,
            status: SyncState::IDLE,
            outcomes: BTreeMap::new(),
            app,
            now,
            calls: 0,
            wake_in: None,
            in_flight: VecDeque::new(),
            folder,
        };
        world.handle(&[Event::Alone, Event::Started]);
        world
    }

    pub(crate) fn handle(&mut self, events: &[Event<Notes>]) -> Vec<Result<Reply, Error>> {
        let effects = self.engine.handle(self.now, events).unwrap();
        let mut replies = Vec::new();
        for effect in effects {
            match effect {
                Effect::Reply { reply, .. } => replies.push(reply),
                Effect::Send { attempt, request, .. } => self.in_flight.push_back((attempt, request)),
                Effect::Status(status) => self.status = status,
                Effect::Wake(delay) => self.wake_in = delay.map(|delay| delay.0),
                Effect::Settled { mutation, outcome } => {
                    self.outcomes.insert(mutation, outcome);
                }
                Effect::Abort { attempt } => self.in_flight.retain(|(id, _)| *id != attempt),
                Effect::Refresh | Effect::Changed(_) | Effect::ChangedElsewhere | Effect::RemoveFile(_) => {}
            }
        }
        self.check();
        replies
    }

    fn call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    pub(crate) fn write(&mut self, mutation: Mutation) -> Result<MutationId, Error> {
        let call = self.call();
        let mut replies = self.handle(&[Event::Mutate {
            call,
            writes: vec![Write::from(mutation)],
        }]);
        match replies.pop().unwrap()? {
            Reply::Written(ids) => Ok(ids[0]),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        let call = self.call();
        self.handle(&[Event::SetOnline { call, online }]);
    }

    pub(crate) fn retry_failed(&mut self) {
        let call = self.call();
        self.handle(&[Event::RetryFailed { call }]);
    }

    /// The user gives up what was refused, one after the other, until nothing is.
    pub(crate) fn discard_refused(&mut self) {
        for _ in 0..500 {
            self.heal();
            let parked = inspect::items(self.engine.db(), Filter::Parked, None, 1).unwrap();
            let Some(refused) = parked.first() else { return };
            let call = self.call();
            self.handle(&[Event::Discard {
                call,
                mutation: refused.mutation,
            }]);
        }
        panic!("discarding does not end");
    }

    pub(crate) fn kill(&mut self) {
        self.in_flight.clear();
        self.engine = open(&self.folder, &self.app, self.now);
        self.handle(&[Event::Alone, Event::Started]);
    }

    pub(crate) fn wait(&mut self, millis: i64) {
        self.now.wall.0 += millis;
        self.now.monotonic.0 += millis;
        self.handle(&[Event::Tick]);
    }

    /// Lets one request meet its fate. False where none is under way.
    pub(crate) fn deliver(&mut self, fault: Fault) -> bool {
        let Some((attempt, request)) = self.in_flight.pop_front() else {
            return false;
        };
        let unreached = Answer::Unreached {
            reason: "cut".to_owned(),
        };
        let plain = |status, media_type: &str, body: &str| {
            Answer::Response(Response {
                status,
                headers: vec![("content-type".into(), media_type.to_owned())],
                body: body.as_bytes().to_vec(),
            })
        };
        let answer = match fault {
            Fault::None => self.backend.handle(&request),
            Fault::RequestLost => unreached,
            Fault::AnswerLost => {
                self.backend.handle(&request);
                unreached
            }
            Fault::Twice => {
                self.backend.handle(&request);
                self.backend.handle(&request)
            }
            Fault::ServerError => plain(500, "application/json", r#"{"type":"internal"}"#),
            Fault::Busy => plain(503, "application/json", r#"{"type":"unavailable"}"#),
            Fault::Portal => plain(200, "text/html", "<html>Sign in</html>"),
            Fault::Killed => {
                self.backend.handle(&request);
                self.kill();
                return true;
            }
        };
        self.handle(&[Event::Answered { attempt, answer }]);
        true
    }

    /// Everything is well from now on: delivers and waits until nothing is left to do. What is parked by exhaustion is tried again.
    pub(crate) fn heal(&mut self) {
        for _ in 0..2_000 {
            if self.deliver(Fault::None) {
                continue;
            }
            let is_at_rest = matches!(self.status.kind, SyncKind::Idle | SyncKind::Error);
            if is_at_rest && self.status.next_attempt_in_ms.is_none() {
                return;
            }
            let delay = self
                .wake_in
                .unwrap_or_else(|| panic!("work waits and no timer is armed: {:?}", self.status));
            self.wait(delay);
        }
        panic!("the queue does not empty: {:?}", self.status);
    }

    /// What must be true after every step: the counters are the counts, and ready is what may go.
    fn check(&self) {
        let db = self.engine.db();
        let counted: (u64, u64, u64, u64) = db
            .query_row(
                "SELECT count(*) FILTER (WHERE state <> 3 AND upload IS NULL), count(*) FILTER (WHERE state = 2),
                     count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 0 AND blockers > 0 AND upload IS NULL)
                 FROM outrigger_queue",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        let SyncState {
            pending,
            in_flight,
            failed,
            blocked,
            ..
        } = self.status;
        assert_eq!(
            (pending, in_flight, failed, blocked),
            counted,
            "the counters differ from the counts"
        );
        let wrong: i64 = db
            .query_row(
                "SELECT count(*) FROM outrigger_queue AS q WHERE state IN (0, 1) AND (state = 1) <> (
                     (SELECT count(*) FROM outrigger_edge AS e WHERE e.place = q.place) = 0
                     AND NOT (in_lane AND EXISTS (SELECT 1 FROM outrigger_queue AS o
                         WHERE o.lane = q.lane AND o.in_lane AND o.place < q.place)))
                 OR blockers <> (SELECT count(*) FROM outrigger_edge AS e WHERE e.place = q.place)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(wrong, 0, "a row is ready that may not go, or waits that may");
        let dangling: i64 = db
            .query_row(
                "SELECT count(*) FROM outrigger_edge WHERE blocker NOT IN (SELECT place FROM outrigger_queue)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(dangling, 0, "an edge leads nowhere");
        if self.status.pending > 0 || self.status.failed > 0 {
            assert_ne!(
                self.status.kind,
                SyncKind::Idle,
                "idle is shown while something waits"
            );
        }
    }

    /// What the device shows.
    pub(crate) fn shown(&self) -> BTreeMap<LocalId, String> {
        let mut statement = self.engine.db().prepare("SELECT id, text FROM note").unwrap();
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// How many base rows are kept: none, once nothing is pending.
    pub(crate) fn bases(&self) -> i64 {
        self.engine
            .db()
            .query_row("SELECT count(*) FROM outrigger_base", [], |row| row.get(0))
            .unwrap()
    }
}
