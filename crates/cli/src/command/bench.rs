//! `outrigger bench`

use clap::ValueEnum;
use clap::builder::RangedU64ValueParser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use outrigger_bench::report::Report;
use outrigger_bench::{Group, Options, chart, workload};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::{Output, View};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is measured
    #[arg(value_enum, default_value_t = Part::All)]
    part: Part,
    /// How many writes
    #[arg(long, default_value_t = workload::ITEMS, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(100..=1_000_000))]
    items: usize,
    /// The same seed does the same writes
    #[arg(long, default_value_t = 7, value_name = "N")]
    seed: u64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// How fast writes become durable
    Enqueue,
    /// How fast they arrive, at what cost, and how fast the server takes them
    Drain,
    /// What a queue of a million costs; the size and the start of the program
    Scale,
    /// What it costs to be observed
    Status,
    /// How fast files arrive
    Upload,
    /// All of it: two to three minutes
    All,
}

impl From<Part> for Group {
    fn from(part: Part) -> Self {
        match part {
            Part::Enqueue => Self::Enqueue,
            Part::Drain => Self::Drain,
            Part::Scale => Self::Scale,
            Part::Status => Self::Status,
            Part::Upload => Self::Upload,
            Part::All => Self::All,
        }
    }
}

/// The server process.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    folder: PathBuf,
    /// Each answer leaves so much later
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
}

/// The process that opens a database.
#[derive(Debug, clap::Args)]
pub(crate) struct OpenArgs {
    database: PathBuf,
}

/// The report, in its two forms.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Report);

impl View for Shown {
    fn human(&self) -> String {
        chart::draw(&self.0).trim_end().to_owned()
    }
}

/// Measures. A figure that does not reach what it should is no failure: this is a measurement.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let binary = std::env::current_exe()
        .map_err(|error| Error::Failed(format!("this program cannot be found: {error}")))?;
    let options = Options {
        group: args.part.into(),
        items: args.items,
        seed: args.seed,
        binary,
    };
    let progress = progress(context.output);
    let say = |what: &str| progress.set_message(what.to_owned());
    let report = outrigger_bench::run(&options, &say).await;
    progress.finish_and_clear();
    context.output.show(&Shown(report.map_err(failed)?))?;
    Ok(ExitCode::Done)
}

/// What is being done, on standard error where that is a terminal.
fn progress(output: &Output) -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    if output.is_json() {
        progress.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{spinner:.cyan} {elapsed:>4.dim}  {msg}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    progress.enable_steady_tick(Duration::from_millis(120));
    progress
}

/// Plays the server.
pub(crate) async fn serve(args: ServerArgs) -> Result<ExitCode, Error> {
    let delay = Duration::from_millis(args.delay_ms);
    let served = outrigger_bench::serve::serve(&args.folder, delay).await;
    served.map(|()| ExitCode::Done).map_err(failed)
}

/// Opens a database, and says in JSON what that took.
pub(crate) fn open(context: &Context<'_>, args: OpenArgs) -> Result<ExitCode, Error> {
    let opened = outrigger_bench::open_and_tell(&args.database).map_err(failed)?;
    let told = serde_json::to_string(&opened)
        .map_err(|error| Error::Failed(format!("the result has no JSON: {error}")))?;
    context.output.write(&format!("{told}\n"))?;
    Ok(ExitCode::Done)
}

fn failed(error: outrigger_bench::Error) -> Error {
    Error::Failed(error.to_string())
}
