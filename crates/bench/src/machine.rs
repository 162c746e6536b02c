//! The machine: what one must know of it to read the figures.
//!
//! Owns looking. What cannot be found out is left out; nothing here is an error but a disk that does not write.

use serde::Serialize;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::error::Error;
use crate::rounds::Samples;

/// What a commit of one write appends to the log, roughly.
const APPEND_BYTES: usize = 8 << 10;
const APPENDS: usize = 101;

/// Where it was measured.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The operating system and its version.
    pub os: String,
    /// The model of the processor.
    pub cpu: Option<String>,
    /// Threads that run at once.
    pub cores: usize,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// The file system that the files of the bench are on.
    pub file_system: Option<String>,
    /// Microseconds that it takes to append 8 KiB to a file and sync its data: the median of 101.
    pub sync_us: f64,
    /// The version of SQLite.
    pub sqlite: &'static str,
    /// `release` or `debug`.
    pub build: &'static str,
    /// The version of Outrigger.
    pub outrigger: &'static str,
}

impl Machine {
    pub(crate) fn is_debug(&self) -> bool {
        self.build == "debug"
    }

    pub(crate) fn is_memory(&self) -> bool {
        self.file_system.as_deref() == Some("tmpfs")
    }
}

/// Looks at it, with files in this folder.
pub(crate) fn look(folder: &Path) -> Result<Machine, Error> {
    Ok(Machine {
        os: os(),
        cpu: field("/proc/cpuinfo", "model name"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: memory_bytes(),
        file_system: file_system(folder),
        sync_us: sync_us(folder).map_err(Error::io("sync a file"))?,
        sqlite: rusqlite::version(),
        build: if cfg!(debug_assertions) {
            "debug"
        } else {
            "release"
        },
        outrigger: env!("CARGO_PKG_VERSION"),
    })
}

fn os() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    match kernel {
        Ok(kernel) => format!("{} {}", std::env::consts::OS, kernel.trim()),
        Err(_) => std::env::consts::OS.to_owned(),
    }
}

/// The value of a field in one of the system's tables.
pub(crate) fn field(table: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(table).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_bytes() -> Option<u64> {
    let kilobytes = field("/proc/meminfo", "MemTotal")?;
    let kilobytes: u64 = kilobytes.trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

/// By its magic number (`statfs(2)`).
#[cfg(target_os = "linux")]
fn file_system(folder: &Path) -> Option<String> {
    let found = rustix::fs::statfs(folder).ok()?;
    // The type of the field differs between architectures.
    let name = match found.f_type as u64 & 0xffff_ffff {
        0xef53 => "ext4",
        0x5846_5342 => "xfs",
        0x9123_683e => "btrfs",
        0x2fc1_2fc1 => "zfs",
        0xf2f5_2010 => "f2fs",
        0x0102_1994 => "tmpfs",
        0x794c_7630 => "overlay",
        0x6969 => "nfs",
        0x0102_1997 => "9p",
        0x6573_5546 => "fuse",
        other => return Some(format!("{other:#x}")),
    };
    Some(name.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn file_system(_folder: &Path) -> Option<String> {
    None
}

fn sync_us(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let bytes = [7; APPEND_BYTES];
    let mut samples = Samples::default();
    for _ in 0..APPENDS {
        let began = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        samples.push(began.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(path)?;
    Ok(samples.median())
}
