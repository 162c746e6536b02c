//! The command line as a whole: what stands before and behind a command.
//!
//! Owns the options that all commands share, and the help's frame. What each command takes is beside the command.

use clap::Parser;
use std::path::PathBuf;

use crate::command::Command;
use crate::style;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; what was written is safe here, also while offline
  1    failed
  2    the command was not understood
  3    something waits for you: it was rejected, or failed too often, or a question has no answer
  4    the server was not reached
  5    sign in first
  130  interrupted (Ctrl-C); nothing is lost
  143  asked to end (SIGTERM); nothing is lost";

/// An offline-first social client, its server and its tools.
///
/// Everything you write is safe on this device at once, and reaches the server exactly once, in order, when it can.
#[derive(Debug, Parser)]
#[command(name = "outrigger", version, styles = style::HELP, after_help = EXIT_CODES)]
#[command(propagate_version = true)]
pub(crate) struct Cli {
    /// The home folder, one for each user [default: outrigger in the folder for data of the system's user]
    #[arg(
        long,
        global = true,
        env = "OUTRIGGER_HOME",
        value_name = "DIR",
        hide_env_values = true
    )]
    pub(crate) home: Option<PathBuf>,
    /// KiB held back on the disk, so that what waits can be sent when it is full [default: 4096]
    #[arg(
        long,
        global = true,
        env = "OUTRIGGER_RESERVE",
        value_name = "KIB",
        hide_env_values = true
    )]
    pub(crate) reserve: Option<u32>,
    /// Print JSON for programs: one object, or one in each line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line of this process; where it is wrong, or asks for help, the process ends here.
    pub(crate) fn read() -> Self {
        if std::env::args_os().len() > 1 {
            Self::parse()
        } else {
            Self::parse_from(["outrigger", "--help"])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    fn parse(line: &str) -> Result<Cli, ErrorKind> {
        Cli::try_parse_from(std::iter::once("outrigger").chain(line.split(' '))).map_err(|error| error.kind())
    }

    #[test]
    fn what_people_type_is_understood() {
        for line in [
            "post hello",
            "post -- -dashes",
            "post help",
            "post hello --image a.png --image b.png",
            "post edit 1234abcd hello",
            "post delete 1234abcd",
            "comment 1234abcd hello",
            "comment edit 1234abcd hello",
            "comment delete 1234abcd",
            "like 1234abcd --json",
            "follow @bob",
            "message bob hi --media a.png",
            "feed --all --offline",
            "feed --refresh",
            "queue list",
            "queue retry 1234abcd",
            "queue retry --all",
            "queue export out.jsonl --without-payloads",
            "enqueue -",
            "logout --keep",
            "sync --timeout 30",
            "post hello --reserve 256",
            "status --watch --json",
            "signup alice --server http://localhost:1 --password-stdin",
            "--home /tmp/x serve --listen 127.0.0.1:0 --restored",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_not() {
        for line in [
            "feed --refresh --offline",
            "queue retry",
            "queue retry 1234abcd --all",
            "logout --keep --discard",
            "sync --timeout soon",
            "login",
            "login alice --server localhost",
            "serve --listen nowhere",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
