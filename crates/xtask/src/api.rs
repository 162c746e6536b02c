//! The server against its own OpenAPI document, tried by a tool that nobody here wrote.
//!
//! Owns installing schemathesis below `target/` and running it against a server of its own. Never leaves the server running.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::packages;
use crate::shell::{self, Failure};

/// Pinned, so that a new release of the tool does not break an old commit.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// So many requests are made up for each operation.
const EXAMPLES: &str = "25";

/// The same requests every time: what fails here has been brought by the change. `SCHEMATHESIS_SEED` tries others.
const SEED: &str = "1";

pub(crate) fn run() -> Result<(), Failure> {
    let tool = packages::python_tool(SCHEMATHESIS, "schemathesis")?;
    // With the features of the tests, so that what they built is used again.
    shell::cargo(&[
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--example",
        "serve",
    ])?;
    let data = shell::target().join("tools/api-data");
    let _ = std::fs::remove_dir_all(&data);
    let mut server = Server::start(&data)?;
    let result = server.check(&tool);
    server.stop();
    result
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server on a port of the system's choice, which it prints.
    fn start(data: &Path) -> Result<Self, Failure> {
        let program = shell::target().join("debug/examples/serve");
        let mut child = Command::new(&program)
            .arg(data)
            .arg("0")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{} could not be started: {error}", program.display())))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        match line.trim().strip_prefix("listening on ") {
            Some(address) => Ok(Self {
                child,
                address: address.to_owned(),
            }),
            None => {
                let _ = child.kill();
                Err(Failure::new(format!(
                    "the server did not say where it listens, but {line:?}"
                )))
            }
        }
    }

    fn check(&self, tool: &Path) -> Result<(), Failure> {
        let token = self
            .sign_up()
            .map_err(|error| Failure::new(format!("no account could be made: {error}")))?;
        let folder = shell::root().join("crates/server/tests/schemathesis");
        let seed = std::env::var("SCHEMATHESIS_SEED").unwrap_or_else(|_| SEED.to_owned());
        let mut command = Command::new(tool);
        command
            .current_dir(shell::target())
            .env("SCHEMATHESIS_HOOKS", folder.join("hooks.py"))
            .arg("--config-file")
            .arg(folder.join("schemathesis.toml"))
            .args(["run", &format!("http://{}/openapi.json", self.address)])
            .args([
                "-H",
                &format!("Authorization: Bearer {token}"),
                "--max-examples",
                EXAMPLES,
                "--seed",
                &seed,
            ]);
        shell::run(&mut command)
    }

    /// Makes an account by one plain HTTP request, and takes its token from the answer.
    fn sign_up(&self) -> std::io::Result<String> {
        let body = r#"{"name":"tester","password":"password1"}"#;
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST /v1/accounts HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let token = answer
            .split("\"access_token\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        token
            .map(str::to_owned)
            .ok_or_else(|| std::io::Error::other(answer))
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
