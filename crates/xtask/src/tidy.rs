//! The agreements about files that no other tool checks.
//!
//! Owns them: headers, lengths, names, unfinished work. Never formats.

use std::path::{Path, PathBuf};

use crate::named;
use crate::shell::{self, Failure};

/// A file longer than this wants to be two.
const LINES_MAX: usize = 500;

/// What unfinished work looks like. Written in two parts, so that this file does not find itself.
const UNFINISHED: [(&str, &str); 5] = [
    ("to", "do!("),
    ("unimpl", "emented!("),
    ("// FIX", "ME"),
    ("// TO", "DO"),
    ("dbg", "!("),
];

pub(crate) fn run() -> Result<(), Failure> {
    let mut complaints = Vec::new();
    let mut files = Vec::new();
    for folder in ["crates", "proofs"] {
        collect(&shell::root().join(folder), &mut files)
            .map_err(|error| Failure::new(format!("the sources cannot be listed: {error}")))?;
    }
    let mut sources = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display())))?;
        complaints.extend(complain(&file, &text));
        sources.push((file, text));
    }
    complaints.extend(named::complain(&sources));
    if complaints.is_empty() {
        println!("{} files are tidy", sources.len());
        return Ok(());
    }
    Err(Failure::new(complaints.join("\n")))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "node_modules" && name != "target" {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn complain(file: &Path, text: &str) -> Vec<String> {
    let path = file.strip_prefix(shell::root()).unwrap_or(file).display();
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if lines > LINES_MAX {
        complaints.push(format!(
            "{path}: {lines} lines, {LINES_MAX} are agreed: split it by what it does"
        ));
    }
    if !text.starts_with("//!") {
        complaints.push(format!(
            "{path}: begins without `//!`: say what it owns and what it never does"
        ));
    }
    if file.file_name().is_some_and(|name| name == "mod.rs") {
        complaints.push(format!("{path}: name it after its module instead"));
    }
    for (head, tail) in UNFINISHED {
        let word = format!("{head}{tail}");
        for (number, _) in text.lines().enumerate().filter(|(_, line)| line.contains(&word)) {
            complaints.push(format!("{path}:{}: unfinished: {word}", number + 1));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_untidy_is_complained_about() {
        let long = "//! Long.\n".repeat(LINES_MAX + 1);
        let check = |name: &str, text: &str, count: usize| {
            assert_eq!(complain(Path::new(name), text).len(), count, "{name}");
        };
        check("fine.rs", "//! Owns something.\n", 0);
        check("long.rs", &long, 1);
        check("bare.rs", "fn main() {}\n", 1);
        check("mod.rs", "//! Owns something.\n", 1);
    }
}
