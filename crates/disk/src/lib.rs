//! A machine's disk in memory: a SQLite VFS that knows what was synced and what was not, and on which anything can go wrong.
//!
//! A killed process proves nothing about syncing: the operating system still has what it wrote. Only a power cut shows what was synced, and on a
//! [`Disk`] the power can be cut at any operation. It can also be full, fail any operation once or for ever, and lose what it said it would keep
//! when a sync fails; its processes can be killed before any operation. All of it comes from one seed.
//!
//! ```
//! use outrigger_disk::Disk;
//!
//! let disk = Disk::new(7);
//! let process = disk.process();
//! let db = disk.open(process, "app.db")?;
//! db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x); INSERT INTO t VALUES (1)")?;
//! disk.cut_power();
//! assert!(db.execute("INSERT INTO t VALUES (2)", []).is_err());
//!
//! let after = disk.open(disk.process(), "app.db")?;
//! assert_eq!(after.query_row("SELECT x FROM t", [], |row| row.get::<_, i64>(0))?, 1);
//! # Ok::<(), rusqlite::Error>(())
//! ```
//!
//! For tests and for the simulator; no part of the product. What holds of real disks and is not modelled: a page that is dropped from the page
//! cache after a failed sync is still read as it was written, and bytes never rot. Temporary files without a name are kept apart from every
//! disk and never fail.

// What is asked for.
pub mod disk;
pub mod failure;
pub mod image;

// The machine.
mod machine;
mod file;
mod names;
mod lock;
mod shm;
mod rng;

// The way from SQLite to it.
mod ffi;
mod registry;
mod handle;
mod refusal;

pub use disk::{Disk, Process};
pub use failure::{Failure, Lasting, On, Operation, Stats, What};
pub use ffi::{forget_randomness, install, install_as_default};
pub use image::Image;
