//! The handle: what an app calls.
//!
//! Owns the calls and their order. Everything durable happens on the writer thread, every decision in the engine.

use outrigger_engine::event::StagedFile;
use outrigger_engine::ids::{CallId, Entity, LocalId, MutationId, Place, ReadMark};
use outrigger_engine::inspect::{Filter, Item, JournalEntry};
use outrigger_engine::time::Now;
use outrigger_engine::{App, EntityStatus, Event, Outcome, Reply, SyncState, Write, inspect};
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _, TryRng as _};
use rusqlite::Connection;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::board::Board;
use crate::calls::{COMMANDS_MAX, Calls, Command, unexpected, written};
use crate::changes::Changes;
use crate::clock;
use crate::config::Config;
use crate::database::storage;
use crate::error::{Error, ErrorKind};
use crate::fetched::Fetched;
use crate::files;
use crate::perform::Means;
use crate::reads::Reads;
use crate::settled::{self, Core, Written};
use crate::stage::Source;
use crate::transport::{self, Transport};
use crate::writer::{self, Plan};

/// How long [`SyncService::close`] waits for the thread.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// An app's queue, running. Cheap to clone; when the last clone is dropped, everything ends by itself: thread, requests, timers, locks.
///
/// Writes return once they are durable; what becomes of them can be awaited, or read off [`SyncService::state`].
pub struct SyncService<A: App> {
    inner: Arc<Inner<A>>,
}

struct Inner<A: App> {
    calls: Calls<A>,
    core: Arc<Core>,
    /// `None` once closed, so that its connections are.
    transport: Mutex<Option<Arc<Transport>>>,
    ended: CancellationToken,
    random: Mutex<StdRng>,
    config: Config,
}

/// What a discard took out of the queue.
#[derive(Debug)]
pub struct Discarded {
    /// The mutation named, then what depended on it.
    pub gone: Vec<MutationId>,
    /// Where it may have arrived already: the mutation that undoes it, on its way now.
    pub compensation: Option<Written>,
}

impl<A: App> SyncService<A> {
    /// Opens the database, makes it if it is missing, and begins to send what waits. Runs on the Tokio runtime it is called in.
    ///
    /// # Errors
    /// What is wrong with the settings, the folders or the database; a database that cannot be used is left as it is.
    pub async fn open(app: A, config: Config) -> Result<Self, Error> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| Error::Config("the service needs a Tokio runtime".to_owned()))?;
        if config.period.is_zero() {
            return Err(Error::Config("the period must be longer than nothing".to_owned()));
        }
        let transport = Arc::new(Transport::new(&config)?);
        files::create_private_folder(&config.attachments)
            .map_err(|error| storage("make the folder", &config.attachments, error))?;
        let mut seeds = [[0; 32]; 2];
        for seed in &mut seeds {
            SysRng
                .try_fill_bytes(seed)
                .map_err(|error| Error::Config(format!("the system gives no randomness: {error}")))?;
        }
        let board = Arc::new(Board::new());
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let plan = Plan {
            app: Arc::new(app),
            seed: seeds[0],
            inbox,
            means: Means {
                runtime,
                inbox: commands.downgrade(),
                transport: Arc::clone(&transport),
                attachments: config.attachments.clone(),
                board: Arc::clone(&board),
                period: config.period,
                watch_network: config.watch_network && !transport::is_this_machine(&config.server),
            },
            config: config.clone(),
        };
        let (ready_tx, ready) = oneshot::channel();
        let ended = writer::spawn(plan, ready_tx)
            .map_err(|error| Error::Config(format!("the system gives no thread: {error}")))?;
        ready.await.map_err(|_| board.ended())??;
        Ok(Self {
            inner: Arc::new(Inner {
                calls: Calls::new(commands, Arc::clone(&board)),
                core: Arc::new(Core {
                    board,
                    reads: Reads::new(config.database.clone(), config.database_key.clone()),
                }),
                transport: Mutex::new(Some(transport)),
                ended,
                random: Mutex::new(StdRng::from_seed(seeds[1])),
                config,
            }),
        })
    }

    /// Writes. Durable once this returns; [`Written::synced`] says what becomes of it.
    ///
    /// # Errors
    /// What the engine refuses; then nothing was written.
    pub async fn mutate(&self, write: impl Into<Write<A::Mutation>>) -> Result<Written, Error> {
        let mut all = self.mutate_all(vec![write.into()]).await?;
        all.pop().ok_or_else(|| unexpected(&Reply::Written(Vec::new())))
    }

    /// Writes several, in this order: all are durable once this returns, or none was written.
    ///
    /// # Errors
    /// What the engine refuses; then nothing was written. Where the disk is full the copies that the writes bring are let go, for what waits
    /// needs their room: stage the files again when there is space.
    pub async fn mutate_all(&self, writes: Vec<Write<A::Mutation>>) -> Result<Vec<Written>, Error> {
        let files: Vec<_> = writes
            .iter()
            .flat_map(|write| write.files.iter().cloned())
            .collect();
        let refusal = match self.call(|call| Event::Mutate { call, writes }).await {
            Ok(reply) => return Ok(written(reply)?.into_iter().map(|id| self.written(id)).collect()),
            Err(refusal) => refusal,
        };
        if refusal.kind() == ErrorKind::DiskFull {
            self.unstage(files).await?;
        }
        Err(refusal)
    }

    /// Copies a file, durably, to where it can wait, for a [`Write`] that names it. The original may go as soon as this returns. A copy that no
    /// write takes is swept, by a process that starts more than an hour later: see [`SyncService::unstage`].
    ///
    /// # Errors
    /// [`Error::FileMissing`], [`Error::NotAFile`], [`Error::FileEmpty`], [`Error::FileTooLarge`], [`Error::FileUnreadable`]; or that it
    /// could not be kept.
    pub async fn stage(&self, path: impl Into<PathBuf>) -> Result<StagedFile, Error> {
        let (path, size_max) = (path.into(), self.inner.config.limits.one_attachment_bytes_max);
        let source = blocking(move || Source::file(path, size_max)).await?;
        self.copy(source).await
    }

    /// The same with bytes that are no file yet.
    ///
    /// # Errors
    /// As [`SyncService::stage`].
    pub async fn stage_bytes(&self, bytes: Vec<u8>) -> Result<StagedFile, Error> {
        let size_max = self.inner.config.limits.one_attachment_bytes_max;
        self.copy(Source::bytes(bytes, size_max)?).await
    }

    /// Lets copies go that no write will bring any more, as those of a draft that was thrown away. What a write has taken stays.
    ///
    /// # Errors
    /// Where the service has ended.
    pub async fn unstage(&self, files: Vec<StagedFile>) -> Result<(), Error> {
        match files.is_empty() {
            true => Ok(()),
            false => self.tell(Event::Unstage { files }).await,
        }
    }

    /// Tries everything now that may be tried.
    ///
    /// # Errors
    /// Where the service has ended.
    pub async fn trigger_sync(&self) -> Result<(), Error> {
        self.tell(Event::TriggerSync).await
    }

    /// Tries everything again that was rejected or failed too often; says how much that is.
    ///
    /// # Errors
    /// Where it could not be noted.
    pub async fn retry_failed(&self) -> Result<u64, Error> {
        match self.call(|call| Event::RetryFailed { call }).await? {
            Reply::Retried(count) => Ok(count),
            other => Err(unexpected(&other)),
        }
    }

    /// Tries one parked mutation again.
    ///
    /// # Errors
    /// Where it is unknown or not to be retried.
    pub async fn retry(&self, mutation: MutationId) -> Result<(), Error> {
        match self.call(|call| Event::Retry { call, mutation }).await? {
            Reply::Retried(_) | Reply::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Changes a mutation that has not arrived. It goes out under the id given back: the same, or that of an update that follows it.
    ///
    /// # Errors
    /// Where it is unknown or cannot be edited.
    pub async fn edit(&self, mutation: MutationId, with: A::Mutation) -> Result<Written, Error> {
        let edit = |call| Event::Edit { call, mutation, with };
        match self.call(edit).await? {
            Reply::Edited(id) => Ok(self.written(id)),
            other => Err(unexpected(&other)),
        }
    }

    /// Takes a mutation back, with what depends on it.
    ///
    /// # Errors
    /// Where it is unknown or can no longer be taken back.
    pub async fn discard(&self, mutation: MutationId) -> Result<Discarded, Error> {
        match self.call(|call| Event::Discard { call, mutation }).await? {
            Reply::Discarded { gone, compensation } => Ok(Discarded {
                gone,
                compensation: compensation.map(|id| self.written(id)),
            }),
            other => Err(unexpected(&other)),
        }
    }

    /// Waits until a mutation took effect, was parked or discarded.
    ///
    /// # Errors
    /// [`outrigger_engine::Error::Unknown`] for one that was never written here, or that the journal has forgotten since;
    /// [`Error::Closed`] or [`Error::Stopped`] where the service ended before.
    pub async fn settled(&self, mutation: MutationId) -> Result<Outcome, Error> {
        settled::settled(Arc::clone(&self.inner.core), mutation).await
    }

    /// Goes offline (`false`) or comes back. It is remembered beyond this process.
    ///
    /// # Errors
    /// Where it could not be noted.
    pub async fn set_online(&self, online: bool) -> Result<(), Error> {
        self.done(|call| Event::SetOnline { call, online }).await
    }

    /// The user has signed in again: what was paused goes on.
    ///
    /// # Errors
    /// Where the service has ended.
    pub async fn signed_in(&self) -> Result<(), Error> {
        self.tell(Event::SignedIn).await
    }

    /// The user accepts that the server was restored from a backup or replaced: sending goes on.
    ///
    /// # Errors
    /// Where there is nothing to accept.
    pub async fn accept_server(&self) -> Result<(), Error> {
        self.done(|call| Event::AcceptServer { call }).await
    }

    /// Takes over what was read from the server; gives back the entities in it, in its order. `began` is that of the [`Fetched`] that it was in, the
    /// first where there were several: what was confirmed since is not undone by what was read before.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn observe(&self, observation: A::Observation, began: ReadMark) -> Result<Vec<Entity>, Error> {
        let observed = self.call(|call| Event::Observed {
            call,
            observation,
            began: Some(began),
        });
        match observed.await? {
            Reply::Observed(entities) => Ok(entities),
            other => Err(unexpected(&other)),
        }
    }

    /// Reads from the server: a GET of this path, as the user, with the session renewed where that is needed. What the answer says is the
    /// caller's to judge, also where it is an error.
    ///
    /// # Errors
    /// [`Error::Unreached`] where nobody answered, [`Error::SignInNeeded`] where the session has ended.
    pub async fn fetch(&self, path: &str) -> Result<Fetched, Error> {
        let transport = self.transport().clone();
        let transport = transport.ok_or(Error::Closed)?;
        let began = self.read(inspect::read_mark).await?;
        tokio::select! {
            () = self.inner.ended.cancelled() => Err(self.inner.core.board.ended()),
            fetched = transport.fetch(path, self.inner.config.fetch_timeout) => {
                Ok(Fetched { response: fetched?, began })
            }
        }
    }

    /// Reads the database, in one snapshot, on a connection that can only read and off the async threads. The writer is never in the way.
    ///
    /// # Errors
    /// What the closure says, or that the service is closed.
    pub async fn read<T, E, F>(&self, read: F) -> Result<T, Error>
    where
        T: Send + 'static,
        E: Into<Error> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.inner.core.reads.read(read).await
    }

    /// Rows of the queue in their order, beginning after a place; at most `limit`, and at most 1,000.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pending(
        &self,
        filter: Filter,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Item>, Error> {
        self.read(move |db| inspect::items(db, filter, after, limit))
            .await
    }

    /// One row of the queue.
    ///
    /// # Errors
    /// What the database says.
    pub async fn item(&self, mutation: MutationId) -> Result<Option<Item>, Error> {
        self.read(move |db| inspect::item(db, mutation)).await
    }

    /// The last outcomes, newest first; at most `limit`, and at most 1,000.
    ///
    /// # Errors
    /// What the database says.
    pub async fn journal(&self, limit: usize) -> Result<Vec<JournalEntry>, Error> {
        self.read(move |db| inspect::journal(db, limit)).await
    }

    /// Where one entity stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn entity_status(&self, entity: LocalId) -> Result<EntityStatus, Error> {
        self.read(move |db| inspect::entity_status(db, entity)).await
    }

    /// The state: a whole snapshot at once, then again whenever it has changed. A slow reader misses steps, never the last one. Where the
    /// database fails the state is an error that says so.
    pub fn state(&self) -> watch::Receiver<SyncState> {
        self.inner.core.board.state()
    }

    /// What looks different from now on, for queries that follow the database.
    ///
    /// # Errors
    /// Where the service has ended.
    pub fn changes(&self) -> Result<Changes, Error> {
        self.inner.core.board.changes()
    }

    /// A fresh id for a new entity.
    pub fn new_id(&self) -> LocalId {
        let mut random = [0; 10];
        self.inner
            .random
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut random);
        LocalId::new(clock::now().wall, random)
    }

    /// The present, as the engine is told it.
    pub fn now(&self) -> Now {
        clock::now()
    }

    /// The settings it was opened with.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Ends everything for all clones, requests on their way included, and waits until it has ended. What waits in the queue is kept.
    ///
    /// # Errors
    /// [`outrigger_engine::Error::Locked`] where another process holds the database so that the thread does not end within 10 s.
    pub async fn close(&self) -> Result<(), Error> {
        self.inner.core.reads.close();
        self.transport().take();
        let ending = async {
            // An error says that it is ending already.
            let _ = self.inner.calls.say(Command::Close).await;
            self.inner.ended.cancelled().await;
        };
        tokio::time::timeout(CLOSE_TIMEOUT, ending)
            .await
            .map_err(|_| Error::Engine(outrigger_engine::Error::Locked))
    }

    async fn copy<R: std::io::Read + Send + 'static>(&self, source: Source<R>) -> Result<StagedFile, Error> {
        let file = self.new_id().to_string();
        let files = vec![file.clone()];
        match self.call(|call| Event::Stage { call, files }).await? {
            Reply::Staged => {}
            other => return Err(unexpected(&other)),
        }
        let folder = self.inner.config.attachments.clone();
        blocking(move || source.copy_into(&folder, file)).await
    }

    async fn done(&self, event: impl FnOnce(CallId) -> Event<A>) -> Result<(), Error> {
        match self.call(event).await? {
            Reply::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn call(&self, event: impl FnOnce(CallId) -> Event<A>) -> Result<Reply, Error> {
        self.inner.calls.call(event).await
    }

    async fn tell(&self, event: Event<A>) -> Result<(), Error> {
        self.inner.calls.say(Command::Event(event)).await
    }

    fn written(&self, id: MutationId) -> Written {
        Written::new(id, &self.inner.core)
    }

    fn transport(&self) -> std::sync::MutexGuard<'_, Option<Arc<Transport>>> {
        self.inner
            .transport
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: App> Clone for SyncService<A> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<A: App> fmt::Debug for SyncService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncService")
            .field("app", &A::NAME)
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

/// File work, off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Error::Closed))
}
