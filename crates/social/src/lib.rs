//! The social app on Outrigger: posts, comments, likes, follows and messages.
//!
//! Owns the app's words: its mutations, its tables, how it is spoken to the server, what answers and reads mean, and the questions that a screen
//! asks. Never does IO beyond the transaction it is handed.

pub mod id;
pub mod limits;
pub mod mutation;
pub mod operations;
pub mod wire;

mod accept;
mod answer;
mod app;
mod apply;
mod coalesce;
mod observe;
mod request;
mod table;
mod time;

pub mod intake;
pub mod query;
pub mod reads;
pub mod refresh;
pub mod resolve;

pub use app::{BATCH_BYTES_MAX, BATCH_ITEMS_MAX, Social, UPLOAD_PART_BYTES};
pub use mutation::Mutation;
pub use observe::{Observation, Read, ReadError};
pub use operations::{comments, conversations, messages, posts, users};

pub(crate) use app::Me;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
