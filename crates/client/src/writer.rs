//! The one thread that writes: events in, one commit, effects out.
//!
//! Owns the engine and its connection, and what is done when a commit fails: the reserve, waiting for another process, stopping loudly.
//! Never does what an effect says itself: see [`crate::perform`].

use outrigger_engine::{self as engine, App, Effect, Engine, Event, Options};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::board::Board;
use crate::calls::Command;
use crate::clock;
use crate::config::Config;
use crate::database;
use crate::error::Error;
use crate::gather::Gather;
use crate::perform::{Means, Performer};
use crate::presence::{self, Presence};
use crate::reserve::Reserve;

/// Tries of one commit while another process holds the database, each as long as its connection's patience.
const LOCKED_TRIES_MAX: u32 = 2;
/// How long after a commit that had to be put off it is tried again.
const PUT_OFF: engine::time::Millis = engine::time::Millis(1_000);
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
        let db = database::open(&path, plan.config.database_key.as_ref(), plan.config.busy_timeout)?;
        let reserve = Reserve::open(&path, plan.config.reserve_bytes);
        let engine = Engine::open(db, Arc::clone(&plan.app), options(&plan))
            .map_err(|error| database::explain_engine(&path, error))?;
        let reserve_period = plan.config.period;
        let mut writer = Self::new(plan.means, plan.inbox, engine, reserve, reserve_period);
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
        reserve_period: Duration,
    ) -> Self {
        Self {
            _alarm: Alarm(Arc::clone(&means.board)),
            board: Arc::clone(&means.board),
            performer: Performer::start(means),
            engine,
            inbox,
            gather: Gather::default(),
            reserve,
            reserve_period,
            reserve_tried: Instant::now(),
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
        all.extend(events);
        if all.is_empty() {
            return Ok(());
        }
        match self.attempt(&all) {
            Err(engine::Error::DiskFull) if self.reserve.release() => self.commit_from_reserve(all),
            other => self.put_off_if_refused(all, other),
        }
    }

    /// The disk is full, and its reserve is free now. What makes room goes first; what needs room has one more try.
    fn commit_from_reserve(&mut self, events: Vec<Event<A>>) -> Result<(), engine::Error> {
        tracing::warn!("the disk is full: the reserve was released");
        let (calls, others): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.call().is_some());
        let mut draining = vec![Event::Reserve { held: false }];
        draining.extend(others);
        let drained = self.attempt(&draining);
        self.put_off_if_refused(draining, drained)?;
        if calls.is_empty() {
            return Ok(());
        }
        let called = self.attempt(&calls);
        self.put_off_if_refused(calls, called)
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
        if !self.reserve.hold_again() {
            return Ok(());
        }
        self.commit(vec![Event::Reserve { held: true }])
    }

    fn close(mut self) {
        self.performer.stop();
        let patience = self.engine.db().busy_timeout(CLOSING_PATIENCE);
        let closed = patience
            .map_err(engine::Error::from)
            .and_then(|()| self.attempt(&[Event::Closing]));
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
