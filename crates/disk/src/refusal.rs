//! Why an operation was not done, and what SQLite is told.
//!
//! Owns the mapping to SQLite's result codes: the same that its own VFS gives for the same trouble.

use rusqlite::ffi;
use std::ffi::c_int;

use crate::failure::Operation;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The disk failed, or the process is dead.
    Io(Operation),
    /// There is no room.
    Full,
    /// The memory that is shared could not grow.
    NoRoomToShare,
    /// The file ended before the read did; the rest of the buffer is zeros.
    ShortRead,
    /// Somebody else holds a lock.
    Busy,
    /// There is no such file to delete.
    NoSuchFile,
    /// There is no such file to open, or no such disk.
    CannotOpen,
}

impl Refusal {
    pub(crate) const fn code(self) -> c_int {
        match self {
            Self::Io(Operation::Open) | Self::CannotOpen => ffi::SQLITE_CANTOPEN,
            Self::Io(Operation::Read) => ffi::SQLITE_IOERR_READ,
            Self::Io(Operation::Write) => ffi::SQLITE_IOERR_WRITE,
            Self::Io(Operation::Truncate) => ffi::SQLITE_IOERR_TRUNCATE,
            Self::Io(Operation::Sync) => ffi::SQLITE_IOERR_FSYNC,
            Self::Io(Operation::Delete) => ffi::SQLITE_IOERR_DELETE,
            Self::Io(Operation::Size) => ffi::SQLITE_IOERR_FSTAT,
            Self::Io(Operation::Access) => ffi::SQLITE_IOERR_ACCESS,
            Self::Io(Operation::Map) => ffi::SQLITE_IOERR_SHMMAP,
            Self::Io(Operation::Lock) => ffi::SQLITE_IOERR_LOCK,
            Self::Full => ffi::SQLITE_FULL,
            Self::NoRoomToShare => ffi::SQLITE_IOERR_SHMSIZE,
            Self::ShortRead => ffi::SQLITE_IOERR_SHORT_READ,
            Self::Busy => ffi::SQLITE_BUSY,
            Self::NoSuchFile => ffi::SQLITE_IOERR_DELETE_NOENT,
        }
    }
}
