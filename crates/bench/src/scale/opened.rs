//! What it takes to open a long queue: time and memory, of a process that does nothing else.
//!
//! Owns that process and its report. The memory is what the system says is resident (`VmRSS`) once one step has been made.

use outrigger_engine::Event;
use outrigger_social::Social;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;
use tokio::process::Command;

use crate::direct::{Direct, Manner, Owner};
use crate::error::Error;
use crate::figure::Figure;
use crate::machine;
use crate::process::OPEN;
use crate::report::Row;
use crate::rounds::Samples;
use crate::run::Bench;
use crate::scene;

/// Processes for each queue.
const PROCESSES: usize = 11;

/// What the process says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Opened {
    /// Seconds until the engine was open and had made its first step.
    seconds: f64,
    /// Resident memory after one more, in which it planned what to send. `None` where the system does not tell.
    resident_kib: Option<u64>,
}

/// Opens a database of the bench, makes a step, and says what it took.
///
/// # Errors
/// What the engine says.
pub fn open_and_tell(database: &Path) -> Result<Opened, Error> {
    let began = Instant::now();
    let mut direct = Direct::open(
        database,
        Social::new(scene::me()),
        &Owner::nobody(),
        Manner::DURABLE,
    )?;
    direct.step(&[Event::Alone, Event::Started])?;
    let seconds = began.elapsed().as_secs_f64();
    direct.set_online(true)?;
    let resident = machine::field("/proc/self/status", "VmRSS");
    let resident_kib = resident.and_then(|text| text.trim_end_matches("kB").trim().parse().ok());
    direct.set_online(false)?;
    direct.close()?;
    Ok(Opened {
        seconds,
        resident_kib,
    })
}

pub(super) async fn measure(bench: &Bench<'_>, long: &Path, empty: &Path) -> Result<Vec<Row>, Error> {
    let (mut times, mut memory) = (<[Samples; 2]>::default(), <[Samples; 2]>::default());
    for round in 0..=PROCESSES {
        for ((database, times), memory) in [long, empty].into_iter().zip(&mut times).zip(&mut memory) {
            let opened = in_a_process(&bench.binary, database).await?;
            if round > 0 {
                times.push(opened.seconds);
                opened
                    .resident_kib
                    .into_iter()
                    .for_each(|kib| memory.push(kib as f64 / 1_024.0));
            }
        }
    }
    let [long, empty] = memory;
    let memory = if long.len() == 0 {
        Row::missing(
            Figure::ScaleMemory,
            "this system does not tell a process's memory",
        )
    } else {
        let above: Samples = long.minus(&empty);
        Row::beside(Figure::ScaleMemory, &above, &empty)
    };
    Ok(vec![Row::beside(Figure::ScaleOpen, &times[0], &times[1]), memory])
}

async fn in_a_process(binary: &Path, database: &Path) -> Result<Opened, Error> {
    let output = Command::new(binary)
        .arg(OPEN)
        .arg(database)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(Error::io("start a process"))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Error::Unmeasured(format!("the process that opens a queue failed: {}", said.trim()))
    })
}
