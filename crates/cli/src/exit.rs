//! What a run tells the shell.
//!
//! Owns the exit codes: a closed, documented set (`docs/cli.md`). Never says anything in words.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// What was asked for was done.
    Done,
    /// It was not done.
    Failed,
    /// It cannot be understood.
    Usage,
    /// Something waits for the user: it is parked, or a question has no answer.
    NeedsYou,
    /// The server was not reached.
    Offline,
    /// The user must sign in.
    SignIn,
    /// The user interrupted it (Ctrl-C).
    Interrupted,
    /// Somebody asked it to end.
    Terminated,
}

impl ExitCode {
    /// The number that the shell sees.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NeedsYou => 3,
            Self::Offline => 4,
            Self::SignIn => 5,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}
