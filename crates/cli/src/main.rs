//! `outrigger`: an offline-first social client, its server and its tools, in the terminal.
//!
//! Owns the order of a run: read the arguments, do the one thing asked for, say how it went. Never does any of it itself.

// A run.
mod args;
mod command;
mod context;
mod signal;

// What a run stands on.
mod account;
mod attach;
mod check;
mod clock;
mod find;
mod home;
mod local;
mod prompt;
mod queue;
mod refresh;
mod secrecy;
mod session;
mod settings;
mod write;

// What it shows.
mod error;
mod exit;
mod output;
mod show;
mod style;
mod text;

mod demo;

use args::Cli;
use context::Context;
use error::Error;
use exit::ExitCode;
use output::Output;

fn main() -> std::process::ExitCode {
    let cli = Cli::read();
    // From here on there may be a password or a token in memory.
    secrecy::leave_no_dump();
    let output = Output::new(cli.json);
    start_log(&cli);
    let done = start_runtime().and_then(|runtime| {
        let done = runtime.block_on(run(cli, &output));
        // A read from the terminal may still be waiting for a line that nobody wants any more.
        runtime.shutdown_background();
        done
    });
    let code = done.unwrap_or_else(|error| output.fail(&error));
    code.into()
}

async fn run(cli: Cli, output: &Output) -> Result<ExitCode, Error> {
    let context = Context::new(cli.home, cli.reserve, output)?;
    if cli.command.serves() {
        // It has its own way to end in good order.
        return cli.command.run(&context).await;
    }
    let done = tokio::select! {
        biased;
        signal = signal::listen()? => Err(Error::Interrupted(signal)),
        done = cli.command.run(&context) => done,
    };
    let closed = context.close().await;
    let code = done?;
    closed.map(|()| code)
}

fn start_runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::Failed(format!("the system gives no threads: {error}")))
}

/// Logs go to standard error, and say little unless `OUTRIGGER_LOG` asks for more.
fn start_log(cli: &Cli) {
    let default = if cli.command.serves() { "info" } else { "off" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("OUTRIGGER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}
