//! The native host of the Outrigger engine: [`SyncService`].
//!
//! Owns what the engine leaves to its host: one thread that writes, HTTP, credentials, the network's coming and going, the attachment
//! folder, time. Generic over the [`App`](outrigger_engine::App); holds no word of any domain and takes no decision about a retry.

mod clock;
mod database;
mod error;
mod files;
mod reads;
mod reserve;

pub use error::{Error, ErrorKind};

pub use futures_util::future::BoxFuture;
pub use outrigger_engine as engine;
