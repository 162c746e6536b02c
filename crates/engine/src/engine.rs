//! The door: events in, one transaction, effects out.
//!
//! Owns the transaction and the order of its steps. Never decides what an event means: each has a module of its own.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;

use crate::answer;
use crate::app::App;
use crate::attachment;
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
use crate::schema;
use crate::state::State;
use crate::status::SyncState;
use crate::step::{Gathered, Step};
use crate::time::{Now, Timekeeper};

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
    data_version: i64,
    told: Option<SyncState>,
}

impl<A: App> Engine<A> {
    /// Opens a database that the host has opened: creates or upgrades its tables and checks that it is this app's, server's and account's.
    ///
    /// # Errors
    /// [`Error::Foreign`] for a database that is another's or newer; it is left as it is.
    pub fn open(mut db: Connection, app: Arc<A>, options: Options) -> Result<Self, Error> {
        let mut rng = StdRng::from_seed(options.seed);
        let wall = options.now.wall;
        schema::open::<A>(&mut db, &options, |clock| ClientId(clock.next(wall, &mut rng)))?;
        let data_version = data_version(&db)?;
        Ok(Self {
            db,
            app,
            options,
            rng,
            timekeeper: Timekeeper::default(),
            attempts: Attempts::default(),
            data_version,
            told: None,
        })
    }

    /// Takes events, decides, commits, and says what is to be done. All of them share one transaction; a refused one does not undo its
    /// neighbours. On an error nothing was changed, and the same events may be handed in again.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Locked`] or [`Error::Database`]; what is wrong with a call is in its [`Effect::Reply`].
    pub fn handle(&mut self, now: Now, events: &[Event<A>]) -> Result<Vec<Effect>, Error> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let stored = State::load(&tx)?;
        let tick = self.timekeeper.tick(now, stored.timeline, stored.wall);
        let mut state = stored.clone();
        state.timeline = tick;
        state.wall = now.wall;
        let mut step = Step {
            db: &tx,
            app: self.app.as_ref(),
            options: &self.options,
            rng: &mut self.rng,
            wall: now.wall,
            tick,
            state,
            identity: schema::identity(&tx)?,
            attempts: self.attempts.clone(),
            gathered: Gathered::default(),
        };
        attachment::forget_removed(&mut step)?;
        for event in events {
            isolated(&mut step, event)?;
        }
        schedule::run(&mut step)?;
        let status = report::sync_state(&step)?;
        let Step {
            state,
            attempts,
            gathered,
            ..
        } = step;
        if state.differs_from(&stored) {
            state.save(&tx)?;
        }
        tx.commit()?;

        self.timekeeper.remember(now, tick);
        self.attempts = attempts;
        Ok(self.effects(gathered, status))
    }

    /// What leaves after the commit: replies first, so that a caller hears of its write before anything that follows from it.
    fn effects(&mut self, gathered: Gathered, status: SyncState) -> Vec<Effect> {
        let Gathered { mut effects, changed } = gathered;
        effects.sort_by_key(|effect| !matches!(effect, Effect::Reply { .. }));
        if !changed.is_empty() {
            effects.push(Effect::Changed(changed));
        }
        // The commit stands whatever this read says: a failure shows at the next step.
        let data_version = data_version(&self.db).unwrap_or(self.data_version);
        if data_version != self.data_version {
            self.data_version = data_version;
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

/// One event in a savepoint of its own: refused, it leaves nothing behind.
fn isolated<A: App>(step: &mut Step<'_, A>, event: &Event<A>) -> Result<(), Error> {
    let Some(call) = event.call() else {
        return take(step, event).map(|_| ());
    };
    step.db.prepare_cached("SAVEPOINT event")?.execute([])?;
    let before = (
        step.state.clone(),
        step.attempts.clone(),
        step.gathered.effects.len(),
    );
    let reply = take(step, event);
    match reply {
        Err(error) if error.is_fatal() => return Err(error),
        Err(error) => {
            step.db.prepare_cached("ROLLBACK TO event")?.execute([])?;
            step.state = before.0;
            step.attempts = before.1;
            step.gathered.effects.truncate(before.2);
            step.reply(call, Err(error));
        }
        Ok(reply) => step.reply(call, Ok(reply.unwrap_or(Reply::Done))),
    }
    step.db.prepare_cached("RELEASE event")?.execute([])?;
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
            lease::expire(step.db)?;
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
        Event::Observed { observation, .. } => Reply::Observed(reconcile::observe(step, observation)?),
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
        lease::release(step.db, generation)?;
    }
    schedule::relinquish(step);
    Ok(())
}
