//! `outrigger queue`: what waits, and what is to become of it.
//!
//! Owns the closed set of its actions; each has its file.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::write::WaitArgs;

mod list;
mod show;
mod retry;
mod edit;
mod discard;
mod export;

/// What can be done with the queue.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Action {
    /// List what has not arrived, the oldest first
    List {
        /// Only what needs you
        #[arg(long)]
        failed: bool,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Show one in full, and what you can do about it
    Show {
        /// Its id, or that of what it is about
        id: String,
    },
    /// Try again what was rejected or failed too often
    Retry {
        /// Its id, or that of what it is about
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// All of it
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Change the text of one that has not arrived
    Edit {
        /// Its id, or that of what it is about
        id: String,
        /// What it says now
        text: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Take one back, with what depends on it
    Discard {
        /// Its id, or that of what it is about
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Write all that has not arrived as JSON lines
    Export {
        /// The file; there must be none of this name [default: standard output]
        file: Option<PathBuf>,
        /// Leave out what people wrote
        #[arg(long)]
        without_payloads: bool,
    },
}

/// Does it.
pub(crate) async fn run(context: &Context<'_>, action: Action) -> Result<ExitCode, Error> {
    match action {
        Action::List { failed, limit } => list::run(context, failed, limit).await,
        Action::Show { id } => show::run(context, &id).await,
        Action::Retry {
            id: Some(id), wait, ..
        } => retry::one(context, &id, wait).await,
        Action::Retry { id: None, wait, .. } => retry::all(context, wait).await,
        Action::Edit { id, text, wait } => edit::run(context, &id, text, wait).await,
        Action::Discard { id, yes } => discard::run(context, &id, yes).await,
        Action::Export {
            file,
            without_payloads,
        } => export::run(context, file, without_payloads).await,
    }
}
