//! What is asked for: a disk, its processes, and everything that can be done to them.
//!
//! Owns no state: that is the machine's, behind one lock.

use rusqlite::{Connection, OpenFlags};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::failure::{Failure, Stats};
use crate::ffi;
use crate::image::Image;
use crate::machine::{Machine, ProcessId};
use crate::refusal::Refusal;
use crate::registry::{self, Shared};

/// One machine's disk. Clones share it.
#[derive(Debug, Clone)]
pub struct Disk {
    shared: Arc<Shared>,
}

/// A process that uses a disk. It lives until it is killed or the power is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process(pub(crate) ProcessId);

impl Disk {
    /// An empty disk. What power cuts and failed syncs keep follows from the seed and from what was done before.
    pub fn new(seed: u64) -> Self {
        ffi::install();
        Self {
            shared: registry::add(Machine::new(seed)),
        }
    }

    /// Starts a process. What it opens and locks is its own.
    pub fn process(&self) -> Process {
        Process(self.shared.lock().start_process())
    }

    /// Opens a database for reading and writing, and makes it where it is missing. A connection that is used by one thread at a time.
    ///
    /// # Errors
    /// What SQLite says: it cannot be opened where the process is dead.
    pub fn open(&self, process: Process, name: &str) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags_and_vfs(self.path(process, name), flags, ffi::NAME)
    }

    /// Writes the log of a database anew, as it is read, and syncs it; nothing where there is none. What `outrigger_wal::rewrite_file` does on a real disk.
    ///
    /// # Errors
    /// Where the disk fails or is full, or the process dies of it.
    pub fn rewrite_log(&self, process: Process, database: &str) -> io::Result<()> {
        let rewritten = self.shared.lock().rewrite(process.0, &format!("{database}-wal"));
        rewritten.map_err(|refusal| match refusal {
            Refusal::Full => io::Error::from(io::ErrorKind::StorageFull),
            other => io::Error::other(format!("{other:?}")),
        })
    }

    /// The path of a file for a process: what opens a path lands here once [`install_as_default`](crate::install_as_default) was called.
    pub fn path(&self, process: Process, name: &str) -> PathBuf {
        registry::path(self.shared.number, process.0, name)
    }

    /// Kills a process. What it wrote stays, also what was not synced; its locks are free. Whatever its connections still do fails and changes
    /// nothing.
    ///
    /// One thing of it outlives it, as long as it is not dropped: a connection in the middle of a transaction that had already written to the log
    /// tidies the shared memory when it rolls back. Drop it before others write, as a killed process would have gone.
    pub fn kill(&self, process: Process) {
        self.shared.lock().kill(process.0);
    }

    /// The process dies just before its `changes`-th change to a file from now (1 is the next): a write, truncation, sync, creation or deletion.
    pub fn kill_after(&self, process: Process, changes: u64) {
        self.shared.lock().kill_at(process.0, changes);
    }

    /// Whether a process was killed, or lost its power.
    pub fn is_dead(&self, process: Process) -> bool {
        self.shared.lock().is_dead(process.0)
    }

    /// Cuts the power: every process dies. What was synced is kept. Of the rest each file keeps some sectors, each name some of what happened to it.
    pub fn cut_power(&self) {
        self.shared.lock().cut_power();
    }

    /// The power is cut just before the `changes`-th change to any file from now (1 is the next).
    pub fn cut_power_after(&self, changes: u64) {
        self.shared.lock().cut_power_at(changes);
    }

    /// Another disk with the same files, as if everybody had been killed: also what was not synced is there, and may be lost. What was to go wrong here
    /// does not go wrong there.
    pub fn fork(&self, seed: u64) -> Self {
        Self {
            shared: registry::add(self.shared.lock().fork(seed)),
        }
    }

    /// How often the power was cut.
    pub fn power_cuts(&self) -> u64 {
        self.shared.lock().power_cuts()
    }

    /// Says what will go wrong, instead of what was said before. `None`: nothing.
    pub fn fail(&self, failure: Option<Failure>) {
        self.shared.lock().doom.set(failure);
    }

    /// How many operations have failed since [`Disk::fail`] was called.
    pub fn failed(&self) -> u64 {
        self.shared.lock().doom.fallen()
    }

    /// How many bytes there may be in all files together: a write beyond them is done as far as it fits, and the disk is full. `None`: any
    /// number.
    pub fn limit(&self, bytes: Option<u64>) {
        self.shared.lock().limit = bytes;
    }

    /// How many bytes there are, deleted files that are still open included.
    pub fn used(&self) -> u64 {
        self.shared.lock().used()
    }

    /// The size of a file in bytes, where it is there.
    pub fn size(&self, name: &str) -> Option<u64> {
        self.shared.lock().file(name).map(|file| file.size() as u64)
    }

    /// The names of all files, in order.
    pub fn names(&self) -> Vec<String> {
        self.shared.lock().names()
    }

    /// The bytes of a file, as a process reads them.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.shared.lock().file(name).map(|file| file.bytes().to_vec())
    }

    /// Whether the bytes are anywhere in a file: by name or not, overwritten parts not.
    pub fn contains(&self, needle: &[u8]) -> bool {
        self.shared.lock().contains(needle)
    }

    /// How many operations there were so far, locks not counted.
    pub fn operations(&self) -> u64 {
        self.stats().operations()
    }

    /// How many operations there were so far, of each kind.
    pub fn stats(&self) -> Stats {
        self.shared.lock().stats()
    }

    /// What SQLite takes for the time when it is asked by a thread that used this disk last: milliseconds since 1970.
    pub fn set_clock(&self, millis_since_epoch: i64) {
        self.shared.lock().clock = millis_since_epoch;
        registry::used(&self.shared);
    }

    /// A copy of every file.
    pub fn copy(&self) -> Image {
        let names = self.names();
        self.image_of(names.iter().map(String::as_str))
    }

    /// A copy of some files: those of the names that are there.
    pub fn image_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Image {
        let machine = self.shared.lock();
        let files = names
            .into_iter()
            .filter_map(|name| {
                let file = machine.file(name)?;
                Some((name.to_owned(), file.bytes().to_vec()))
            })
            .collect();
        Image { files }
    }

    /// Makes the disk what the image is, for certain. Every process dies.
    pub fn put_back(&self, image: &Image) {
        let mut machine = self.shared.lock();
        machine.kill_all();
        for name in machine.names() {
            if !image.files.contains_key(&name) {
                machine.put(&name, None);
            }
        }
        for (name, bytes) in &image.files {
            machine.put(name, Some(bytes));
        }
        machine.sync_names();
    }

    /// Writes a whole file, for certain. Who has a former one of that name open keeps it.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        self.shared.lock().put(name, Some(bytes));
    }

    /// Copies a file, for certain. Whether it was there.
    pub fn copy_file(&self, from: &str, to: &str) -> bool {
        let bytes = self.bytes(from);
        if let Some(bytes) = &bytes {
            self.write(to, bytes);
        }
        bytes.is_some()
    }

    /// Renames a file, for certain, in place of another that may have had that name. Whether it was there.
    pub fn rename(&self, from: &str, to: &str) -> bool {
        self.shared.lock().rename(from, to)
    }

    /// Removes a file, for certain. Whether it was there.
    pub fn remove(&self, name: &str) -> bool {
        let mut machine = self.shared.lock();
        let is_there = machine.file(name).is_some();
        machine.put(name, None);
        is_there
    }
}
