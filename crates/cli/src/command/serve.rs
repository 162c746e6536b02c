//! `outrigger serve`

use outrigger_server::{Config, Site};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::signal::{self, Signal};
use crate::style::{self, paint};

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// The folder of its data [default: server in the home folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The data comes from a backup: tell every client so
    #[arg(long)]
    restored: bool,
}

#[derive(Serialize)]
struct Listening {
    url: String,
    data: PathBuf,
    /// Where a browser on this machine finds the app, if it was built in.
    app: Option<String>,
}

impl View for Listening {
    fn human(&self) -> String {
        let Self { url, data, app } = self;
        let listening = format!(
            "{} listening on {}, data in {}",
            paint(style::GOOD, '●'),
            paint(style::BOLD, url),
            data.display()
        );
        let app = match app {
            Some(app) => format!("open {} in a browser for the app", paint(style::BOLD, app)),
            None => {
                "built without the app for browsers; to have it: cargo xtask web, then build again".to_owned()
            }
        };
        format!("{listening}\n  {app}")
    }
}

/// Serves until it is asked to end, then finishes what is in flight.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let data = args.data.unwrap_or_else(|| context.home.server_data());
    if args.restored {
        outrigger_server::renew_epoch(&data)?;
    }
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| Error::Usage {
            message: format!("cannot listen on {}: {error}", args.listen),
            advice: "choose another address with --listen".to_owned(),
        })?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::Failed(format!("the listener has no address: {error}")))?;
    let (asked_tx, mut asked) = oneshot::channel();
    let signal = signal::listen()?;
    let shutdown = async move {
        // An error says that nobody wants to know.
        let _ = asked_tx.send(signal.await);
    };
    let config = Config::new(&data);
    let app = app_address(&config.site, address);
    let serving = outrigger_server::serve(config, listener, shutdown);
    context.output.show(&Listening {
        url: format!("http://{address}"),
        data,
        app,
    })?;
    serving.await?;
    match asked.try_recv() {
        Ok(Signal::Interrupt) => Ok(ExitCode::Interrupted),
        _ => Ok(ExitCode::Done),
    }
}

/// What to open on this machine. Who listens everywhere is called by a name under which browsers keep things also without TLS.
fn app_address(site: &Site, address: SocketAddr) -> Option<String> {
    let host = match address.ip().is_unspecified() {
        true => format!("localhost:{}", address.port()),
        false => address.to_string(),
    };
    (!site.is_empty()).then(|| format!("http://{host}"))
}
