//! A real json-server: installed once from the lock file beside this one, then started on a port of its own.

use outrigger_client::engine::ids::Sha256;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::road;
use crate::world::within;

const FILES: [(&str, &str); 4] = [
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
    (".npmrc", include_str!(".npmrc")),
    ("serve.js", include_str!("serve.js")),
];

const NEEDED: &str = "this test drives a real json-server: it needs Node.js 18 or newer with npm, and the network once. \
     To leave it out: cargo test --workspace -- --skip json_server::";

/// The folder with json-server in it.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let all: String = FILES.iter().map(|(_, text)| *text).collect();
    let digest = Sha256::of(all.as_bytes()).to_string();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = target.join(format!("json-server-{}", &digest[..16]));
    if !folder.exists() {
        install(target, &folder);
    }
    folder
});

/// Installs beside the folder and moves there what is whole, so that neither a cut nor another process leaves half of it.
fn install(target: &Path, folder: &Path) {
    let unfinished = tempfile::tempdir_in(target).unwrap();
    for (name, text) in FILES {
        std::fs::write(unfinished.path().join(name), text).unwrap();
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let installed = std::process::Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(unfinished.path())
        .output()
        .unwrap_or_else(|error| panic!("npm could not be started: {error}; {NEEDED}"));
    let said = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "npm ci failed; {NEEDED}\n{said}");
    if let Err(error) = std::fs::rename(unfinished.path(), folder) {
        assert!(folder.exists(), "json-server could not be kept: {error}");
    }
}

/// Runs until it is stopped or dropped.
pub(crate) struct JsonServer {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl JsonServer {
    /// Over this file, which it writes at each change.
    pub(crate) async fn start(file: &Path) -> Self {
        let mut child = Command::new("node")
            .arg(INSTALLED.join("serve.js"))
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("node could not be started: {error}; {NEEDED}"));
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = within(told.next_line()).await.unwrap();
        let port = port.expect("json-server ended before it listened");
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        Self { address, child }
    }

    /// Ends it, as a crash would.
    pub(crate) async fn stop(&mut self) {
        within(self.child.kill()).await.unwrap();
    }

    /// The rows that it has, in the order of their ids.
    pub(crate) async fn rows(&self) -> Vec<Value> {
        let rows = self.ask("GET", "/todos?_sort=id", None).await;
        rows.as_array().unwrap().clone()
    }

    /// What each row says and whether it is done, in the order of the texts.
    pub(crate) async fn entries(&self) -> Vec<(String, bool)> {
        let mut entries: Vec<_> = self
            .rows()
            .await
            .iter()
            .map(|row| (row["text"].as_str().unwrap().to_owned(), row["done"] == true))
            .collect();
        entries.sort();
        entries
    }

    /// Asks it as somebody else would, not by the road.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let body = body.map_or_else(String::new, |body| body.to_string());
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: json-server\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let answer = within(async {
            let mut stream = BufReader::new(TcpStream::connect(self.address).await?);
            stream.write_all(request.as_bytes()).await?;
            road::message(&mut stream).await
        });
        let answer = answer.await.unwrap().unwrap();
        serde_json::from_slice(&answer.body).unwrap_or(json!(null))
    }
}
