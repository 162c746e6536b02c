//! The machine: its files, its processes and what they have open, and how either comes to an end.
//!
//! Owns everything that a disk is, behind one lock that [`Disk`](crate::Disk) holds. Every operation passes its [`Machine::begin`], which counts it,
//! lets processes die of it and lets it fail. What an operation then does is in `machine/io.rs`.

mod io;

pub(crate) use io::Opening;

use std::collections::BTreeMap;

use crate::failure::{Doom, Operation, Stats, What};
use crate::file::File;
use crate::lock::{Level, Locks};
use crate::names::{FileId, Names};
use crate::refusal::Refusal;
use crate::rng::Rng;
use crate::shm::Shm;

/// One open file. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HandleId(pub(crate) u64);

/// One process. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ProcessId(pub(crate) u64);

/// What is known of a process. One that is not known is dead.
#[derive(Debug, Clone, Copy, Default)]
struct Life {
    /// It dies before this change to a file from now: 1 is the next.
    dies_at: Option<u64>,
}

/// A file with what is held of it. Neither locks nor shared memory survive who holds them.
#[derive(Debug, Default)]
struct Stored {
    file: File,
    locks: Locks,
    shm: Option<Shm>,
}

#[derive(Debug)]
struct Handle {
    process: ProcessId,
    file: FileId,
    name: String,
    delete_on_close: bool,
    /// Whether its next sync syncs the folder too.
    syncs_folder: bool,
}

/// Where SQLite's epoch, noon of 24 November 4714 BC, lies before 1970, in milliseconds.
const JULIAN_MILLIS: i64 = 210_866_760_000_000;

#[derive(Debug)]
pub(crate) struct Machine {
    names: Names,
    files: BTreeMap<FileId, Stored>,
    handles: BTreeMap<HandleId, Handle>,
    processes: BTreeMap<ProcessId, Life>,
    ids: u64,
    rng: Rng,
    /// The power goes before this change to a file from now.
    power_goes_at: Option<u64>,
    power_cuts: u64,
    stats: Stats,
    /// What goes wrong.
    pub(crate) doom: Doom,
    /// The capacity in bytes.
    pub(crate) limit: Option<u64>,
    /// Milliseconds since 1970.
    pub(crate) clock: i64,
}

impl Machine {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            names: Names::default(),
            files: BTreeMap::new(),
            handles: BTreeMap::new(),
            processes: BTreeMap::new(),
            ids: 0,
            rng: Rng::new(seed),
            power_goes_at: None,
            power_cuts: 0,
            stats: Stats::default(),
            doom: Doom::default(),
            limit: None,
            clock: 1_700_000_000_000,
        }
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub(crate) const fn stats(&self) -> Stats {
        self.stats
    }

    pub(crate) const fn power_cuts(&self) -> u64 {
        self.power_cuts
    }

    pub(crate) const fn julian_millis(&self) -> i64 {
        self.clock + JULIAN_MILLIS
    }

    pub(crate) fn start_process(&mut self) -> ProcessId {
        let id = ProcessId(self.next_id());
        self.processes.insert(id, Life::default());
        id
    }

    pub(crate) fn is_dead(&self, process: ProcessId) -> bool {
        !self.processes.contains_key(&process)
    }

    /// A process is gone: what it had open is closed, what it held is free.
    pub(crate) fn kill(&mut self, process: ProcessId) {
        self.processes.remove(&process);
        let its = |handle: &Handle| handle.process == process;
        let handles: Vec<_> = self
            .handles
            .iter()
            .filter(|(_, handle)| its(handle))
            .map(|(id, _)| *id)
            .collect();
        for handle in handles {
            self.let_go(handle);
        }
    }

    /// Another machine with the same files, what was not synced included, and nobody using it.
    pub(crate) fn fork(&self, seed: u64) -> Self {
        let files = self.files.iter().map(|(id, stored)| {
            let stored = Stored {
                file: stored.file.clone(),
                ..Stored::default()
            };
            (*id, stored)
        });
        let mut machine = Self {
            names: self.names.clone(),
            files: files.collect(),
            ids: self.ids,
            limit: self.limit,
            clock: self.clock,
            ..Self::new(seed)
        };
        machine.forget_unnamed();
        machine
    }

    /// A process dies just before its `changes`-th change to a file from now.
    pub(crate) fn kill_at(&mut self, process: ProcessId, changes: u64) {
        if let Some(life) = self.processes.get_mut(&process) {
            life.dies_at = Some(changes.max(1));
        }
    }

    /// The power goes just before the `changes`-th change to a file from now.
    pub(crate) fn cut_power_at(&mut self, changes: u64) {
        self.power_goes_at = Some(changes.max(1));
    }

    /// Everybody dies, and of what was not synced only some is there.
    pub(crate) fn cut_power(&mut self) {
        self.kill_all();
        self.power_goes_at = None;
        self.power_cuts += 1;
        self.names.cut(&mut self.rng);
        for stored in self.files.values_mut() {
            stored.file.cut(&mut self.rng);
        }
        self.forget_unnamed();
    }

    pub(crate) fn kill_all(&mut self) {
        while let Some((process, _)) = self.processes.first_key_value() {
            self.kill(*process);
        }
    }

    /// Closes a file that was open, with all its locks.
    fn let_go(&mut self, id: HandleId) {
        let Some(handle) = self.handles.remove(&id) else {
            return;
        };
        if let Some(stored) = self.files.get_mut(&handle.file) {
            stored.locks.fall(id, Level::None);
            if stored.shm.as_mut().is_some_and(|shm| shm.leave(id)) {
                stored.shm = None;
            }
        }
        self.forget_unnamed();
    }

    /// Files that no name leads to and nobody has open are gone.
    fn forget_unnamed(&mut self) {
        let (names, handles) = (&self.names, &self.handles);
        self.files
            .retain(|id, _| names.lead_to(*id) || handles.values().any(|handle| handle.file == *id));
    }

    /// Where every operation begins: it is counted, may be the death of its process, and may be about to fail.
    fn begin(
        &mut self,
        process: ProcessId,
        operation: Operation,
        is_change: bool,
        name: &str,
    ) -> Result<Option<What>, Refusal> {
        let refused = Err(Refusal::Io(operation));
        if self.is_dead(process) {
            return refused;
        }
        self.stats.count(operation);
        if is_change {
            if has_come(&mut self.power_goes_at) {
                self.cut_power();
                return refused;
            }
            let life = self.processes.entry(process).or_default();
            if has_come(&mut life.dies_at) {
                self.kill(process);
                return refused;
            }
        }
        Ok(self.doom.falls_on(operation, name))
    }

    // What somebody does who looks after the disk while nobody uses it. It is certain at once and never fails.

    pub(crate) fn names(&self) -> Vec<String> {
        self.names.iter().map(|(name, _)| name.to_owned()).collect()
    }

    pub(crate) fn file(&self, name: &str) -> Option<&File> {
        let id = self.names.find(name)?;
        self.files.get(&id).map(|stored| &stored.file)
    }

    pub(crate) fn used(&self) -> u64 {
        self.files.values().map(|stored| stored.file.size() as u64).sum()
    }

    pub(crate) fn contains(&self, needle: &[u8]) -> bool {
        self.files.values().any(|stored| stored.file.contains(needle))
    }

    /// Puts a file under a name; `None` removes it. Who has the former one open keeps it.
    pub(crate) fn put(&mut self, name: &str, file: Option<&[u8]>) {
        let id = file.map(|bytes| {
            let id = FileId(self.next_id());
            let stored = Stored {
                file: File::of(bytes),
                ..Stored::default()
            };
            self.files.insert(id, stored);
            id
        });
        self.names.set(name, id);
        self.names.sync_name(name);
        self.forget_unnamed();
    }

    /// Everything that was done to names is certain.
    pub(crate) fn sync_names(&mut self) {
        self.names.sync();
        self.forget_unnamed();
    }

    /// Gives a file another name, in place of what may be there.
    pub(crate) fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(id) = self.names.find(from) else {
            return false;
        };
        self.names.set(to, Some(id));
        self.names.set(from, None);
        self.names.sync_name(to);
        self.names.sync_name(from);
        self.forget_unnamed();
        true
    }
}

/// Counts down to something; whether it is now.
fn has_come(countdown: &mut Option<u64>) -> bool {
    match countdown {
        Some(0 | 1) => {
            *countdown = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}
