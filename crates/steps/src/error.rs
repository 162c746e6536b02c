//! Why a step could not be measured.
//!
//! Owns the one error type of the crate. Never hides a refusal: a step that was refused has a figure, but not the one that was asked for.

use crate::step::Step;

/// Nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder of the database could not be made.
    #[error("the folder of the database could not be made: {0}")]
    Folder(#[from] std::io::Error),
    /// SQLite, while the scene was set.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The engine failed, or refused what the step hands in.
    #[error("the engine refused: {0}")]
    Engine(#[from] outrigger_engine::Error),
    /// The engine sent what the invented server does not understand.
    #[error("the invented server does not understand {0}")]
    Request(String),
    /// The step did something else than its name says: its figure would be that of something else.
    #[error("{step} is not what was measured: {what}")]
    Other {
        /// What was to be measured.
        step: Step,
        /// What happened in its place.
        what: String,
    },
}
