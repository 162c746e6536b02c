//! `outrigger logout`

use outrigger_client::engine::event::Refreshed;
use outrigger_client::{Credentials as _, SessionCredentials};
use serde::Serialize;

use super::sync::{self, Ended};
use crate::account;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::View;
use crate::prompt;
use crate::queue;
use crate::settings::Account;
use crate::style::{self, paint};
use crate::text;

/// What it takes.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(crate) struct Args {
    /// Send what waits first; stay signed in where that fails
    #[arg(long)]
    send: bool,
    /// Keep what waits here, for the next time you sign in
    #[arg(long)]
    keep: bool,
    /// Remove the account's data from this device, with what waits
    #[arg(long)]
    discard: bool,
}

/// What becomes of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Choice {
    Send,
    Keep,
    Discard,
}

#[derive(Serialize)]
struct Goodbye {
    account: Account,
    choice: Choice,
    /// Writes that had not arrived.
    waiting: u64,
    /// Whether the server has ended the session too.
    ended_on_server: bool,
}

impl View for Goodbye {
    fn human(&self) -> String {
        let name = paint(style::BOLD, text::one_line(&self.account.name));
        let waiting = text::count(self.waiting, "write", "writes");
        let fate = match self.choice {
            _ if self.waiting == 0 => String::new(),
            Choice::Send => "; everything was sent".to_owned(),
            Choice::Keep => format!("; {waiting} kept here for the next time"),
            Choice::Discard => format!("; {waiting} discarded"),
        };
        format!("{} {name} is signed out{fate}", paint(style::GOOD, '✓'))
    }
}

/// Signs out.
pub(crate) async fn run(context: &Context<'_>, args: Args) -> Result<ExitCode, Error> {
    let account = context.account()?;
    let waiting = match args.discard {
        // It is to go, also where it cannot be read any more.
        true => queue::count(context).await.unwrap_or(0),
        false => queue::count(context).await?,
    };
    let choice = choose(context, &args, waiting).await?;
    if choice == Choice::Send && waiting > 0 {
        send(context).await?;
    }
    context.close().await?;
    let held = match (choice, context.home.hold_alone(&account)) {
        (Choice::Discard, held) => held?,
        // What is kept may be in use; then it is left as it is.
        (_, held) => held.unwrap_or_default(),
    };
    let credentials = context.credentials(&account).await?;
    let ended_on_server = end_on_server(context, &account, &credentials).await;
    credentials.forget().await?;
    context.home.forget_account()?;
    if choice == Choice::Discard {
        context.home.remove(&account)?;
    } else if held.is_some() {
        scrub(context, &account).await;
    }
    drop(held);
    context.output.show(&Goodbye {
        account,
        choice,
        waiting,
        ended_on_server,
    })?;
    Ok(ExitCode::Done)
}

/// Leaves nothing in what is kept of what was deleted. Where that cannot be done now it is not worth staying for.
async fn scrub(context: &Context<'_>, account: &Account) {
    let path = context.home.database(account);
    let scrubbing = tokio::task::spawn_blocking(move || outrigger_client::scrub_database(&path, None));
    if let Ok(Err(error)) = scrubbing.await {
        let note = format!("what was deleted here may still be found in the database's file: {error}");
        context.output.note(&paint(style::DIM, note));
    }
}

async fn choose(context: &Context<'_>, args: &Args, waiting: u64) -> Result<Choice, Error> {
    match args {
        Args { send: true, .. } => return Ok(Choice::Send),
        Args { discard: true, .. } => return Ok(Choice::Discard),
        Args { keep: true, .. } => return Ok(Choice::Keep),
        _ if waiting == 0 => return Ok(Choice::Keep),
        _ => {}
    }
    let have = match waiting {
        1 => "1 write has not arrived".to_owned(),
        _ => format!("{waiting} writes have not arrived"),
    };
    let undecided = || Error::NeedsYou {
        message: have.clone(),
        advice: "say what is to become of it: --send, --keep or --discard".to_owned(),
    };
    if !context.output.can_ask() {
        return Err(undecided());
    }
    let question = format!("{have}: [s]end, [k]eep here for the next time, [d]iscard? ");
    match prompt::answer(&question).await?.as_str() {
        "s" | "send" => Ok(Choice::Send),
        "k" | "keep" => Ok(Choice::Keep),
        "d" | "discard" => Ok(Choice::Discard),
        _ => Err(undecided()),
    }
}

async fn send(context: &Context<'_>) -> Result<(), Error> {
    let service = context.service().await?;
    service.trigger_sync().await?;
    let (ended, _) = sync::drain(context, service, None).await?;
    let advice = || "you are still signed in; see: outrigger status; or sign out with --keep".to_owned();
    match ended {
        Ended::Arrived => Ok(()),
        Ended::SignIn => Err(Error::Client(outrigger_client::Error::SignInNeeded)),
        Ended::Offline | Ended::TimedOut => Err(Error::Offline {
            message: "not everything could be sent: the server was not reached".to_owned(),
            advice: advice(),
        }),
        Ended::NeedsYou => Err(Error::NeedsYou {
            message: "not everything could be sent: something needs you".to_owned(),
            advice: advice(),
        }),
    }
}

/// Ends the session on the server too. Where that cannot be done now it is not worth staying for.
async fn end_on_server(context: &Context<'_>, account: &Account, credentials: &SessionCredentials) -> bool {
    let ended = match credentials.session() {
        None => Ok(true),
        Some(session) => match account::sign_out(&account.server, &session).await {
            Ok(false) => end_after_renewal(account, credentials).await,
            other => other,
        },
    };
    if let Err(error) = &ended {
        let note = format!("the server was not told, so the session there ends only by time: {error}");
        context.output.note(&paint(style::DIM, note));
    }
    ended.unwrap_or(false)
}

/// The access token had run out; the session has not.
async fn end_after_renewal(account: &Account, credentials: &SessionCredentials) -> Result<bool, Error> {
    match credentials.refresh(credentials.access_token()).await {
        Refreshed::InvalidGrant => Ok(true),
        Refreshed::Failed => Ok(false),
        Refreshed::Renewed => match credentials.session() {
            Some(session) => account::sign_out(&account.server, &session).await,
            None => Ok(true),
        },
    }
}
