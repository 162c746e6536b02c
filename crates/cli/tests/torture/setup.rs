//! What a world is made with: its seed, its ground, its wire, and how its processes are started.
//!
//! Owns the settings. Never starts anything.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;

use crate::link::Wire;
use crate::rig::fault::Fault;
use crate::rig::world::World;

/// Those after which nobody has to wait because the server asked for it.
const FAULTS: [Fault; 7] = [
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::AnswerCut,
    Fault::Repeated,
    Fault::ServerError,
    Fault::PortalRedirect,
    Fault::PortalPage,
];

/// The same, and a server that asks for pauses: sensible ones, and what only a broken one would say.
const FAULTS_WITH_PAUSES: [Fault; 15] = [
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::AnswerCut,
    Fault::Repeated,
    Fault::ServerError,
    Fault::PortalRedirect,
    Fault::PortalPage,
    Fault::Unavailable("0"),
    Fault::TooMany("1"),
    Fault::TooManyUntil,
    Fault::TooMany("-5"),
    Fault::Unavailable("soon"),
    Fault::Unavailable(""),
    Fault::TooMany("1.5e9"),
    Fault::Unavailable("Thu, 01 Jan 1970 00:00:00 GMT"),
];

/// How a process is started, besides the usual.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Instead of the one who runs the tests.
    pub(crate) user: Option<u32>,
}

impl Launch {
    /// With these arguments.
    pub(crate) fn with<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// Gives a folder, with all that is in it, to whom the process is started as.
    pub(crate) fn give(&self, folder: &Path) {
        let Some(user) = self.user else { return };
        std::os::unix::fs::chown(folder, Some(user), Some(user)).unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => self.give(&path),
                false => std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap(),
            }
        }
    }

    /// The same for this command.
    pub(crate) fn dress(&self, mut command: Command) -> Command {
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

/// What a world is made with.
pub(crate) struct Setup {
    pub(crate) seed: u64,
    /// Where everything is; a file system may have been mounted in it.
    pub(crate) folder: TempDir,
    pub(crate) wire: Wire,
    pub(crate) faults: &'static [Fault],
    pub(crate) client: Launch,
}

impl Setup {
    /// The program, where whoever is to start it can.
    pub(crate) fn binary(&self) -> PathBuf {
        let built = PathBuf::from(env!("CARGO_BIN_EXE_outrigger"));
        if self.client.user.is_none() {
            return built;
        }
        let copy = self.folder.path().join("outrigger");
        std::fs::copy(built, &copy).unwrap();
        std::fs::set_permissions(self.folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        copy
    }

    /// A network that loses, cuts and repeats requests.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            folder: World::ground().unwrap(),
            wire: Wire::Clean,
            faults: &FAULTS,
            client: Launch::default(),
        }
    }

    /// One that does all that a network can do.
    pub(crate) fn toxic(seed: u64) -> Self {
        Self {
            wire: Wire::Toxic,
            faults: &FAULTS_WITH_PAUSES,
            ..Self::new(seed)
        }
    }

    /// One that does nothing wrong.
    pub(crate) fn fair(seed: u64) -> Self {
        Self {
            faults: &[],
            ..Self::new(seed)
        }
    }
}
