//! The one thread that writes: events in, one commit, effects out.
//!
//! Owns the engine and its connection, and what is done when a commit fails: the reserve, waiting for another process, stopping loudly.
//! Never does what an effect says itself: see [`crate::perform`].

use outrigger_engine::{self as engine, App, Effect, Engine, Event, Options};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::board::Board;
use crate::calls::Command;
use crate::clock;
use crate::config::Config;
use crate::database;
use crate::error::{Error, ErrorKind};
use crate::gather::Gather;
use crate::perform::{Means, Performer};
use crate::presence::{self, Presence};
use crate::reserve::Reserve;

/// Tries of one commit while another process holds the database, each as long as its connection's patience.
const LOCKED_TRIES_MAX: u32 = 2;
/// How long after a commit that had to be put off it is tried again.
const PUT_OFF: engine::time::Millis = engine::time::Millis(1_000);
/// How long readers are waited for when the log is to be emptied.
const LOG_PATIENCE: Duration = Duration::from_millis(250);
/// How long the end waits for another process: what it would write is only a courtesy.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);

/// What the thread needs to begin.
pub(crate) struct Plan<A: App> {
    pub(crate) app: Arc<A>,
    pub(crate) config: Config,
    pub(crate) seed: [u8; 32],
    pub(crate) inbox: mpsc::Receiver<Command<A>>,
    pub(crate) means: Means<A>,
}

/// Starts the thread. `ready` is told once the first commit is made; the token is cancelled when everything has ended.
pub(crate) fn spawn<A: App>(
    plan: Plan<A>,
    ready: oneshot::Sender<Result<(), Error>>,
) -> std::io::Result<CancellationToken> {
    let ended = CancellationToken::new();
    let guard = ended.clone().drop_guard();
    std::thread::Builder::new()
        .name("outrigger".to_owned())
        .spawn(move || {
            let _guard = guard;
            match Writer::open(plan) {
                Ok(writer) => {
                    // An error says that who opened it has gone; then so has the sender of commands, and the run is short.
                    let _ = ready.send(Ok(()));
                    writer.run();
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            }
        })?;
    Ok(ended)
}

struct Writer<A: App> {
    /// First, so that callers learn why before they are let go.
    _alarm: Alarm,
    board: Arc<Board>,
    /// Before those who wait for a reply are let go, so that what they say next is not lost unheard.
    inbox: mpsc::Receiver<Command<A>>,
    performer: Performer<A>,
    engine: Engine<A>,
    gather: Gather,
    reserve: Reserve,
    reserve_period: Duration,
    reserve_tried: Instant,
    database: PathBuf,
    busy_timeout: Duration,
    /// Events that nobody waits for and that could not be committed yet.
    carried: Vec<Event<A>>,
    /// Last, so that others find it gone only when everything is.
    presence: Option<Presence>,
}

impl<A: App> Writer<A> {
    fn open(plan: Plan<A>) -> Result<Self, Error> {
        let path = plan.config.database.clone();
        database::make_folder(&path)?;
        let (presence, gate) = presence::enter(&path, plan.config.shared)?;
        let mut reserve = Reserve::new(&path, plan.config.reserve_bytes);
        let engine = open_engine(&plan, &mut reserve, gate.alone)?;
        reserve.hold_again();
        let mut writer = Self::new(plan.means, plan.inbox, engine, reserve, &plan.config);
        writer.presence = Some(presence);
        let held = writer.reserve.is_held();
        // What was said of the reserve before is remembered in the database, and may have changed since.
        let mut events = vec![Event::Reserve { held }, Event::Started];
        if gate.alone {
            events.push(Event::Alone);
        }
        writer
            .commit(events)
            .map_err(|error| database::explain_engine(&path, error))?;
        // Until here nobody else came in.
        drop(gate);
        Ok(writer)
    }

    fn new(
        means: Means<A>,
        inbox: mpsc::Receiver<Command<A>>,
        engine: Engine<A>,
        reserve: Reserve,
        config: &Config,
    ) -> Self {
        Self {
            _alarm: Alarm(Arc::clone(&means.board)),
            board: Arc::clone(&means.board),
            performer: Performer::start(means),
            engine,
            inbox,
            gather: Gather::default(),
            reserve,
            reserve_period: config.period,
            reserve_tried: Instant::now(),
            database: config.database.clone(),
            busy_timeout: config.busy_timeout,
            carried: Vec::new(),
            presence: None,
        }
    }

    fn run(mut self) {
        while let Some(commands) = self.gather.next(&mut self.inbox) {
            let batch = self.admit(commands);
            let started = Instant::now();
            let committed = self.commit(batch.events);
            if let Err(error) = committed.and_then(|()| self.mind_reserve()) {
                self.board.fail(&error.to_string());
                return;
            }
            self.gather.learn(batch.callers, started.elapsed());
            if batch.closing {
                break;
            }
        }
        self.close();
    }

    /// Notes who waits for what.
    fn admit(&mut self, commands: Vec<Command<A>>) -> Batch<A> {
        let mut batch = Batch {
            events: Vec::with_capacity(commands.len()),
            callers: 0,
            closing: false,
        };
        for command in commands {
            match command {
                Command::Event(event) => {
                    if let Event::Answered { attempt, .. } = &event {
                        self.performer.forget_request(*attempt);
                    }
                    batch.events.push(event);
                }
                Command::Call {
                    call,
                    event,
                    reply_to,
                } => {
                    self.performer.expect_reply(call, reply_to);
                    batch.events.push(event);
                    batch.callers += 1;
                }
                Command::Close => batch.closing = true,
            }
        }
        batch
    }

    /// Commits events with those put off before. Only what nothing can be done about is an error.
    fn commit(&mut self, events: Vec<Event<A>>) -> Result<(), engine::Error> {
        let mut all = std::mem::take(&mut self.carried);
        all.extend(self.not_removed());
        all.extend(events);
        if all.is_empty() {
            return Ok(());
        }
        if !self.reserve.is_held() {
            return self.commit_sparingly(all);
        }
        match self.attempt(&all) {
            Err(engine::Error::DiskFull) => self.commit_on_full_disk(all),
            Ok(()) => {
                self.bound_growth();
                Ok(())
            }
            other => self.put_off_if_refused(all, other),
        }
    }

    /// The disk is full. The log may be the larger part of what it is full of, and goes first; then the reserve.
    fn commit_on_full_disk(&mut self, events: Vec<Event<A>>) -> Result<(), engine::Error> {
        if self.empty_log() {
            match self.attempt(&events) {
                Err(engine::Error::DiskFull) => {}
                other => return self.put_off_if_refused(events, other),
            }
        }
        // What makes room goes first; what needs room has one more try.
        let (calls, mut others): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.call().is_some());
        if self.reserve.release() {
            tracing::warn!("the disk is full: the reserve was released");
            others.insert(0, Event::Reserve { held: false });
        }
        others.extend(calls);
        self.commit_sparingly(others)
    }

    /// Each event in a commit of its own, and none of them left in the log: many together may need more than the disk has, the more the longer they
    /// were put off; and what fails leaves its pages in the log, which can only be emptied while it holds nothing that the database lacks.
    fn commit_sparingly(&mut self, events: Vec<Event<A>>) -> Result<(), engine::Error> {
        self.empty_log();
        let mut left = events.into_iter();
        while let Some(event) = left.next() {
            if let Event::Stage { call, .. } = &event {
                // A copy would take the room that is left, for a write that will be refused.
                self.performer.reply(*call, Err(engine::Error::OnReserve));
                continue;
            }
            let attempted = self.attempt(std::slice::from_ref(&event));
            self.empty_log();
            if attempted.is_err() {
                let rest = std::iter::once(event).chain(left).collect();
                return self.put_off_if_refused(rest, attempted);
            }
        }
        Ok(())
    }

    /// What the log adds to the database must fit into the reserve. Else, on a full disk, the log could not be emptied for want of room in the
    /// database, nor written for want of room in the log.
    fn bound_growth(&self) {
        let may_grow = self.reserve.bytes() / 2;
        if may_grow > 0
            && database::growth(self.engine.db(), &self.database).is_ok_and(|growth| growth > may_grow)
        {
            self.empty_log();
        }
    }

    /// Whether the log takes no space any more. Readers are not waited for long: the next commit comes here again.
    fn empty_log(&self) -> bool {
        let db = self.engine.db();
        let emptied = db.busy_timeout(LOG_PATIENCE).is_ok() && database::empty_log(db);
        if let Err(error) = db.busy_timeout(self.busy_timeout) {
            tracing::warn!(%error, "commits will not wait long for other processes");
        }
        emptied
    }

    /// What is to be told of files that are still there.
    fn not_removed(&mut self) -> impl Iterator<Item = Event<A>> + use<A> {
        let files = self.performer.take_not_removed().into_iter();
        files.map(|file| Event::NotRemoved { file })
    }

    fn attempt(&mut self, events: &[Event<A>]) -> Result<(), engine::Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.engine.handle(clock::now(), events) {
                Ok(mut effects) => {
                    // Whoever is answered finds what was answered in the state.
                    effects.sort_by_key(|effect| !matches!(effect, Effect::Status(_)));
                    for effect in effects {
                        self.performer.perform(effect, self.engine.db());
                    }
                    return Ok(());
                }
                Err(engine::Error::Locked) if tries < LOCKED_TRIES_MAX => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where the disk is full or another process in the way, callers are told so, and the rest is kept for later: an answer of the server's
    /// must not be lost.
    fn put_off_if_refused(
        &mut self,
        events: Vec<Event<A>>,
        attempted: Result<(), engine::Error>,
    ) -> Result<(), engine::Error> {
        let refusal = match attempted {
            Err(engine::Error::DiskFull) => || engine::Error::DiskFull,
            Err(engine::Error::Locked) => || engine::Error::Locked,
            other => return other,
        };
        for event in events {
            match event.call() {
                Some(call) => self.performer.reply(call, Err(refusal())),
                None if matches!(event, Event::Tick | Event::TriggerSync) => {}
                None => self.carried.push(event),
            }
        }
        self.performer.wake_after(Some(PUT_OFF));
        Ok(())
    }

    /// Tries now and then to hold the reserve again.
    fn mind_reserve(&mut self) -> Result<(), engine::Error> {
        if self.reserve.is_held() || self.reserve_tried.elapsed() < self.reserve_period {
            return Ok(());
        }
        self.reserve_tried = Instant::now();
        // What the log takes is not what the disk lacks.
        self.empty_log();
        if !self.reserve.hold_again() {
            return Ok(());
        }
        self.commit(vec![Event::Reserve { held: true }])
    }

    fn close(mut self) {
        self.performer.stop();
        let last: Vec<_> = self.not_removed().chain([Event::Closing]).collect();
        let patience = self.engine.db().busy_timeout(CLOSING_PATIENCE);
        let closed = patience
            .map_err(engine::Error::from)
            .and_then(|()| self.attempt(&last));
        if let Err(error) = closed {
            tracing::warn!(%error, "what is held for others is let go by time");
        }
    }
}

struct Batch<A: App> {
    events: Vec<Event<A>>,
    callers: usize,
    closing: bool,
}

/// Rings when the thread ends, however it does.
struct Alarm(Arc<Board>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("BUG: its thread panicked");
        }
        self.0.end();
    }
}

/// Opens the engine, also on a disk that is full: that must keep nobody from what waits. What a killed process left in the log goes into the
/// database first, then the reserve goes.
fn open_engine<A: App>(plan: &Plan<A>, reserve: &mut Reserve, alone: bool) -> Result<Engine<A>, Error> {
    let path = &plan.config.database;
    let key = plan.config.database_key.as_ref();
    let open = || {
        let db = database::open(path, key, plan.config.busy_timeout)?;
        if alone {
            outrigger_wal::make_certain(&db, || outrigger_wal::rewrite_file(path))
                .map_err(|error| database::explain_engine(path, error.into()))?;
        }
        Engine::open(db, Arc::clone(&plan.app), options(plan))
            .map_err(|error| database::explain_engine(path, error))
    };
    let is_full = |opened: &Result<_, Error>| {
        let error = opened.as_ref().err();
        error.is_some_and(|error| error.kind() == ErrorKind::DiskFull)
    };
    let empty_log = || database::open(path, key, LOG_PATIENCE).is_ok_and(|db| database::empty_log(&db));
    let mut opened = open();
    if is_full(&opened) && empty_log() {
        opened = open();
    }
    if is_full(&opened) && reserve.release() {
        empty_log();
        opened = open();
    }
    opened
}

fn options<A: App>(plan: &Plan<A>) -> Options {
    let config = &plan.config;
    let batches = plan.app.capabilities().batches.is_some();
    Options {
        server: config.server.as_str().to_owned(),
        account: config.account.clone(),
        seed: plan.seed,
        now: clock::now(),
        limits: config.limits.clone(),
        concurrency: config.concurrency.unwrap_or(if batches { 4 } else { 16 }),
        shared: config.shared,
        durable: config.durable,
    }
}
