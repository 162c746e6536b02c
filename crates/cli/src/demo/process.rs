//! The two processes of the demo, as their parent sees them: started, spoken to, killed.
//!
//! Owns the children and their pipes. A child is killed with `SIGKILL`, and never outlives its owner.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::lines::{Order, Report};
use super::trouble::Trouble;

/// The hidden commands of the binary.
pub(crate) const CLIENT: &str = "demo-client";
pub(crate) const SERVER: &str = "demo-server";

/// The client process.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) child: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Client {
    /// How it is started, in this folder, for a server at this address.
    pub(crate) fn command(binary: &Path, folder: &Path, server: SocketAddr) -> Command {
        let mut command = Command::new(binary);
        command.arg(CLIENT).arg(folder).arg(format!("http://{server}"));
        command
    }

    /// Starts it; it will say when it is ready.
    pub(crate) fn start(command: Command) -> Result<Self, Trouble> {
        let (child, orders, reports) = start(command)?;
        Ok(Self {
            child,
            orders,
            reports,
        })
    }

    /// Tells it to do something. False where it has ended.
    pub(crate) async fn tell(&mut self, order: &Order) -> Result<bool, Trouble> {
        let mut line = serde_json::to_vec(order)
            .map_err(|error| Trouble::Story(format!("an order cannot be written: {error}")))?;
        line.push(b'\n');
        Ok(self.orders.write_all(&line).await.is_ok())
    }

    /// What it says next; `None` once it has ended. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<Option<Report>, Trouble> {
        let line = self
            .reports
            .next_line()
            .await
            .map_err(Trouble::io("read reports"))?;
        let Some(line) = line else { return Ok(None) };
        // A killed process may leave half a line behind: it has said nothing with it.
        match serde_json::from_str(&line) {
            Ok(report) => Ok(Some(report)),
            Err(_) if self.reports.get_ref().buffer().is_empty() => Ok(None),
            Err(error) => Err(Trouble::Story(format!("the client said {line:?}: {error}"))),
        }
    }

    /// Kills it. What it had said before can still be read.
    pub(crate) async fn kill(&mut self) -> Result<(), Trouble> {
        self.child.kill().await.map_err(Trouble::io("kill the client"))
    }

    /// Lets it end by itself.
    pub(crate) async fn close(mut self) -> Result<(), Trouble> {
        self.tell(&Order::Close).await?;
        while self.next().await?.is_some() {}
        let status = self
            .child
            .wait()
            .await
            .map_err(Trouble::io("wait for the client"))?;
        if status.success() {
            Ok(())
        } else {
            Err(Trouble::Story(format!("the client ended with {status}")))
        }
    }
}

/// The server process.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) child: Child,
    /// Open for as long as it is to run.
    _orders: ChildStdin,
    address: SocketAddr,
}

impl Server {
    /// How it is started, in this folder.
    pub(crate) fn command(binary: &Path, folder: &Path) -> Command {
        let mut command = Command::new(binary);
        command.arg(SERVER).arg(folder);
        command
    }

    /// Starts it, and waits until it listens.
    pub(crate) async fn start(command: Command) -> Result<Self, Trouble> {
        let (child, orders, mut said) = start(command)?;
        let line = said.next_line().await.map_err(Trouble::io("read reports"))?;
        let address = line.and_then(|line| line.parse().ok());
        Ok(Self {
            child,
            _orders: orders,
            address: address.ok_or_else(|| Trouble::Story("the server did not start".to_owned()))?,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it.
    pub(crate) async fn kill(&mut self) -> Result<(), Trouble> {
        self.child.kill().await.map_err(Trouble::io("kill the server"))
    }
}

type Pipes = (Child, ChildStdin, Lines<BufReader<ChildStdout>>);

fn start(mut command: Command) -> Result<Pipes, Trouble> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Trouble::io("start a process"))?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(orders), Some(said)) => Ok((child, orders, BufReader::new(said).lines())),
        _ => Err(Trouble::Story("BUG: a process without pipes".to_owned())),
    }
}
