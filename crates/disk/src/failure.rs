//! What goes wrong, and when.
//!
//! Owns the closed sets of operations and failures, and the count of both. Never does an operation.

/// What is done to a file. What is counted and can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Opening or making it.
    Open,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Cutting it short.
    Truncate,
    /// Making it certain.
    Sync,
    /// Deleting it.
    Delete,
    /// Asking for its size.
    Size,
    /// Asking whether it is there.
    Access,
    /// Mapping the memory that the connections of a database share in WAL mode.
    Map,
    /// Taking a lock, of the file or of the shared memory. Letting go never fails.
    Lock,
}

/// On which operations a failure falls. Only these count towards [`Failure::at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum On {
    /// On all but locks.
    #[default]
    All,
    /// On reads.
    Reads,
    /// On what changes a file: writes, truncations, deletions. Not on syncs.
    Writes,
    /// On syncs.
    Syncs,
    /// On one kind.
    Only(Operation),
}

/// How long a failure lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lasting {
    /// One operation fails, and all is well again.
    #[default]
    Once,
    /// It fails, and so does every one after it, until [`Disk::fail`](crate::Disk::fail) says otherwise.
    ForEver,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The operation is not done and gives the I/O error of its kind. Of a sync it is the same as [`What::SyncFails`].
    Error,
    /// A sync fails: some of what was not synced is certain, the rest never will be. It is still read as it was written, until the power is cut, and
    /// a later sync succeeds without it: so it is on Linux. Falls on syncs only.
    SyncFails,
    /// The disk is full: half of what was to be written is, then there is no room. Falls on writes and on growing shared memory only.
    Full,
    /// Half of what was to be written is, then there is an I/O error. Falls on writes only.
    ShortWrite,
}

/// Something that will go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The how-manieth operation from now it falls on, of those that it can fall on: 1 is the next.
    pub at: u64,
    /// How long it lasts.
    pub lasting: Lasting,
    /// What goes wrong.
    pub what: What,
    /// On which operations.
    pub on: On,
    /// Only with this file: its whole name, as `app.db-wal`.
    pub file: Option<String>,
}

impl Failure {
    /// Once, at the `at`-th operation that it can fall on.
    pub const fn once(what: What, at: u64) -> Self {
        Self {
            at,
            lasting: Lasting::Once,
            what,
            on: On::All,
            file: None,
        }
    }

    /// For ever, from the `at`-th operation on that it can fall on.
    pub const fn for_ever(what: What, at: u64) -> Self {
        Self {
            at,
            lasting: Lasting::ForEver,
            what,
            on: On::All,
            file: None,
        }
    }

    /// The same, falling on these operations only.
    #[must_use]
    pub fn on(self, on: On) -> Self {
        Self { on, ..self }
    }

    /// The same, with this file only.
    #[must_use]
    pub fn in_file(self, name: &str) -> Self {
        Self {
            file: Some(name.to_owned()),
            ..self
        }
    }

    fn falls_on(&self, operation: Operation, file: &str) -> bool {
        let can = match self.what {
            What::Error => true,
            What::SyncFails => operation == Operation::Sync,
            What::Full => matches!(operation, Operation::Write | Operation::Map),
            What::ShortWrite => operation == Operation::Write,
        };
        let may = match self.on {
            On::All => operation != Operation::Lock,
            On::Reads => operation == Operation::Read,
            On::Writes => matches!(
                operation,
                Operation::Write | Operation::Truncate | Operation::Delete
            ),
            On::Syncs => operation == Operation::Sync,
            On::Only(only) => operation == only,
        };
        can && may && self.file.as_deref().is_none_or(|name| name == file)
    }
}

/// The failure that is to come or that lasts.
#[derive(Debug, Default)]
pub(crate) struct Doom {
    failure: Option<Failure>,
    fallen: u64,
}

impl Doom {
    pub(crate) fn set(&mut self, failure: Option<Failure>) {
        self.failure = failure;
        self.fallen = 0;
    }

    /// How many operations have failed of it.
    pub(crate) const fn fallen(&self) -> u64 {
        self.fallen
    }

    /// What is wrong with this operation.
    pub(crate) fn falls_on(&mut self, operation: Operation, file: &str) -> Option<What> {
        let failure = self.failure.as_mut()?;
        if !failure.falls_on(operation, file) {
            return None;
        }
        if failure.at > 1 {
            failure.at -= 1;
            return None;
        }
        let what = failure.what;
        self.fallen += 1;
        if failure.lasting == Lasting::Once {
            self.failure = None;
        }
        Some(what)
    }
}

/// How many operations there were, of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each is the number of operations of that kind")]
pub struct Stats {
    pub opens: u64,
    pub reads: u64,
    pub writes: u64,
    pub truncates: u64,
    pub syncs: u64,
    pub deletes: u64,
    pub sizes: u64,
    pub accesses: u64,
    pub maps: u64,
    pub locks: u64,
}

impl Stats {
    /// All of them but locks: what [`On::All`] counts.
    pub const fn operations(&self) -> u64 {
        self.opens
            + self.reads
            + self.writes
            + self.truncates
            + self.syncs
            + self.deletes
            + self.sizes
            + self.accesses
            + self.maps
    }

    pub(crate) const fn count(&mut self, operation: Operation) {
        let counter = match operation {
            Operation::Open => &mut self.opens,
            Operation::Read => &mut self.reads,
            Operation::Write => &mut self.writes,
            Operation::Truncate => &mut self.truncates,
            Operation::Sync => &mut self.syncs,
            Operation::Delete => &mut self.deletes,
            Operation::Size => &mut self.sizes,
            Operation::Access => &mut self.accesses,
            Operation::Map => &mut self.maps,
            Operation::Lock => &mut self.locks,
        };
        *counter += 1;
    }
}
