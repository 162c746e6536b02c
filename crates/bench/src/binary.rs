//! The program itself: its size, and how long it takes to say how the queue stands.
//!
//! Owns a home folder with a session and an empty queue. A start is measured from outside, from the spawning of the process to its end.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

use crate::error::Error;
use crate::figure::Figure;
use crate::place;
use crate::process::Server;
use crate::report::Row;
use crate::rounds::{Samples, Stopwatch};
use crate::run::Bench;

const STARTS: usize = 15;
const PASSWORD: &str = "correct horse";

/// Measures line 12.
pub(crate) async fn measure(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    bench.say("the program: starting it");
    let folder = bench.folder().join("binary");
    let home = folder.join("home");
    let server = Server::start(&bench.binary, &folder.join("server"), Duration::ZERO).await?;
    start(bench, &home, &["signup", "me", "--server", server.url().as_str()]).await?;
    let (mut status, mut version) = (Samples::default(), Samples::default());
    for round in 0..=STARTS {
        for (arguments, samples) in [
            (&["status", "--json"][..], &mut status),
            (&["--version"][..], &mut version),
        ] {
            let watch = Stopwatch::start();
            start(bench, &home, arguments).await?;
            let took = watch.stop();
            if round > 0 {
                samples.push(took.seconds() * 1e3);
            }
        }
    }
    server.stop().await?;
    place::remove(&folder)?;
    let size = std::fs::metadata(&bench.binary)
        .map_err(Error::io("look at this program"))?
        .len();
    let size = std::iter::once(size as f64 / 1e6).collect();
    Ok(vec![
        Row::alone(Figure::BinarySize, &size),
        Row::beside(Figure::BinaryColdStart, &status, &version),
    ])
}

/// Starts the program, and waits for its end.
async fn start(bench: &Bench<'_>, home: &Path, arguments: &[&str]) -> Result<(), Error> {
    let output = Command::new(&bench.binary)
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env("OUTRIGGER_PASSWORD", PASSWORD)
        .env_remove("OUTRIGGER_LOG")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(Error::io("start this program"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::Unmeasured(format!(
        "{} failed: {}",
        arguments.join(" "),
        said.trim()
    )))
}
