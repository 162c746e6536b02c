//! Asking the person at the terminal.
//!
//! Owns passwords on their way in, and questions with a few answers. Without a terminal nobody is asked: that is an error which says what to do.

use outrigger_client::Secret;
use std::io::{self, BufRead as _, Write as _};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::output::Output;

const PASSWORD_VARIABLE: &str = "OUTRIGGER_PASSWORD";

/// Most lines are shorter.
const LINE_BYTES: usize = 4 << 10;

/// Where the password comes from.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from standard input; else it is asked for, or taken from OUTRIGGER_PASSWORD
    #[arg(long)]
    password_stdin: bool,
}

/// The password: from standard input, the environment, or whoever sits at the terminal, in this order.
pub(crate) async fn password(
    output: &Output,
    args: &PasswordArgs,
    question: &'static str,
) -> Result<Secret, Error> {
    if args.password_stdin {
        return secret_line().await;
    }
    if let Ok(password) = std::env::var(PASSWORD_VARIABLE)
        && !password.is_empty()
    {
        return Ok(Secret::new(password));
    }
    if !output.can_ask() {
        return Err(Error::Usage {
            message: "there is no password, and no terminal to ask for it".to_owned(),
            advice: format!("give it with --password-stdin, or in {PASSWORD_VARIABLE}"),
        });
    }
    ask(question)?;
    // Dropped with this future, so that the terminal echoes again also after Ctrl-C.
    let _silence = Silence::begin();
    secret_line().await
}

/// A line that is a secret: no copy of it stays behind.
async fn secret_line() -> Result<Secret, Error> {
    let line = Zeroizing::new(line().await?);
    Ok(Secret::new(line.as_str()))
}

/// What is answered to a question, in lower case.
pub(crate) async fn answer(question: &str) -> Result<String, Error> {
    ask(question)?;
    line().await.map(|line| line.trim().to_lowercase())
}

fn ask(question: &str) -> Result<(), Error> {
    let mut stderr = io::stderr().lock();
    stderr
        .write_all(question.as_bytes())
        .and_then(|()| stderr.flush())
        .map_err(Error::Output)
}

/// One line of standard input, without its end.
async fn line() -> Result<String, Error> {
    let read = || {
        // What grows leaves copies behind.
        let mut line = String::with_capacity(LINE_BYTES);
        io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let unreadable = |reason: String| Error::Failed(format!("the answer cannot be read: {reason}"));
    let mut line = tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| unreadable(error.to_string()))?
        .map_err(|error| unreadable(error.to_string()))?;
    if line.is_empty() {
        return Err(unreadable("there was none".to_owned()));
    }
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok(line)
}

/// The terminal does not show what is typed, as long as this lives.
struct Silence {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl Silence {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            // Where it cannot be silenced, it is better to go on than to lock people out.
            let _ = tcsetattr(&stdin, OptionalActions::Flush, &silent);
        }
        Self { before }
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Flush, before);
        }
        // The line break that was typed was not shown either.
        let _ = ask("\n");
    }
}

#[cfg(not(unix))]
impl Silence {
    fn begin() -> Self {
        Self {}
    }
}
