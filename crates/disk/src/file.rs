//! One file's bytes: as they are read, and as much of them as is on the platter for certain.
//!
//! Owns what a sync makes certain and what a power cut keeps. Never knows a name or a process.
//!
//! Between syncs the changes wait in order, in sectors of 512 bytes: a sector reaches the platter whole or not at all, with what was in all of it
//! when it was written. So bytes beside a write are never harmed (SQLite's *powersafe overwrite*), and a page of 4 KiB can be torn.

use crate::rng::Rng;

/// What a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

/// Something that was done to a file since its last sync.
#[derive(Debug, Clone)]
enum Change {
    /// Whole sectors from the one with this number on; the last may be cut by the end of the file.
    Write {
        first: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        size: usize,
    },
}

#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    data: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

/// How much of what was not synced a power cut keeps: drawn once for each cut, so that there are mild and evil ones.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mercy {
    /// Each sector by itself, in so many of a hundred cases.
    Sectors(u64),
    /// All until some moment, nothing after it.
    UntilSome,
}

impl Mercy {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        match rng.below(7) {
            0 => Self::Sectors(0),
            1 => Self::Sectors(10),
            2 | 3 => Self::Sectors(50),
            4 => Self::Sectors(90),
            5 => Self::Sectors(100),
            _ => Self::UntilSome,
        }
    }
}

impl File {
    /// A file that holds these bytes for certain.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            data: bytes.to_vec(),
            durable: bytes.to_vec(),
            unsynced: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.data
    }

    pub(crate) fn size(&self) -> usize {
        self.data.len()
    }

    /// Fills the buffer from an offset on; how many bytes there were.
    pub(crate) fn read(&self, offset: usize, buffer: &mut [u8]) -> usize {
        let there = self.data.get(offset..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        count
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
        self.data[offset..end].copy_from_slice(bytes);
        let first = offset / SECTOR;
        let until = (end.div_ceil(SECTOR) * SECTOR).min(self.data.len());
        self.unsynced.push(Change::Write {
            first,
            bytes: self.data[first * SECTOR..until].to_vec(),
        });
    }

    pub(crate) fn truncate(&mut self, size: usize) {
        self.data.resize(size, 0);
        self.unsynced.push(Change::Truncate { size });
    }

    /// Forgets what waits, without making it certain: for a file that no power cut will meet.
    pub(crate) fn forget_changes(&mut self) {
        self.unsynced.clear();
    }

    /// Makes everything certain.
    pub(crate) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Write { first, bytes } => put(&mut self.durable, first * SECTOR, &bytes),
                Change::Truncate { size } => self.durable.resize(size, 0),
            }
        }
    }

    /// A sync that fails: some of what was not synced reached the platter, the rest never will, for the operating system believes from now on that
    /// all of it did. It is still read as it was written, until the power is cut.
    pub(crate) fn fail_sync(&mut self, rng: &mut Rng) {
        self.settle(Mercy::draw(rng), rng);
    }

    /// The power is cut: what is certain stays, and some of the rest.
    pub(crate) fn cut(&mut self, rng: &mut Rng) {
        self.settle(Mercy::draw(rng), rng);
        self.data.clone_from(&self.durable);
    }

    /// Makes some of what waits certain and forgets the rest.
    fn settle(&mut self, mercy: Mercy, rng: &mut Rng) {
        let changes = std::mem::take(&mut self.unsynced);
        let kept_whole = rng.below(changes.len() as u64 + 1) as usize;
        // Whether a file can have grown over sectors that were never written: then they hold what was on the platter before.
        let garbage = rng.percent(50);
        for (index, change) in changes.into_iter().enumerate() {
            let percent = match mercy {
                Mercy::Sectors(percent) => percent,
                Mercy::UntilSome if index < kept_whole => 100,
                Mercy::UntilSome => 0,
            };
            match change {
                Change::Truncate { size } if rng.percent(percent) => self.durable.resize(size, 0),
                Change::Truncate { .. } => {}
                Change::Write { first, bytes } => {
                    for (sector, bytes) in bytes.chunks(SECTOR).enumerate() {
                        let offset = (first + sector) * SECTOR;
                        if rng.percent(percent) {
                            self.keep(offset, bytes, garbage, rng);
                        }
                    }
                }
            }
        }
    }

    fn keep(&mut self, offset: usize, bytes: &[u8], garbage: bool, rng: &mut Rng) {
        let end = self.durable.len();
        put(&mut self.durable, offset, bytes);
        if garbage && end < offset {
            rng.fill(&mut self.durable[end..offset]);
        }
    }

    pub(crate) fn contains(&self, needle: &[u8]) -> bool {
        memchr::memmem::find(&self.data, needle).is_some()
    }
}

fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_is_kept_and_the_rest_only_sometimes() {
        let mut fates = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut file = File::default();
            file.write(0, &[1; 2 * SECTOR]);
            file.sync();
            file.write(SECTOR, &[2; 2 * SECTOR]);
            file.cut(&mut Rng::new(seed));
            assert_eq!(file.bytes()[..SECTOR], [1; SECTOR]);
            let second = file.bytes()[SECTOR];
            assert_eq!(
                file.bytes()[SECTOR..2 * SECTOR],
                [second; SECTOR],
                "a sector is whole"
            );
            fates.insert((second, file.size()));
        }
        assert_eq!(
            fates.into_iter().collect::<Vec<_>>(),
            [(1, 2 * SECTOR), (1, 3 * SECTOR), (2, 2 * SECTOR), (2, 3 * SECTOR)],
            "torn in every way"
        );
    }

    #[test]
    fn a_failed_sync_lies_to_the_next() {
        let lost = (0..50).filter(|seed| {
            let mut rng = Rng::new(*seed);
            let mut file = File::default();
            file.write(0, &[1; SECTOR]);
            file.fail_sync(&mut rng);
            assert_eq!(file.bytes(), [1; SECTOR], "it is still read");
            file.sync();
            file.cut(&mut rng);
            file.size() == 0
        });
        assert!((5..45).contains(&lost.count()));
    }

    #[test]
    fn a_small_write_takes_its_whole_sector_along() {
        let mut file = File::default();
        file.write(0, &[1; SECTOR]);
        file.fail_sync(&mut Rng::new(0));
        file.write(10, &[2; 3]);
        file.sync();
        assert_eq!(file.durable, file.data);
    }
}
