//! The space held back on the disk, so that the queue can drain when it is full.
//!
//! Owns one file beside the database. Never decides when it is given back: see [`crate::writer`].

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::files;

const CHUNK_BYTES: usize = 64 << 10;

/// The reserve of one database.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Reserve {
    /// Beside this database: held where it is there from before.
    pub(crate) fn new(database: &Path, bytes: u64) -> Self {
        let path = files::beside(database, ".reserve");
        let there = std::fs::metadata(&path).is_ok_and(|found| found.len() == bytes);
        Self {
            path,
            bytes,
            held: there || bytes == 0,
        }
    }

    /// Its size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Gives the space back to the disk. Says whether there was any.
    pub(crate) fn release(&mut self) -> bool {
        if self.bytes == 0 || !self.held {
            return false;
        }
        self.held = false;
        if let Err(error) = files::remove(&self.path) {
            tracing::error!(%error, "the reserve could not be released");
        }
        true
    }

    /// Holds the space again, if the disk has twice as much: the queue must not starve for its own reserve.
    pub(crate) fn hold_again(&mut self) -> bool {
        if !self.held {
            self.held = self.make();
        }
        self.held
    }

    fn make(&self) -> bool {
        let draft = files::beside(&self.path, ".new");
        let made = self.write(&draft);
        if let Err(error) = &made {
            tracing::debug!(%error, "no space for the reserve");
            // It holds space that is needed now.
            let _ = files::remove(&draft);
        }
        made.is_ok()
    }

    fn write(&self, draft: &Path) -> io::Result<()> {
        let mut file =
            files::private(OpenOptions::new().write(true).create(true).truncate(true)).open(draft)?;
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut left = self.bytes.saturating_mul(2);
        while left > 0 {
            let length = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            noise.fill(&mut chunk[..length]);
            file.write_all(&chunk[..length])?;
            left -= length as u64;
        }
        file.sync_all()?;
        file.set_len(self.bytes)?;
        file.sync_all()?;
        std::fs::rename(draft, &self.path)?;
        files::sync_folder(files::parent(&self.path))
    }
}

/// Bytes that no file system compresses or leaves out (xorshift64).
struct Noise(u64);

impl Noise {
    fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            let word = self.0.to_le_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_real_space_released_and_held_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let path = folder.path().join("app.db.reserve");
        let size = || std::fs::metadata(&path).map(|found| found.len()).ok();
        let mut reserve = Reserve::new(&database, 100_000);
        assert!(!reserve.is_held());
        assert!(reserve.hold_again());
        assert_eq!(size(), Some(100_000));
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.iter().filter(|byte| **byte == 0).count() < 1_000);
        assert!(reserve.release());
        assert!(!reserve.release());
        assert_eq!(size(), None);
        assert!(reserve.hold_again());
        assert_eq!(size(), Some(100_000));
        assert!(Reserve::new(&database, 100_000).is_held());
    }

    #[test]
    fn where_it_cannot_be_made_it_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::new(&folder.path().join("no/such/app.db"), 100_000);
        assert!(!reserve.hold_again());
        assert!(!reserve.is_held());
    }
}
