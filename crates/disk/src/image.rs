//! A copy of a whole disk, or of some of its files: a backup, a clone.

use std::collections::BTreeMap;

/// Files with their bytes, as `cp` would find them: what was not synced is in it too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Image {
    /// The names and bytes of its files, by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }
}
