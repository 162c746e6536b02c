//! `outrigger demo`: a server, a client and a bad network between them, for real, and the proof that nothing is lost.
//!
//! Owns the story and its verdict. In reading order: what the world is made of, who acts in it, what it leaves behind, how it is shown.

mod message;
mod fault;
mod proxy;
mod place;
mod process;
mod world;

mod lines;
mod client;
mod server;
mod png;
mod ledger;
mod workload;
mod pilot;

mod remote;
mod audit;

mod screen;
mod story;

mod trouble;

use clap::builder::RangedU64ValueParser;
use std::path::PathBuf;
use std::time::Instant;
use url::Url;

use crate::error::Error;
use crate::exit::ExitCode;
use story::{Script, Told};

/// What a demo is asked for.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DemoArgs {
    /// The same seed does the same writes and makes the same things go wrong
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) seed: u64,
    /// How many writes
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(20..=20_000))]
    pub(crate) items: usize,
    /// Set from the option that all commands share.
    #[arg(skip)]
    pub(crate) json: bool,
}

/// The client process of a demo: reads orders, writes reports.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DemoClientArgs {
    folder: PathBuf,
    server: Url,
    /// Another client may have the same folder.
    #[arg(long)]
    shared: bool,
    /// Instead of what the library holds back on the disk.
    #[arg(long)]
    reserve_bytes: Option<u64>,
    /// Instead of how often the library looks by itself whether anything can be done.
    #[arg(long, value_name = "MS")]
    period: Option<u64>,
}

/// The server process of a demo.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DemoServerArgs {
    folder: PathBuf,
}

/// Plays the demo. [`ExitCode::Failed`] where a single write is lost, doubled or out of order.
pub(crate) async fn run(args: DemoArgs) -> Result<ExitCode, Error> {
    let binary = std::env::current_exe()
        .map_err(|error| Error::Failed(format!("this program cannot be found: {error}")))?;
    let began = Instant::now();
    let script = Script {
        seed: args.seed,
        items: args.items,
        shown: !args.json,
    };
    let told = story::play(&binary, &script, began).await.map_err(failed)?;
    if args.json {
        anstream::println!("{}", summary(&args, &told));
    }
    Ok(if told.is_good() {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// Plays the client.
pub(crate) async fn run_client(args: DemoClientArgs) -> Result<ExitCode, Error> {
    let done = client::run(args).await;
    done.map(|()| ExitCode::Done).map_err(failed)
}

/// Plays the server.
pub(crate) async fn run_server(args: DemoServerArgs) -> Result<ExitCode, Error> {
    let done = server::run(&args.folder).await;
    done.map(|()| ExitCode::Done).map_err(failed)
}

fn summary(args: &DemoArgs, told: &Told) -> serde_json::Value {
    let (writes, total) = (told.audit.writes(), told.audit.total());
    serde_json::json!({
        "seed": args.seed,
        "writes": writes.written,
        "arrived": writes.arrived(),
        "taken_back": writes.taken_back,
        "pictures": total.written - writes.written,
        "requests": told.tally.requests,
        "faults": told.tally.fault_count(),
        "kills": told.kills,
        "lost": total.lost,
        "doubled": total.doubled,
        "out_of_order": total.out_of_order,
        "findings": told.audit.findings,
        "seconds": told.took.as_secs_f64(),
    })
}

fn failed(trouble: trouble::Trouble) -> Error {
    Error::Failed(trouble.to_string())
}
