//! `outrigger signup NAME`

use outrigger_social::{limits, wire};
use url::Url;

use super::login;
use crate::account;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::prompt::{self, PasswordArgs};
use crate::settings;

/// What it takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name that others will see: 2 to 32 of a-z, 0-9 and _
    name: String,
    /// The server's address
    #[arg(long, env = "OUTRIGGER_SERVER", value_name = "URL", default_value = settings::SERVER, value_parser = settings::server)]
    server: Url,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Makes an account and signs in.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    if let Some(account) = context.home.account()? {
        return Err(Error::SignedIn { name: account.name });
    }
    limits::name(&args.name)?;
    let password = prompt::password(context.output, &args.password, "New password: ").await?;
    login::warn_of_eavesdroppers(context, &args.server);
    let credentials = wire::Credentials {
        name: args.name,
        password: password.expose().to_owned(),
    };
    let session = account::sign_up(&args.server, &credentials).await?;
    login::welcome(context, args.server, session).await
}
