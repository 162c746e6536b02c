//! The demonstration.
//!
//! Owns its arguments.

use crate::error::Error;
use crate::exit::ExitCode;

/// What the demonstration takes.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// The seed of all that is random in it
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How much is written
    #[arg(long, default_value_t = 100)]
    pub(crate) items: usize,
    /// Set from the option that all commands share.
    #[arg(skip)]
    pub(crate) json: bool,
}

/// Shows it.
pub(crate) async fn run(args: DemoArgs) -> Result<ExitCode, Error> {
    let DemoArgs { seed, items, json } = args;
    Err(Error::Failed(format!(
        "the demonstration (seed {seed}, {items} items, json {json}) is not part of this build"
    )))
}
