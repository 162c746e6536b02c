//! The adapter to HTTP: sockets, time, threads and metrics around the synchronous core.
//!
//! Owns everything that waits. Never decides what a request means: that is [`crate::Server`].

mod app;
mod body;
mod clock;
mod crowd;
mod metrics;
mod openapi;
mod site;
mod streams;
mod writer;

pub use openapi::openapi;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::blobs::ObjectBlobs;
use crate::error::Error;
use crate::files;
use crate::password::{Argon2id, PasswordCost};
use crate::server::{Server, Settings};
use crate::site::Site;
use crate::store::sqlite::SqliteStore;

/// The server as it is deployed: SQLite and files.
type LocalServer = Server<SqliteStore, ObjectBlobs>;

/// How the server is started.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database and the uploads lie; made if it is not there.
    pub data_dir: PathBuf,
    /// What can be set of the core: lifetimes and rates.
    pub settings: Settings,
    /// Bounds on what is taken from a socket.
    pub limits: HttpLimits,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// What is served to browsers.
    pub site: Site,
}

impl Config {
    /// The defaults, over a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            ..Self::default()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("outrigger-data"),
            settings: Settings::default(),
            limits: HttpLimits::default(),
            password_cost: PasswordCost::default(),
            site: Site::embedded(),
        }
    }
}

/// Bounds on what is taken from a socket.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// Connections at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// Of those, from one address (IPv6: one network of 64 bits); further ones are closed at once.
    pub connections_per_address_max: usize,
    /// Requests being answered at once; further ones are 503. From half of them on nobody's body is read who has no good token.
    pub requests_max: usize,
    /// Mutations waiting for the writer; further ones are 503.
    pub queue_max: usize,
    /// Bytes of a JSON body, also after decompression.
    pub body_bytes_max: usize,
    /// Header fields of a request.
    pub headers_max: usize,
    /// Bytes of the request line and the header fields.
    pub header_bytes_max: usize,
    /// For the headers of a request to arrive.
    pub header_timeout: Duration,
    /// For a JSON body to arrive, and for each piece of an upload.
    pub body_timeout: Duration,
    /// For requests in flight to end when the server is shut down.
    pub shutdown_timeout: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            connections_per_address_max: 512,
            requests_max: 512,
            queue_max: 1_024,
            body_bytes_max: 1024 * 1024,
            headers_max: 64,
            header_bytes_max: 16 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves until `shutdown` is ready, then finishes what is in flight, within its bound.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), Error> {
    let runtime = tokio::runtime::Handle::current();
    let opened = config.clone();
    let (server, lock) = tokio::task::spawn_blocking(move || open(&opened, runtime))
        .await
        .map_err(|error| Error::Listen(std::io::Error::other(error)))??;
    let writer = writer::start(server.clone(), config.limits.queue_max)?;
    let sweeper = tokio::spawn(sweep_now_and_then(server.clone()));
    let app = app::App::new(server.clone(), writer.queue(), config.limits.clone(), config.site);
    accept(&config.limits, listener, app, shutdown).await;
    sweeper.abort();
    writer.stop(config.limits.shutdown_timeout).await;
    // Somebody who was cut off may hold the database open a little longer: then it is not closed in good order when the process ends.
    let settling = tokio::task::spawn_blocking(move || server.store().settle());
    match tokio::time::timeout(config.limits.shutdown_timeout, settling).await {
        Ok(Ok(Ok(true))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(%error, "the journal of the database is left to the next start"),
        _ => tracing::warn!("somebody still uses the database: its journal is left to the next start"),
    }
    drop(lock);
    Ok(())
}

/// Gives the database of a data directory a new epoch, so that every client learns that it was restored from a backup.
/// The server must not be running.
pub fn renew_epoch(data_dir: &Path) -> Result<(), Error> {
    let _lock = lock(data_dir)?;
    let mut random = clock::system_random();
    SqliteStore::open(&database(data_dir)?, &mut random)?.renew_epoch(&mut random)?;
    Ok(())
}

fn open(
    config: &Config,
    runtime: tokio::runtime::Handle,
) -> Result<(Arc<LocalServer>, std::fs::File), Error> {
    let lock = lock(&config.data_dir)?;
    let mut random = clock::system_random();
    let store = SqliteStore::open(&database(&config.data_dir)?, &mut random)?;
    let blobs = ObjectBlobs::open(&config.data_dir, runtime)?;
    let passwords = Box::new(Argon2id::new(config.password_cost));
    let server = Server::new(store, blobs, passwords, config.settings.clone(), &mut random)?;
    server.tidy()?;
    Ok((Arc::new(server), lock))
}

/// Keeps a second server out of the data directory: two would not see each other's uploads in flight.
fn lock(data_dir: &Path) -> Result<std::fs::File, Error> {
    files::make_private_folder(data_dir)?;
    let path = data_dir.join("lock");
    files::make_private_file(&path)?;
    let file = std::fs::File::open(&path).map_err(|source| Error::files(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse {
            path: data_dir.to_owned(),
        }),
        Err(std::fs::TryLockError::Error(source)) => Err(Error::files(&path, source)),
    }
}

fn database(data_dir: &Path) -> Result<PathBuf, Error> {
    let path = data_dir.join("outrigger.db");
    files::make_private_file(&path)?;
    Ok(path)
}

async fn accept(
    limits: &HttpLimits,
    listener: TcpListener,
    app: Arc<app::App>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let connections = Arc::new(Semaphore::new(limits.connections_max));
    let crowd = crowd::Crowd::default();
    let graceful = GracefulShutdown::new();
    let builder = connection_builder(limits);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            let permit = connections.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (stream, peer, permit) = tokio::select! {
            () = &mut shutdown => break,
            accepted = next => match accepted {
                (Ok((stream, peer)), Ok(permit)) => (stream, peer, permit),
                (Err(error), _) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file descriptors, most likely: others must end first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                (_, Err(_)) => break,
            },
        };
        let Some(place) = crowd.enter(peer.ip(), limits.connections_per_address_max) else {
            continue;
        };
        let service = TowerToHyperService::new(app.clone().router(peer.ip()));
        let connection = builder
            .serve_connection(TokioIo::new(without_delay(stream)), service)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop((place, permit));
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still in flight at the end of the time to shut down");
    }
}

fn connection_builder(limits: &HttpLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The parser's bounds lie above ours, so that what exceeds ours is answered with a problem.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.headers_max * 4)
        .max_buf_size((limits.header_bytes_max * 8).max(64 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .keep_alive_interval(Duration::from_secs(30))
        .max_header_list_size(u32::try_from(limits.header_bytes_max * 8).unwrap_or(u32::MAX));
    builder
}

/// Answers are small and waited for.
fn without_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a socket keeps its delay");
    }
    stream
}

/// How often expired uploads and tokens are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

async fn sweep_now_and_then(server: Arc<LocalServer>) {
    let clock = clock::Clock::start();
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        let server = server.clone();
        let now = clock.now();
        match tokio::task::spawn_blocking(move || server.sweep(now)).await {
            Ok(Ok(true)) => ticks.reset_immediately(),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the sweep failed"),
            Err(error) => tracing::error!(%error, "the sweep panicked"),
        }
    }
}
