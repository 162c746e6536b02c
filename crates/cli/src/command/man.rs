//! `outrigger man DIR`

use clap::CommandFactory as _;
use std::path::PathBuf;

use crate::args::Cli;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; it is made if it is not there
    folder: PathBuf,
}

/// Writes one page for each command.
pub(crate) fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let Args { folder } = args;
    std::fs::create_dir_all(&folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &folder))
        .map_err(|error| Error::file("write the pages into", &folder, error))?;
    let note = format!("written to {}; read them with: man -l FILE", folder.display());
    context.output.note(&note);
    Ok(ExitCode::Done)
}
