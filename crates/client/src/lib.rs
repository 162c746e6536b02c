//! The native host of the Outrigger engine: [`SyncService`].
//!
//! Owns what the engine leaves to its host: one thread that writes, HTTP, credentials, the network's coming and going, the attachment
//! folder, time. Generic over the [`App`](outrigger_engine::App); holds no word of any domain and takes no decision about a retry.

mod board;
mod calls;
mod changes;
mod clock;
mod config;
mod credentials;
mod database;
mod error;
mod files;
mod gather;
mod media_type;
mod network;
mod perform;
mod reads;
mod reserve;
mod service;
mod session;
mod session_file;
mod settled;
mod stage;
mod timer;
mod transport;
mod writer;

pub use changes::{Change, Changes};
pub use config::Config;
pub use credentials::{Anonymous, Credentials, FixedToken, Secret};
pub use error::{Error, ErrorKind};
pub use service::{Discarded, SyncService};
pub use session::{Account, Session, SessionCredentials, SessionLock, SessionStore};
pub use session_file::SessionFile;
pub use settled::Written;

pub use futures_util::future::BoxFuture;
pub use outrigger_engine as engine;
