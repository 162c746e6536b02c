//! Which disks there are: SQLite brings a path, and nothing else.
//!
//! Owns the form of the paths and the one list of disks that all threads share. A disk is in it as long as somebody has it, or a file on it open.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::machine::{Machine, ProcessId};

/// Where the disks lie, for SQLite.
pub(crate) const ROOT: &str = "/outrigger-disk/";

/// A machine behind its lock, with its number.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) number: u64,
    machine: Mutex<Machine>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Machine> {
        // A test that failed while it held a disk has said so.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static NUMBER_NEXT: AtomicU64 = AtomicU64::new(1);
static DISKS: Mutex<BTreeMap<u64, Weak<Shared>>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// The disk that this thread used last: SQLite asks for the time without saying for whom.
    static LAST: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

pub(crate) fn add(machine: Machine) -> Arc<Shared> {
    let shared = Arc::new(Shared {
        number: NUMBER_NEXT.fetch_add(1, Ordering::Relaxed),
        machine: Mutex::new(machine),
    });
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.retain(|_, disk| disk.strong_count() > 0);
    disks.insert(shared.number, Arc::downgrade(&shared));
    shared
}

/// Remembers that this thread uses this disk.
pub(crate) fn used(disk: &Arc<Shared>) {
    LAST.with_borrow_mut(|last| {
        if last.as_ptr() != Arc::as_ptr(disk) {
            *last = Arc::downgrade(disk);
        }
    });
}

/// The disk that this thread used last.
pub(crate) fn last_used() -> Option<Arc<Shared>> {
    LAST.with_borrow(Weak::upgrade)
}

/// The path of a file, as a process of a disk names it to SQLite.
pub(crate) fn path(disk: u64, process: ProcessId, name: &str) -> PathBuf {
    PathBuf::from(format!("{ROOT}{disk}/{}/{name}", process.0))
}

/// The disk, process and file that a path names. `None` where the disk is gone or never was.
pub(crate) fn find(path: &str) -> Option<(Arc<Shared>, ProcessId, &str)> {
    let mut parts = path.strip_prefix(ROOT)?.splitn(3, '/');
    let number: u64 = parts.next()?.parse().ok()?;
    let process = ProcessId(parts.next()?.parse().ok()?);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    let disk = disks.get(&number)?.upgrade()?;
    Some((disk, process, name))
}
