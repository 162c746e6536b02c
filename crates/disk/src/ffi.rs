//! The two tables of functions that SQLite calls, and nothing else: each turns pointers into Rust and a refusal into a result code.
//!
//! Owns all unsafe code of the crate. Decides nothing. What is not on a disk of ours is handed to the VFS that was the default before.

#![expect(
    unsafe_code,
    reason = "SQLite calls a VFS through C pointers, and there is no other way to be one"
)]

mod file;

use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::handle::{self, OpenFile};
use crate::machine::Opening;
use crate::refusal::Refusal;
use crate::registry;
use crate::rng::Rng;

/// What SQLite calls the VFS.
pub(crate) const NAME: &CStr = c"outrigger-disk";

/// The longest path, in bytes.
const PATH_MAX: c_int = 1_024;

/// Our VFS, and the one that was the default before it.
struct Registered {
    ours: AtomicPtr<ffi::sqlite3_vfs>,
    former: AtomicPtr<ffi::sqlite3_vfs>,
}

static REGISTERED: OnceLock<Registered> = OnceLock::new();

/// Makes the VFS `outrigger-disk` known to SQLite, once and for all. [`Disk::new`](crate::Disk::new) does it.
pub fn install() {
    registered();
}

/// Makes it SQLite's default too: whatever opens a path of [`Disk::path`](crate::Disk::path) lands on that disk. Other paths are opened as
/// before.
pub fn install_as_default() {
    let ours = registered().ours.load(Ordering::Relaxed);
    // SAFETY: `ours` was registered before, and is never freed.
    unsafe { ffi::sqlite3_vfs_register(ours, 1) };
}

/// Lets SQLite's random numbers begin anew. It keeps one generator for all connections and threads, and seeds it when it is first used, from the VFS
/// that is the default: where that is this one, with a constant. So a simulation that runs alone gives the same bytes each time.
pub fn forget_randomness() {
    // SAFETY: no bytes and no buffer: this resets the generator.
    unsafe { ffi::sqlite3_randomness(0, std::ptr::null_mut()) };
}

fn registered() -> &'static Registered {
    REGISTERED.get_or_init(|| {
        // SAFETY: `sqlite3_vfs_find` initialises SQLite and gives the default VFS, which lives for ever.
        let former = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        // SAFETY: there is a default VFS wherever SQLite can open a file at all.
        let inherited = unsafe { *former };
        let ours = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            // Room for either kind of file.
            szOsFile: file::SIZE.max(inherited.szOsFile),
            mxPathname: PATH_MAX.max(inherited.mxPathname),
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_millis),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
            // Loading libraries, which has nothing to do with disks.
            ..inherited
        }));
        // SAFETY: the table is leaked and so lives for ever; SQLite links it into its list.
        unsafe { ffi::sqlite3_vfs_register(ours, 0) };
        Registered {
            ours: AtomicPtr::new(ours),
            former: AtomicPtr::new(former),
        }
    })
}

fn former() -> *mut ffi::sqlite3_vfs {
    registered().former.load(Ordering::Relaxed)
}

/// What the result of an operation is for SQLite.
fn code(result: Result<(), Refusal>) -> c_int {
    result.map_or_else(Refusal::code, |()| ffi::SQLITE_OK)
}

/// A path of SQLite's, where it is one of ours.
///
/// # Safety
/// `path` is null or a C string that lives as long as the result is used.
unsafe fn ours<'p>(path: *const c_char) -> Option<&'p str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: not null, and a C string, as promised.
    let path = unsafe { CStr::from_ptr(path) };
    path.to_str().ok().filter(|path| path.starts_with(registry::ROOT))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives null or a C string that lives until the file is closed.
    let named = unsafe { ours(path) };
    if named.is_none() && !path.is_null() {
        let former = former();
        // SAFETY: the former VFS is called as SQLite would call it, with a file that has room for its own.
        return unsafe {
            (*former)
                .xOpen
                .map(|open| open(former, path, file, flags, out_flags))
        }
        .unwrap_or(ffi::SQLITE_CANTOPEN);
    }
    let has = |flag| flags & flag != 0;
    let opening = Opening {
        create: has(ffi::SQLITE_OPEN_CREATE),
        exclusive: has(ffi::SQLITE_OPEN_EXCLUSIVE),
        delete_on_close: has(ffi::SQLITE_OPEN_DELETEONCLOSE),
        is_journal: has(ffi::SQLITE_OPEN_MAIN_JOURNAL)
            || has(ffi::SQLITE_OPEN_SUPER_JOURNAL)
            || has(ffi::SQLITE_OPEN_WAL),
    };
    let opened = OpenFile::open(named, opening);
    // SAFETY: `file` has room for `szOsFile` bytes, which is no less than ours; SQLite looks at it after a failure too.
    let result = unsafe { file::put(file, opened) };
    if result.is_ok() && !out_flags.is_null() {
        // SAFETY: SQLite gives null or a place to write to.
        unsafe { *out_flags = flags };
    }
    code(result)
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    if let Some(path) = unsafe { ours(path) } {
        return code(handle::delete(path, sync_folder != 0));
    }
    let former = former();
    // SAFETY: as SQLite would call it.
    unsafe { (*former).xDelete.map(|delete| delete(former, path, sync_folder)) }
        .unwrap_or(ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    what: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let Some(path_of_ours) = (unsafe { ours(path) }) else {
        let former = former();
        // SAFETY: as SQLite would call it.
        return unsafe { (*former).xAccess.map(|access| access(former, path, what, out)) }
            .unwrap_or(ffi::SQLITE_IOERR_ACCESS);
    };
    code(handle::access(path_of_ours).map(|size| {
        // As SQLite's own VFS has it: an empty file is as good as none where it asks whether there is one.
        let is_there = size.is_some_and(|size| what != ffi::SQLITE_ACCESS_EXISTS || size > 0);
        // SAFETY: SQLite gives a place to write to.
        unsafe { *out = c_int::from(is_there) };
    }))
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let Some(path_of_ours) = (unsafe { ours(path) }) else {
        let former = former();
        // SAFETY: as SQLite would call it; our `mxPathname`, after which `out` was made, is no less than its own.
        return unsafe { (*former).xFullPathname.map(|full| full(former, path, room, out)) }
            .unwrap_or(ffi::SQLITE_CANTOPEN);
    };
    let length = path_of_ours.len() + 1;
    if usize::try_from(room).unwrap_or(0) < length {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: the string with its last zero is `length` bytes long, and `out` has room for them.
    unsafe { std::ptr::copy_nonoverlapping(path, out, length) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives a buffer of `count` bytes.
    if let Some(buffer) = unsafe { file::buffer(out.cast::<c_void>(), count) } {
        Rng::new(0x0D15C).fill(buffer);
    }
    count
}

/// Nothing is waited for: whoever is in the way runs on this thread, or lets go soon.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    std::thread::yield_now();
    micros
}

unsafe extern "C" fn current_time_millis(_: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    let Some(disk) = registry::last_used() else {
        let former = former();
        // SAFETY: as SQLite would call it.
        return unsafe { (*former).xCurrentTimeInt64.map(|time| time(former, out)) }
            .unwrap_or(ffi::SQLITE_ERROR);
    };
    let millis = disk.lock().julian_millis();
    // SAFETY: SQLite gives a place to write to.
    unsafe { *out = millis };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    let mut millis = 0;
    // SAFETY: `millis` is a place to write to.
    let result = unsafe { current_time_millis(vfs, &mut millis) };
    // SAFETY: SQLite gives a place to write to.
    unsafe { *out = millis as f64 / 86_400_000.0 };
    result
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}
