//! A file system of its own, so small that it fills.
//!
//! Owns mounting and filling it. Never knows what is on it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

const FILLER: &str = "filler";

/// A file system in memory, until this is dropped.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Of so many KiB, at this folder, which is made.
    pub(crate) fn mount(at: &Path, kib: u32) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let mut command = Command::new("mount");
        let options = format!("size={kib}k,mode=0700");
        command
            .args(["-t", "tmpfs", "-o", &options, "outrigger-torture"])
            .arg(at);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        Self { at: at.to_owned() }
    }

    /// Somebody else takes all but so many KiB of what is left.
    pub(crate) fn fill_but(&self, kib: u64) {
        let free = self.free_kib();
        let mut random = StdRng::seed_from_u64(free);
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.at.join(FILLER))
            .unwrap();
        let mut chunk = [0; 1024];
        for _ in kib..free {
            random.fill_bytes(&mut chunk);
            if file.write_all(&chunk).is_err() {
                break;
            }
        }
    }

    /// They let it go.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.at.join(FILLER)).unwrap();
    }

    /// What is left, in KiB.
    pub(crate) fn free_kib(&self) -> u64 {
        let stat = rustix::fs::statvfs(&self.at).unwrap();
        stat.f_bavail * stat.f_frsize / 1024
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Detached at once, whoever still has a file of it open.
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}
