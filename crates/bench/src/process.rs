//! The server as a process of its own, so that its work is not counted as the client's.
//!
//! Owns the child. It ends when its standard input does, so it never outlives the bench.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use url::Url;

use crate::error::Error;

/// The hidden commands of the program that the bench is part of.
pub(crate) const SERVER: &str = "bench-server";
pub(crate) const OPEN: &str = "bench-open";

/// The real server, on data of its own.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Open for as long as it is to run.
    orders: ChildStdin,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until it listens. Each answer leaves so much later than it was made.
    pub(crate) async fn start(binary: &Path, folder: &Path, delay: Duration) -> Result<Self, Error> {
        let mut child = Command::new(binary)
            .arg(SERVER)
            .arg(folder)
            .args(["--delay-ms", &delay.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::io("start a server"))?;
        let (Some(orders), Some(said)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Unmeasured("BUG: a process without pipes".to_owned()));
        };
        let line = BufReader::new(said).lines().next_line().await;
        let line = line.map_err(Error::io("hear where the server listens"))?;
        let address = line.and_then(|line| line.parse().ok());
        let address = address.ok_or_else(|| Error::Unmeasured("the server did not start".to_owned()))?;
        Ok(Self {
            child,
            orders,
            address,
        })
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://{}/", self.address)).expect("BUG: an address makes a URL")
    }

    /// Ends it in good order: its database is whole afterwards, in one file.
    pub(crate) async fn stop(self) -> Result<(), Error> {
        let Self {
            mut child, orders, ..
        } = self;
        drop(orders);
        let status = child.wait().await.map_err(Error::io("wait for a server"))?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::Unmeasured(format!("the server ended with {status}")))
        }
    }
}
