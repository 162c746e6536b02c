//! What a run says: to people as text, to programs as JSON.
//!
//! Owns both streams. Each thing that is shown has its two forms side by side ([`View`]), so that neither can be forgotten.

use serde::Serialize;
use serde_json::json;
use std::io::{self, Write};

use crate::error::Error;
use crate::exit::ExitCode;
use crate::style::{self, paint};
use crate::text;

/// Something to show.
pub(crate) trait View: Serialize {
    /// Its form for people, in lines, without the last line break. May be empty: then nothing is shown.
    fn human(&self) -> String;
}

/// Where it is shown.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// For people, or for programs.
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs are reading.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person can be asked something.
    pub(crate) fn can_ask(&self) -> bool {
        use std::io::IsTerminal as _;
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether standard output is a person's terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        use std::io::IsTerminal as _;
        !self.json && io::stdout().is_terminal()
    }

    /// Shows something.
    pub(crate) fn show(&self, view: &impl View) -> Result<(), Error> {
        let text = if self.json {
            let json = serde_json::to_string(view)
                .map_err(|error| Error::Failed(format!("the result has no JSON: {error}")))?;
            text::escaped_json(json)
        } else {
            view.human()
        };
        if text.is_empty() {
            return Ok(());
        }
        self.write(&format!("{text}\n"))
    }

    /// Writes over the line in a terminal.
    pub(crate) fn rewrite(&self, line: &str) -> Result<(), Error> {
        self.write(&format!("\r\x1b[2K{line}"))
    }

    /// Writes text as it is, for people or for files.
    pub(crate) fn write(&self, text: &str) -> Result<(), Error> {
        let mut stdout = anstream::stdout().lock();
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(Error::Output)
    }

    /// Says something beside the result. Programs are not told.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            self.say(text);
        }
    }

    /// Says why it was not done, and what to do.
    pub(crate) fn fail(&self, error: &Error) -> ExitCode {
        let code = error.exit();
        match error {
            Error::Output(_) if code == ExitCode::Done => return code,
            Error::Interrupted(_) => return code,
            _ => {}
        }
        // It may repeat what a server said.
        let (message, advice) = (text::clean(&error.to_string()), error.advice());
        if self.json {
            let error = json!({
                "kind": error.word(),
                "message": message,
                "advice": advice,
                "exit": code.number(),
            });
            self.say(&json!({ "error": error }).to_string());
            return code;
        }
        self.say(&format!("{} {message}", paint(style::BAD.bold(), "outrigger:")));
        if let Some(advice) = advice {
            self.say(&format!("  {}", paint(style::DIM, advice)));
        }
        code
    }

    fn say(&self, text: &str) {
        // Where nobody can be told, nobody is.
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}
