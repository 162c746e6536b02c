//! The server against its own OpenAPI document, tried by a tool that nobody here wrote.
//!
//! Owns installing schemathesis below `target/` and running it against a server of its own. Never leaves the server running.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::shell::{self, Failure};

/// Pinned, so that a new release of the tool does not break an old commit.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

pub(crate) fn run() -> Result<(), Failure> {
    let tool = install()?;
    shell::cargo(&[
        "build",
        "--quiet",
        "--package",
        "outrigger-server",
        "--example",
        "serve",
    ])?;
    let data = shell::target().join("tools/api-data");
    let _ = std::fs::remove_dir_all(&data);
    let mut server = Server::start(&data)?;
    let result = shell::run(&mut server.check(&tool));
    server.stop();
    result
}

/// Installs the tool into an environment of its own, once.
fn install() -> Result<std::path::PathBuf, Failure> {
    let folder = shell::target().join("tools").join(SCHEMATHESIS);
    let tool = folder.join("bin/schemathesis");
    if tool.exists() {
        return Ok(tool);
    }
    if !shell::has("python3") {
        return Err(Failure::new(
            "python3 is missing: install it (Debian: apt-get install python3 python3-venv)",
        ));
    }
    let folder_text = folder.display().to_string();
    shell::run(Command::new("python3").args(["-m", "venv", &folder_text]))
        .map_err(|failure| Failure::new(format!("{failure}; Debian: apt-get install python3-venv")))?;
    let pip = folder.join("bin/pip");
    shell::run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]))?;
    Ok(tool)
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(_data: &Path) -> Result<Self, Failure> {
        let program = shell::target().join("debug/examples/serve");
        let mut child = Command::new(&program)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{} could not be started: {error}", program.display())))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        Ok(Self {
            child,
            address: line.trim().to_owned(),
        })
    }

    fn check(&self, tool: &Path) -> Command {
        let mut command = Command::new(tool);
        command.args(["run", &format!("{}/openapi.json", self.address)]);
        command
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
