//! The counts of the last release, in `crates/steps/counts.json`.
//!
//! Owns the file, and what else the counts depend on: the tools. Never judges a difference.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::shell::{self, Failure};

/// What the file holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The version of the workspace.
    pub(crate) release: String,
    /// By what they were counted.
    pub(crate) tools: Tools,
    /// By the name of the step.
    pub(crate) steps: BTreeMap<String, Counted>,
}

/// What one operation of a step costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Instructions, on average.
    pub(crate) instructions: u64,
}

/// What decides which instructions the same source becomes, as each says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tools {
    /// The compiler of the engine, and for what it compiles.
    pub(crate) rustc: String,
    /// The compiler of SQLite.
    pub(crate) cc: String,
    /// What counts.
    pub(crate) valgrind: String,
}

impl Stored {
    fn path() -> PathBuf {
        shell::root().join("crates/steps/counts.json")
    }

    pub(crate) fn read() -> Result<Self, Failure> {
        let path = Self::path();
        let fail = |error: String| {
            Failure::new(format!(
                "{} cannot be read: {error}; `cargo xtask bless-counts` writes it",
                path.display()
            ))
        };
        let text = std::fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| fail(error.to_string()))
    }

    pub(crate) fn write(&self) -> Result<(), Failure> {
        let path = Self::path();
        let fail = |error: String| Failure::new(format!("{} cannot be written: {error}", path.display()));
        let text = serde_json::to_string_pretty(self).map_err(|error| fail(error.to_string()))?;
        std::fs::write(&path, format!("{text}\n")).map_err(|error| fail(error.to_string()))?;
        println!("stored in {}", path.display());
        Ok(())
    }
}

impl Tools {
    /// Those of this machine.
    pub(crate) fn here() -> Result<Self, Failure> {
        let rustc = shell::output(Command::new("rustc").arg("-vV").current_dir(shell::root()))?;
        let field = |name: &str| {
            let value = rustc.lines().find_map(|line| line.strip_prefix(name));
            value.unwrap_or_default().trim().to_owned()
        };
        let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        Ok(Self {
            rustc: format!("{} {}", field("release:"), field("host:")),
            cc: first_line(&shell::output(Command::new(cc).arg("--version"))?),
            valgrind: first_line(&shell::output(Command::new("valgrind").arg("--version"))?),
        })
    }

    /// Where they are others, in words.
    pub(crate) fn differences(&self, here: &Self) -> Vec<String> {
        [
            ("rustc", &self.rustc, &here.rustc),
            ("cc", &self.cc, &here.cc),
            ("valgrind", &self.valgrind, &here.valgrind),
        ]
        .into_iter()
        .filter(|(_, stored, here)| stored != here)
        .map(|(name, stored, here)| format!("{name} was {stored:?} and is {here:?}"))
        .collect()
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}
