//! The door: events in, one transaction, effects out.
//!
//! Owns the transaction and the order of its steps. Never decides what an event means: each has a module of its own.

use outrigger_planted::{self as planted, Bug};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::Connection;
use std::sync::Arc;

use crate::answer;
use crate::app::App;
use crate::attachment;
use crate::db::Db;
use crate::error::Error;
use crate::event::{Effect, Event, Refreshed, Reply};
use crate::ids::ClientId;
use crate::lease;
use crate::mutate;
use crate::parked;
use crate::push::Attempts;
use crate::reach;
use crate::reconcile;
use crate::report;
use crate::restore;
use crate::schedule;
use crate::schema::{self, Identity};
use crate::state::State;
use crate::status::SyncState;
use crate::step::{Gathered, Step};
use crate::time::{Now, Timekeeper};
use crate::transaction::{self, Interrupted, Transaction, Undo};

/// What may wait at most. Beyond it a new write is refused; what waits already is never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Mutations.
    pub items_max: u64,
    /// Bytes of payloads.
    pub payload_bytes_max: u64,
    /// Bytes of one payload.
    pub one_payload_bytes_max: u64,
    /// Bytes of attachments.
    pub attachment_bytes_max: u64,
    /// Bytes of one attachment.
    pub one_attachment_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items_max: 2_000_000,
            payload_bytes_max: 4 << 30,
            one_payload_bytes_max: 1 << 20,
            attachment_bytes_max: 8 << 30,
            one_attachment_bytes_max: 1 << 30,
        }
    }
}

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server this database belongs to: its base URL.
    pub server: String,
    /// The account this database belongs to: the server's id of it.
    pub account: String,
    /// The seed of the engine's randomness: jitter and ids. From the operating system, but in tests.
    pub seed: [u8; 32],
    /// The present.
    pub now: Now,
    /// What may wait.
    pub limits: Limits,
    /// At most so many requests at once.
    pub concurrency: usize,
    /// Whether other processes may open the database too: then it is looked at twice a second for what they wrote.
    pub shared: bool,
    /// Whether a commit waits for the disk (`synchronous=FULL`). Without, the last writes before a power loss may be lost; a killed process
    /// loses nothing either way.
    pub durable: bool,
}

/// The engine: one database, one app.
pub struct Engine<A: App> {
    db: Connection,
    app: Arc<A>,
    options: Options,
    rng: StdRng,
    timekeeper: Timekeeper,
    attempts: Attempts,
    /// What the database says as long as nobody else writes to it.
    kept: Option<Kept>,
    data_version: i64,
    told: Option<SyncState>,
}

/// The rows that every transaction begins with.
struct Kept {
    state: State,
    identity: Identity,
}

impl Kept {
    fn load(db: &Connection) -> Result<Self, Error> {
        Ok(Self {
            state: State::load(db)?,
            identity: schema::identity(db)?,
        })
    }
}

impl<A: App> Engine<A> {
    /// Opens a database that the host has opened: creates or upgrades its tables and checks that it is this app's, server's and account's.
    ///
    /// # Errors
    /// [`Error::Foreign`] for a database that is another's or newer; it is left as it is.
    pub fn open(mut db: Connection, app: Arc<A>, options: Options) -> Result<Self, Error> {
        let mut rng = StdRng::from_seed(options.seed);
        let wall = options.now.wall;
        schema::open(&mut db, app.as_ref(), &options, |clock| {
            ClientId(clock.next(wall, &mut rng))
        })?;
        let data_version = data_version(&db)?;
        Ok(Self {
            db,
            app,
            options,
            rng,
            timekeeper: Timekeeper::default(),
            attempts: Attempts::default(),
            kept: None,
            data_version,
            told: None,
        })
    }

    /// Takes events, decides, commits, and says what is to be done. All of them share one transaction; a refused one does not undo its
    /// neighbours. On an error nothing was changed, and the same events may be handed in again.
    ///
    /// One thing no database can promise: where it was the commit that failed, and the process or the power dies before another succeeds, what was handed in may
    /// be there after all when the database is opened next. What is seen then stays.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Locked`] or [`Error::Database`]; what is wrong with a call is in its [`Effect::Reply`].
    pub fn handle(&mut self, now: Now, events: &[Event<A>]) -> Result<Vec<Effect>, Error> {
        let committed = match self.transact(now, events, Undo::Whole) {
            Err(Interrupted::NeedsSavepoints) => self.transact(now, events, Undo::Part),
            other => other,
        };
        match committed {
            Ok(effects) => Ok(effects),
            Err(Interrupted::Failed(error)) => Err(error),
            Err(Interrupted::NeedsSavepoints) => Err(Error::Refused(
                "BUG: a transaction with savepoints asked for them",
            )),
        }
    }

    /// The one path of every event.
    fn transact(&mut self, now: Now, events: &[Event<A>], undo: Undo) -> Result<Vec<Effect>, Interrupted> {
        let tx = Transaction::begin(&self.db)?;
        let data_version = data_version(&self.db)?;
        let stored = match self.kept.take() {
            // Nobody else has written since.
            Some(kept)
                if self.data_version == data_version || planted::is(Bug::StateOfAnotherProcessMissed) =>
            {
                kept
            }
            _ => Kept::load(&self.db)?,
        };
        let tick = self
            .timekeeper
            .tick(now, stored.state.timeline, stored.state.wall);
        let mut state = stored.state.clone();
        state.timeline = tick;
        state.wall = now.wall;
        let step = Step {
            db: Db::new(&self.db),
            app: self.app.as_ref(),
            options: &self.options,
            rng: &mut self.rng,
            wall: now.wall,
            tick,
            state,
            identity: stored.identity,
            attempts: self.attempts.clone(),
            gathered: Gathered::default(),
            undo,
            needs_savepoints: false,
        };
        let Outcome {
            mut state,
            identity,
            attempts,
            gathered,
            status,
        } = outcome(step, events)?;
        Db::new(&self.db).is_whole()?;
        if state.differs_from(&stored.state) {
            state.save(&self.db)?;
        } else {
            state = stored.state;
        }
        let committed = tx.commit();
        if !planted::is(Bug::AcknowledgedBeforeCommit) {
            committed?;
        }

        self.timekeeper.remember(now, tick, state.timeline);
        self.kept = Some(Kept { state, identity });
        self.attempts = attempts;
        let is_changed_elsewhere = std::mem::replace(&mut self.data_version, data_version) != data_version;
        Ok(self.effects(gathered, status, is_changed_elsewhere))
    }

    /// What leaves after the commit: replies first, so that a caller hears of its write before anything that follows from it.
    fn effects(&mut self, gathered: Gathered, status: SyncState, is_changed_elsewhere: bool) -> Vec<Effect> {
        let Gathered { mut effects, changed } = gathered;
        effects.sort_by_key(|effect| !matches!(effect, Effect::Reply { .. }));
        if !changed.is_empty() {
            effects.push(Effect::Changed(changed));
        }
        if is_changed_elsewhere {
            effects.push(Effect::ChangedElsewhere);
        }
        if self.told.as_ref() != Some(&status) {
            self.told = Some(status.clone());
            effects.push(Effect::Status(status));
        }
        effects
    }

    /// The connection, for reads between transactions.
    pub fn db(&self) -> &Connection {
        &self.db
    }
}

/// Rises when another connection has changed the database.
fn data_version(db: &Connection) -> Result<i64, Error> {
    Ok(db
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?)
}

/// What a step leaves to be committed and remembered.
struct Outcome {
    state: State,
    identity: Identity,
    attempts: Attempts,
    gathered: Gathered,
    status: SyncState,
}

/// All of a transaction but its beginning and end.
fn outcome<A: App>(mut step: Step<'_, A>, events: &[Event<A>]) -> Result<Outcome, Interrupted> {
    let status = match run(&mut step, events) {
        Err(_) if step.needs_savepoints => return Err(Interrupted::NeedsSavepoints),
        other => other?,
    };
    Ok(Outcome {
        state: step.state,
        identity: step.identity,
        attempts: step.attempts,
        gathered: step.gathered,
        status,
    })
}

fn run<A: App>(step: &mut Step<'_, A>, events: &[Event<A>]) -> Result<SyncState, Error> {
    attachment::forget_removed(step)?;
    for event in events {
        isolated(step, event)?;
    }
    schedule::run(step)?;
    report::sync_state(step)
}

/// One event: refused, it leaves nothing behind.
fn isolated<A: App>(step: &mut Step<'_, A>, event: &Event<A>) -> Result<(), Error> {
    let Some(call) = event.call() else {
        return take(step, event).map(|_| ());
    };
    let reply = transaction::contained(step, |error| !error.is_fatal(), |step| take(step, event))?;
    step.reply(call, reply.map(|reply| reply.unwrap_or(Reply::Done)));
    Ok(())
}

/// What each event means. A call gives a reply.
fn take<A: App>(step: &mut Step<'_, A>, event: &Event<A>) -> Result<Option<Reply>, Error> {
    let reply = match event {
        Event::Started => {
            attachment::sweep(step)?;
            reach::pierce(step)?;
            return Ok(None);
        }
        Event::Alone => {
            lease::expire(&step.db)?;
            return Ok(None);
        }
        Event::Mutate { writes, .. } => {
            let ids = writes
                .iter()
                .map(|write| mutate::write(step, write))
                .collect::<Result<_, _>>()?;
            Reply::Written(ids)
        }
        Event::Stage { files, .. } => {
            attachment::stage(step, files)?;
            Reply::Staged
        }
        Event::Unstage { files } => {
            attachment::unstage(step, files)?;
            return Ok(None);
        }
        Event::Observed {
            observation, began, ..
        } => Reply::Observed(reconcile::observe(step, observation, *began)?),
        Event::Answered { attempt, answer } => {
            answer::answered(step, *attempt, answer)?;
            return Ok(None);
        }
        Event::Network(up) => {
            reach::network(step, *up);
            return Ok(None);
        }
        Event::SetOnline { online, .. } => {
            step.state.connection.user_offline = !online;
            if *online {
                reach::pierce(step)?;
            } else {
                reach::release_suspects(step)?;
            }
            Reply::Done
        }
        Event::TriggerSync => {
            reach::pierce(step)?;
            return Ok(None);
        }
        Event::Tick => return Ok(None),
        Event::Retry { mutation, .. } => parked::retry(step, *mutation)?,
        Event::RetryFailed { .. } => parked::retry_failed(step)?,
        Event::Edit { mutation, with, .. } => parked::edit(step, *mutation, with)?,
        Event::Discard { mutation, .. } => parked::discard(step, *mutation)?,
        Event::Refreshed(refreshed) => {
            refreshed_credentials(step, *refreshed);
            return Ok(None);
        }
        Event::SignedIn => {
            step.attempts.credentials += 1;
            step.state.connection.must_sign_in = false;
            return Ok(None);
        }
        Event::AcceptServer { .. } => restore::accept_server(step)?,
        Event::Reserve { held } => {
            step.state.connection.on_reserve = !held;
            schema::limit_log(&step.db, !held)?;
            return Ok(None);
        }
        Event::NotRemoved { file } => {
            attachment::not_removed(step, file)?;
            return Ok(None);
        }
        Event::Closing => {
            close(step)?;
            return Ok(None);
        }
    };
    Ok(Some(reply))
}

fn refreshed_credentials<A: App>(step: &mut Step<'_, A>, refreshed: Refreshed) {
    step.attempts.refreshing = false;
    match refreshed {
        Refreshed::Renewed => step.attempts.credentials += 1,
        Refreshed::InvalidGrant => step.state.connection.must_sign_in = true,
        Refreshed::Failed => answer::busy(step, None),
    }
}

fn close<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    step.attempts.closing = true;
    if let Some(generation) = step.attempts.generation {
        lease::release(&step.db, generation)?;
    }
    schedule::relinquish(step);
    Ok(())
}
