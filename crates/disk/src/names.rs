//! The folder: which name leads to which file, now and for certain.
//!
//! Owns the order of creations and deletions. Never looks into a file.
//!
//! The first sync of a file makes its name certain too, as ext4, XFS, Btrfs and APFS do it and as SQLite relies on for the database itself; a deletion is
//! certain once the folder was synced, which SQLite does with the first sync of each journal and log that it opens. A power cut keeps, for each name, what
//! happened to it until some moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::rng::Rng;

/// Which file. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) u64);

#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    now: BTreeMap<String, FileId>,
    durable: BTreeMap<String, FileId>,
    /// In order: what a name was made to mean; `None`: nothing.
    unsynced: Vec<(String, Option<FileId>)>,
}

impl Names {
    pub(crate) fn find(&self, name: &str) -> Option<FileId> {
        self.now.get(name).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, FileId)> {
        self.now.iter().map(|(name, file)| (name.as_str(), *file))
    }

    pub(crate) fn set(&mut self, name: &str, file: Option<FileId>) {
        apply(&mut self.now, name, file);
        self.unsynced.push((name.to_owned(), file));
    }

    /// The folder is synced.
    pub(crate) fn sync(&mut self) {
        self.durable.clone_from(&self.now);
        self.unsynced.clear();
    }

    /// What one name means now is certain.
    pub(crate) fn sync_name(&mut self, name: &str) {
        apply(&mut self.durable, name, self.now.get(name).copied());
        self.unsynced.retain(|(other, _)| other != name);
    }

    /// A file is synced: the name that it was made under is certain, and what that name was before is over.
    pub(crate) fn sync_file(&mut self, file: FileId) {
        let Some(at) = self.unsynced.iter().position(|(_, made)| *made == Some(file)) else {
            return;
        };
        let name = self.unsynced[at].0.clone();
        // SQLite's own VFS syncs the folder with the first sync of a new journal or log, and so makes sure of all that was done in it before.
        if name.ends_with("-wal") || name.ends_with("-journal") {
            return self.sync();
        }
        apply(&mut self.durable, &name, Some(file));
        let mut index = 0;
        self.unsynced.retain(|(other, _)| {
            index += 1;
            *other != name || index > at + 1
        });
    }

    /// The power is cut.
    pub(crate) fn cut(&mut self, rng: &mut Rng) {
        let names: BTreeSet<_> = self.unsynced.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            let history: Vec<_> = self.unsynced.iter().filter(|(other, _)| *other == name).collect();
            let kept = rng.below(history.len() as u64 + 1) as usize;
            if let Some((_, file)) = kept.checked_sub(1).and_then(|last| history.get(last)) {
                apply(&mut self.durable, &name, *file);
            }
        }
        self.now.clone_from(&self.durable);
        self.unsynced.clear();
    }

    /// Whether a name leads to the file, or may after a power cut.
    pub(crate) fn lead_to(&self, file: FileId) -> bool {
        let mut may = self
            .now
            .values()
            .chain(self.durable.values())
            .chain(self.unsynced.iter().filter_map(|(_, made)| made.as_ref()));
        may.any(|named| *named == file)
    }
}

fn apply(names: &mut BTreeMap<String, FileId>, name: &str, file: Option<FileId>) {
    match file {
        Some(file) => names.insert(name.to_owned(), file),
        None => names.remove(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after_cuts(names: &Names) -> Vec<Option<FileId>> {
        let fates: BTreeSet<_> = (0..50)
            .map(|seed| {
                let mut names = names.clone();
                names.cut(&mut Rng::new(seed));
                names.find("log")
            })
            .collect();
        fates.into_iter().collect()
    }

    #[test]
    fn a_name_is_certain_with_its_files_sync_and_gone_with_the_folders() {
        let mut names = Names::default();
        names.set("log", Some(FileId(1)));
        assert_eq!(after_cuts(&names), [None, Some(FileId(1))]);
        names.sync_file(FileId(1));
        assert_eq!(after_cuts(&names), [Some(FileId(1))]);
        names.set("log", None);
        names.set("log", Some(FileId(2)));
        assert_eq!(after_cuts(&names), [None, Some(FileId(1)), Some(FileId(2))]);
        names.sync_file(FileId(2));
        assert_eq!(after_cuts(&names), [Some(FileId(2))]);
        names.set("log", None);
        names.sync();
        assert_eq!(after_cuts(&names), [None]);
        assert!(!names.lead_to(FileId(2)));
    }
}
