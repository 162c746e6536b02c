//! What happened, line by line: printed for whoever asks, and always digested, so that two runs can be compared.
//!
//! Owns the digest. Nothing that may differ from one run of a seed to the next is ever written here.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// The trace of one world.
#[derive(Debug, Default)]
pub struct Trace {
    digest: Sha256,
    lines: u64,
    is_shown: bool,
}

impl Trace {
    /// A trace that is printed as it grows.
    pub fn shown() -> Self {
        Self {
            is_shown: true,
            ..Self::default()
        }
    }

    /// Notes something at a moment of the virtual time, in milliseconds.
    pub fn note(&mut self, at_ms: i64, what: fmt::Arguments<'_>) {
        let line = format!("{at_ms:>10} {what}\n");
        self.digest.update(line.as_bytes());
        self.lines += 1;
        if self.is_shown {
            print!("{line}");
        }
    }

    /// Notes bytes that are too many to be shown.
    pub fn note_bytes(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// The digest of all lines, and how many there were.
    pub fn finish(self) -> (String, u64) {
        let digest = self.digest.finalize();
        let text = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        (text, self.lines)
    }
}
