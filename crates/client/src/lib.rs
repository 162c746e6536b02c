//! The native host of the Outrigger engine: [`SyncService`].
//!
//! Owns what the engine leaves to its host: one thread that writes, HTTP, credentials, the network's coming and going, the attachment
//! folder, time. Generic over the [`App`](outrigger_engine::App); holds no word of any domain and takes no decision about a retry.
//!
//! ```no_run
//! # use outrigger_client::{Anonymous, Config, SyncService};
//! # use outrigger_engine::App;
//! # use std::sync::Arc;
//! # async fn write<A: App>(app: A, server: url::Url, mutation: A::Mutation) -> Result<(), outrigger_client::Error> {
//! let config = Config::new("app.db", "attachments", server, "usr_1", Arc::new(Anonymous));
//! let service = SyncService::open(app, config).await?;
//! let written = service.mutate(mutation).await?; // Durable, and shown.
//! let outcome = written.synced().await?; // It reached the server, or needs the user.
//! # let _ = outcome;
//! # Ok(())
//! # }
//! ```

mod service;
mod config;
mod error;

// A call goes to the thread that writes.
mod calls;
mod gather;
mod writer;
mod perform;
mod board;
mod settled;
mod changes;
mod reads;
mod fetched;

// What the thread stands on.
mod database;
mod database_key;
mod presence;
mod reserve;
mod stage;
mod media_type;
mod files;
mod erase;

// What comes from outside.
mod transport;
mod credentials;
mod session;
mod session_file;
#[cfg(feature = "keyring")]
mod session_keyring;
mod network;
mod timer;
mod clock;

pub use changes::{Change, Changes};
pub use config::Config;
pub use credentials::{Anonymous, Credentials, FixedToken, Secret};
pub use database_key::DatabaseKey;
pub use erase::{erase_folder, scrub_database};
pub use error::{Error, ErrorKind};
pub use fetched::Fetched;
pub use service::{Discarded, SyncService};
pub use session::{Account, Session, SessionCredentials, SessionLock, SessionStore};
pub use session_file::{SessionFile, SessionPlace};
#[cfg(feature = "keyring")]
pub use session_keyring::SessionKeyring;
pub use settled::Written;

pub use futures_util::future::BoxFuture;
pub use outrigger_engine as engine;
