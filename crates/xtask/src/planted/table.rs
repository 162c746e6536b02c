//! The table of what was planted and what found it.
//!
//! Owns its two forms: for the terminal, and `docs/planted-bugs.md`.

use std::fmt::Write as _;

use super::caught::{Caught, Missed};
use crate::shell::{self, Failure};

/// What became of one bug or patch.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) told: String,
    pub(super) breaks: Option<u8>,
    pub(super) caught: Result<Caught, Missed>,
    pub(super) seconds: u64,
}

impl Line {
    /// For the terminal, with the name as wide as that.
    pub(super) fn plain(&self, width: usize) -> String {
        let (by, after) = match &self.caught {
            Ok(caught) => (caught.to_string(), caught.after()),
            Err(missed) => (format!("NOT CAUGHT: {missed}, and all tests"), "-".to_owned()),
        };
        format!(
            "  {:<width$}  {after:>11}  {:>5} s  {by}",
            self.name, self.seconds
        )
    }
}

/// For the terminal.
pub(super) fn plain(lines: &[Line]) -> String {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let lines: Vec<_> = lines.iter().map(|line| line.plain(width)).collect();
    lines.join("\n")
}

const HEAD: &str = "# Planted bugs

Tests are tested too: each of these bugs is planted, one at a time, and something must find it. `cargo xtask planted` does that and writes this table;
`cargo xtask planted --patch FILE` tries a bug of yours. The numbers are those of the invariants in [reliability.md](reliability.md).

A bug goes before the simulator first, up to 100 worlds; what that cannot see goes before the tests of the crates. What finds a bug must pass without it.
None of them is in a release: they hang on the feature `planted-bugs`, which no build without debug assertions takes.

| bug | what is wrong | breaks | found by | after |
|---|---|---|---|---|
";

/// For people who look for which check finds what.
fn markdown(lines: &[Line], complaints: &[String]) -> String {
    let mut text = HEAD.to_owned();
    for line in lines {
        let breaks = line.breaks.map_or_else(String::new, |number| number.to_string());
        let (by, after) = match &line.caught {
            Ok(caught) => (caught.to_string(), caught.after()),
            Err(missed) => (format!("**nothing**: {missed}, and all tests"), "-".to_owned()),
        };
        let (name, told, by) = (&line.name, in_a_cell(&line.told), in_a_cell(&by));
        let _ = writeln!(text, "| `{name}` | {told} | {breaks} | {by} | {after} |");
    }
    let caught = lines.iter().filter(|line| line.caught.is_ok()).count();
    let _ = writeln!(text, "\n{caught} of {} are found.", lines.len());
    for complaint in complaints {
        let _ = writeln!(
            text,
            "\nThe code as it is failed, with nothing planted: {complaint}"
        );
    }
    text
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Stores the table of all bugs, and what was found where none was planted.
pub(super) fn store(lines: &[Line], complaints: &[String]) -> Result<(), Failure> {
    let path = shell::root().join("docs/planted-bugs.md");
    std::fs::write(&path, markdown(lines, complaints))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn what_was_not_caught_stands_out_in_both_forms() {
        let lines = [
            Line {
                name: "one".to_owned(),
                told: "a | b".to_owned(),
                breaks: Some(2),
                caught: Ok(Caught::World {
                    by: "2 AtMostOnce".to_owned(),
                    seeds: 7,
                }),
                seconds: 1,
            },
            Line {
                name: "other".to_owned(),
                told: "c".to_owned(),
                breaks: None,
                caught: Err(Missed {
                    worlds: 24,
                    wanted: 100,
                }),
                seconds: 2,
            },
        ];
        let plain = plain(&lines);
        assert!(
            plain.contains("7 worlds")
                && plain.contains("2 AtMostOnce")
                && plain.contains("NOT CAUGHT: 24 of 100 worlds")
        );
        let markdown = markdown(&lines, &[]);
        assert!(
            markdown.contains("| `one` | a \\| b | 2 | 2 AtMostOnce | 7 worlds |"),
            "{markdown}"
        );
        assert!(markdown.contains("**nothing**") && markdown.contains("1 of 2 are found"));
    }
}
