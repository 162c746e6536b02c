//! `outrigger login NAME`

use outrigger_client::{Session, SessionPlace};
use outrigger_engine::SyncState;
use outrigger_engine::pill::pill;
use outrigger_social::wire;
use serde::Serialize;
use url::Url;

use crate::account;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::prompt::{self, PasswordArgs};
use crate::session;
use crate::settings::{self, Account};
use crate::style::{self, paint};
use crate::text;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Your name
    name: String,
    /// The server's address [default: that of the account here, else http://127.0.0.1:8420]
    #[arg(long, env = "OUTRIGGER_SERVER", value_name = "URL", value_parser = settings::server)]
    server: Option<Url>,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Serialize)]
struct Welcome<'a> {
    account: &'a Account,
    state: SyncState,
    /// Where the session is kept.
    kept_in: Option<SessionPlace>,
}

impl View for Welcome<'_> {
    fn human(&self) -> String {
        let Account { name, server, .. } = self.account;
        let line = format!(
            "{} signed in as {} at {server}{}",
            paint(style::GOOD, '✓'),
            paint(style::BOLD, text::one_line(name)),
            match self.kept_in {
                Some(place) => format!("; the session is kept {}", session::words(place)),
                None => String::new(),
            }
        );
        match style::pill(&pill(&self.state)) {
            Some(pill) => format!("{line}\n{pill}"),
            None => line,
        }
    }
}

/// Signs in.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let here = context.home.account()?;
    if let Some(account) = &here {
        let same_server = args
            .server
            .as_ref()
            .is_none_or(|server| *server == account.server);
        if account.name != args.name || !same_server {
            let name = account.name.clone();
            return Err(Error::SignedIn { name });
        }
    }
    let default = || settings::server(settings::SERVER).map_err(Error::Failed);
    let server = match args.server.or(here.map(|account| account.server)) {
        Some(server) => server,
        None => default()?,
    };
    let password = prompt::password(context.output, &args.password, "Password: ").await?;
    warn_of_eavesdroppers(context, &server);
    let credentials = wire::Credentials {
        name: args.name,
        password: password.expose().to_owned(),
    };
    let session = account::sign_in(&server, &credentials).await?;
    welcome(context, server, session).await
}

/// Keeps the session, and says so.
pub(super) async fn welcome(context: &Context<'_>, server: Url, session: Session) -> Result<ExitCode, Error> {
    let account = Account {
        server,
        id: session.account.id.clone(),
        name: session.account.name.clone(),
    };
    let service = context.adopt(&account, session).await?;
    context.output.show(&Welcome {
        account: &account,
        state: service.state().borrow().clone(),
        // It has just been kept: what cannot be read of it now is said by `doctor`.
        kept_in: context.home.session_file().place().unwrap_or_default(),
    })?;
    Ok(ExitCode::Done)
}

/// Says so where the password goes through a network that others can read.
pub(super) fn warn_of_eavesdroppers(context: &Context<'_>, server: &Url) {
    if server.scheme() == "http" && !account::is_this_machine(server) {
        context.output.note(&paint(
            style::WAITING,
            "the password goes through the network unprotected; use https:// where you can",
        ));
    }
}
