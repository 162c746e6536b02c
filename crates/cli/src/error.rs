//! The one error type of the command line.
//!
//! Owns what can go wrong around the service, what it means to the shell, and what the user can do next. Every message is for people.

use outrigger_client::ErrorKind;
use outrigger_social::limits::Refused;
use outrigger_social::resolve::ResolveError;
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::ExitCode;
use crate::signal::Signal;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody is signed in in this home folder.
    #[error("nobody is signed in here")]
    SignedOut,
    /// Somebody is, and another was to be.
    #[error("{name} is signed in here")]
    SignedIn { name: String },
    /// The name or the password is wrong.
    #[error("{0}")]
    WrongPassword(String),
    /// What the client says.
    #[error(transparent)]
    Client(#[from] outrigger_client::Error),
    /// What the server says when it is started.
    #[error(transparent)]
    Server(#[from] outrigger_server::Error),
    /// A text, a name or a file outside its limits.
    #[error(transparent)]
    Limit(#[from] Refused),
    /// A file that cannot be shown.
    #[error("{}: {refused}", path.display())]
    Attachment { path: PathBuf, refused: Refused },
    /// What was typed names nothing here, or several things.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The server was not reached.
    #[error("the server {server} was not reached: {reason}")]
    Unreached { server: String, reason: String },
    /// The server says no.
    #[error("the server says no: {detail}")]
    Refused { detail: String },
    /// A file or folder of this program's own, or named by the user.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// What was asked for cannot be done as it was asked for.
    #[error("{message}")]
    Usage { message: String, advice: String },
    /// Something waits for the user.
    #[error("{message}")]
    NeedsYou { message: String, advice: String },
    /// The user is offline by choice, or nobody answers, and it was to be online.
    #[error("{message}")]
    Offline { message: String, advice: String },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
    /// Standard output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[source] io::Error),
    /// Somebody ended the run.
    #[error("interrupted")]
    Interrupted(Signal),
}

impl Error {
    /// About a file.
    pub(crate) fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            what,
            path: path.to_owned(),
            source,
        }
    }

    /// What it means to the shell.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::SignedOut | Self::WrongPassword(_) => ExitCode::SignIn,
            Self::Client(error) => match error.kind() {
                ErrorKind::Network => ExitCode::Offline,
                ErrorKind::SignIn => ExitCode::SignIn,
                _ => ExitCode::Failed,
            },
            Self::Unreached { .. } | Self::Offline { .. } => ExitCode::Offline,
            Self::Usage { .. } => ExitCode::Usage,
            Self::NeedsYou { .. } => ExitCode::NeedsYou,
            Self::Interrupted(Signal::Interrupt) => ExitCode::Interrupted,
            Self::Interrupted(Signal::Terminate) => ExitCode::Terminated,
            // Who reads has seen enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::Done,
            _ => ExitCode::Failed,
        }
    }

    /// Its kind in one word, for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::SignedIn { .. } => "signed_in",
            Self::WrongPassword(_) => "wrong_password",
            Self::Client(error) => client_word(error.kind()),
            Self::Server(_) => "server",
            Self::Limit(_) | Self::Attachment { .. } => "limit",
            Self::Resolve(_) => "not_found",
            Self::Unreached { .. } => "unreached",
            Self::Refused { .. } => "refused",
            Self::File { .. } => "file",
            Self::Usage { .. } => "usage",
            Self::NeedsYou { .. } => "needs_you",
            Self::Offline { .. } => "offline",
            Self::Failed(_) => "failed",
            Self::Output(_) => "output",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// What to do next, where the message does not say it.
    pub(crate) fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::SignedOut => "sign in with: outrigger login NAME",
            Self::SignedIn { .. } => "sign out first with: outrigger logout; or use another --home",
            Self::WrongPassword(_) => "try again, or make an account with: outrigger signup NAME",
            Self::Unreached { .. } => "check the address and that the server runs; what waits is kept",
            Self::Usage { advice, .. } | Self::NeedsYou { advice, .. } | Self::Offline { advice, .. } => {
                advice
            }
            Self::Client(error) => match error.kind() {
                ErrorKind::Network => "what is here can be shown with --offline; what waits is kept",
                ErrorKind::SignIn => "sign in with: outrigger login NAME",
                ErrorKind::Foreign => "what it holds was left as it is; `outrigger doctor` says more",
                ErrorKind::Database | ErrorKind::Storage => "`outrigger doctor` looks for the cause",
                ErrorKind::DiskFull => "free some space; what waits still goes out",
                _ => return None,
            },
            _ => return None,
        };
        Some(advice.to_owned()).filter(|advice| !advice.is_empty())
    }
}

const fn client_word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Input => "input",
        ErrorKind::Limit => "limit",
        ErrorKind::DiskFull => "disk_full",
        ErrorKind::Locked => "locked",
        ErrorKind::Foreign => "foreign",
        ErrorKind::Database => "database",
        ErrorKind::Storage => "storage",
        ErrorKind::Network => "unreached",
        ErrorKind::SignIn => "sign_in",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &Error, number: u8) {
        assert_eq!(error.exit().number(), number, "{error}");
    }

    #[test]
    fn each_error_has_its_exit_code() {
        check(&Error::Failed(String::new()), 1);
        check(&Error::SignedOut, 5);
        check(&Error::WrongPassword(String::new()), 5);
        check(&Error::Client(outrigger_client::Error::SignInNeeded), 5);
        check(&Error::Client(outrigger_client::Error::Closed), 1);
        let (server, reason) = (String::new(), String::new());
        check(&Error::Unreached { server, reason }, 4);
        let (message, advice) = (String::new(), String::new());
        check(&Error::Usage { message, advice }, 2);
        let (message, advice) = (String::new(), String::new());
        check(&Error::NeedsYou { message, advice }, 3);
        check(&Error::Interrupted(Signal::Interrupt), 130);
        check(&Error::Output(io::ErrorKind::BrokenPipe.into()), 0);
        check(&Error::Output(io::ErrorKind::StorageFull.into()), 1);
    }
}
