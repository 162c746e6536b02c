//! `outrigger completions SHELL`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

/// Prints what the shell is to load.
pub(crate) fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "outrigger", &mut script);
    context.output.write(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Done)
}
