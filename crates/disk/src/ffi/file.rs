//! The functions that SQLite calls with an open file.
//!
//! Owns how one of ours lies in the memory that SQLite gives for it: the table of functions first, as SQLite wants it, then a box.

use rusqlite::ffi;
use std::ffi::{c_int, c_void};
use std::ops::Range;

use super::code;
use crate::handle::OpenFile;
use crate::lock::Level;
use crate::refusal::Refusal;
use crate::shm::Access;

/// What lies behind a `sqlite3_file` of ours.
#[repr(C)]
struct InSqlite {
    base: ffi::sqlite3_file,
    /// A box. Null where opening failed.
    opened: *mut OpenFile,
}

/// How much room that takes.
pub(super) const SIZE: c_int = size_of::<InSqlite>() as c_int;

/// As SQLite's own VFS has it.
const SECTOR_SIZE: c_int = 4_096;

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Puts an opened file where SQLite wants it; without methods where it could not be opened, so that SQLite does not close it.
///
/// # Safety
/// `file` has room for [`SIZE`] bytes.
pub(super) unsafe fn put(
    file: *mut ffi::sqlite3_file,
    opened: Result<OpenFile, Refusal>,
) -> Result<(), Refusal> {
    let (methods, opened, result) = match opened {
        Ok(opened) => (&raw const METHODS, Box::into_raw(Box::new(opened)), Ok(())),
        Err(refusal) => (std::ptr::null(), std::ptr::null_mut(), Err(refusal)),
    };
    let base = ffi::sqlite3_file { pMethods: methods };
    // SAFETY: there is room for it, as promised, and SQLite aligns it to eight bytes.
    unsafe { file.cast::<InSqlite>().write(InSqlite { base, opened }) };
    result
}

/// The file that SQLite means.
///
/// # Safety
/// `file` was filled by [`put`] with an opened file and not closed since, and nobody else uses it: SQLite calls with one file from one thread at a time.
unsafe fn opened<'f>(file: *mut ffi::sqlite3_file) -> &'f mut OpenFile {
    // SAFETY: as promised.
    unsafe { &mut *(*file.cast::<InSqlite>()).opened }
}

/// A buffer of SQLite's.
///
/// # Safety
/// `start` is null or the start of `count` bytes that nobody else uses while the result lives.
pub(super) unsafe fn buffer<'b>(start: *mut c_void, count: c_int) -> Option<&'b mut [u8]> {
    let count = usize::try_from(count).ok().filter(|_| !start.is_null())?;
    // SAFETY: as promised.
    Some(unsafe { std::slice::from_raw_parts_mut(start.cast(), count) })
}

/// An offset or size in a file: SQLite never gives a negative one.
fn natural(number: ffi::sqlite3_int64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn slots(first: c_int, count: c_int) -> Range<usize> {
    let first = usize::try_from(first).unwrap_or(0);
    first..first + usize::try_from(count).unwrap_or(0)
}

const fn level(level: c_int) -> Level {
    match level {
        ffi::SQLITE_LOCK_NONE => Level::None,
        ffi::SQLITE_LOCK_SHARED => Level::Shared,
        ffi::SQLITE_LOCK_RESERVED => Level::Reserved,
        ffi::SQLITE_LOCK_PENDING => Level::Pending,
        _ => Level::Exclusive,
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let ours = file.cast::<InSqlite>();
    // SAFETY: SQLite closes once, what was opened; the box was made by `put` and is given up here.
    drop(unsafe { Box::from_raw((*ours).opened) });
    // SAFETY: the place is still SQLite's.
    unsafe {
        (*ours).opened = std::ptr::null_mut();
        (*ours).base.pMethods = std::ptr::null();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that it opened and a buffer of `count` bytes.
    let (file, buffer) = unsafe { (opened(file), buffer(into, count)) };
    code(file.read(natural(offset), buffer.unwrap_or_default()))
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    let file = unsafe { opened(file) };
    let Some(count) = usize::try_from(count).ok().filter(|_| !from.is_null()) else {
        return ffi::SQLITE_OK;
    };
    // SAFETY: SQLite gives `count` bytes that nobody changes meanwhile.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast(), count) };
    code(file.write(natural(offset), bytes))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.truncate(natural(size)))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.sync())
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.size().map(|size| {
        // SAFETY: SQLite gives a place to write to.
        unsafe { *out = ffi::sqlite3_int64::try_from(size).unwrap_or(ffi::sqlite3_int64::MAX) };
    }))
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.lock(level(to)))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.unlock(level(to)))
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.is_reserved().map(|is_reserved| {
        // SAFETY: SQLite gives a place to write to.
        unsafe { *out = c_int::from(is_reserved) };
    }))
}

/// Nothing is asked of a disk here that it would answer.
unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR_SIZE
}

/// Bytes beside a write are never harmed. As SQLite's own VFS has it, and as `file.rs` of the machine keeps it.
unsafe extern "C" fn characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    let file = unsafe { opened(file) };
    let index = usize::try_from(index).unwrap_or(0);
    let bytes = usize::try_from(bytes).unwrap_or(0);
    let mapped = file.map(index, bytes, extend != 0).map(|region| {
        let address = region.map_or(std::ptr::null_mut(), |region| region.address().cast());
        // SAFETY: SQLite gives a place to write to. The file keeps the region until it is unmapped or closed.
        unsafe { *out = address };
    });
    code(mapped)
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    let file = unsafe { opened(file) };
    let access = if flags & ffi::SQLITE_SHM_EXCLUSIVE == 0 {
        Access::Shared
    } else {
        Access::Exclusive
    };
    code(if flags & ffi::SQLITE_SHM_UNLOCK == 0 {
        file.lock_shared(slots(first, count), access)
    } else {
        file.unlock_shared(slots(first, count))
    })
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite gives a file that it opened.
    code(unsafe { opened(file) }.unmap())
}
