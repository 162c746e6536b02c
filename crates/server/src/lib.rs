//! The Outrigger server: an HTTP API that applies every write exactly once.
//!
//! In reading order: the data that comes and goes, the one door, what each operation does, and the ports beneath.

mod error;
pub mod exchange;
pub mod ids;
pub mod problem;

mod headers;
mod input;
mod operation;
mod rate;

mod server;

mod action;
mod cursor;
mod once;
mod session;
mod view;

pub mod blobs;
mod files;
mod password;
pub mod store;

mod site;

pub mod http;

pub use error::Error;
pub use http::{Config, HttpLimits, openapi, renew_epoch, serve};
pub use password::{Argon2id, PasswordCost, PasswordHasher};
pub use rate::Rate;
pub use server::{Exchange, Server, Settings};
pub use site::Site;
