//! What SQLite has open: a file on a disk, or a temporary one that is on none.
//!
//! Owns the way from a call of SQLite's to the machine, in safe Rust, and the shared memory that SQLite was given pointers to: it lives until the file is
//! closed, whatever became of the process.

use std::ops::Range;
use std::sync::Arc;

use crate::file::File;
use crate::lock::Level;
use crate::machine::HandleId;
use crate::machine::Opening;
use crate::refusal::Refusal;
use crate::registry::{self, Shared};
use crate::shm::{Access, Region};

/// An open file.
#[derive(Debug)]
pub(crate) enum OpenFile {
    /// On a disk.
    Kept {
        disk: Arc<Shared>,
        id: HandleId,
        regions: Vec<Region>,
    },
    /// Without a name: SQLite does not say for which database it is.
    Temporary(File),
}

impl OpenFile {
    /// Opens what a path names; without one, a temporary file.
    pub(crate) fn open(path: Option<&str>, opening: Opening) -> Result<Self, Refusal> {
        let Some(path) = path else {
            return Ok(Self::Temporary(File::default()));
        };
        let (disk, process, name) = registry::find(path).ok_or(Refusal::CannotOpen)?;
        registry::used(&disk);
        let id = disk.lock().open(process, name, opening)?;
        Ok(Self::Kept {
            disk,
            id,
            regions: Vec::new(),
        })
    }

    pub(crate) fn read(&mut self, offset: usize, buffer: &mut [u8]) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => {
                registry::used(disk);
                disk.lock().read(*id, offset, buffer)
            }
            Self::Temporary(file) => {
                let count = file.read(offset, buffer);
                buffer[count..].fill(0);
                if count == buffer.len() {
                    Ok(())
                } else {
                    Err(Refusal::ShortRead)
                }
            }
        }
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().write(*id, offset, bytes),
            Self::Temporary(file) => {
                file.write(offset, bytes);
                file.forget_changes();
                Ok(())
            }
        }
    }

    pub(crate) fn truncate(&mut self, size: usize) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().truncate(*id, size),
            Self::Temporary(file) => {
                file.truncate(size);
                file.forget_changes();
                Ok(())
            }
        }
    }

    pub(crate) fn sync(&mut self) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().sync(*id),
            Self::Temporary(_) => Ok(()),
        }
    }

    pub(crate) fn size(&mut self) -> Result<usize, Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().size(*id),
            Self::Temporary(file) => Ok(file.size()),
        }
    }

    pub(crate) fn lock(&mut self, level: Level) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => {
                registry::used(disk);
                disk.lock().lock(*id, level)
            }
            Self::Temporary(_) => Ok(()),
        }
    }

    pub(crate) fn unlock(&mut self, level: Level) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().unlock(*id, level),
            Self::Temporary(_) => Ok(()),
        }
    }

    pub(crate) fn is_reserved(&mut self) -> Result<bool, Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().is_reserved(*id),
            Self::Temporary(_) => Ok(false),
        }
    }

    pub(crate) fn map(
        &mut self,
        index: usize,
        bytes: usize,
        extend: bool,
    ) -> Result<Option<&Region>, Refusal> {
        let Self::Kept { disk, id, regions } = self else {
            return Err(Refusal::NoRoomToShare);
        };
        let Some(region) = disk.lock().map(*id, index, bytes, extend)? else {
            return Ok(None);
        };
        regions.push(region);
        Ok(regions.last())
    }

    pub(crate) fn lock_shared(&mut self, slots: Range<usize>, access: Access) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => {
                registry::used(disk);
                disk.lock().lock_shared(*id, slots, access)
            }
            Self::Temporary(_) => Err(Refusal::NoRoomToShare),
        }
    }

    pub(crate) fn unlock_shared(&mut self, slots: Range<usize>) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, .. } => disk.lock().unlock_shared(*id, slots),
            Self::Temporary(_) => Err(Refusal::NoRoomToShare),
        }
    }

    pub(crate) fn unmap(&mut self) -> Result<(), Refusal> {
        match self {
            Self::Kept { disk, id, regions } => {
                regions.clear();
                disk.lock().unmap(*id)
            }
            Self::Temporary(_) => Ok(()),
        }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        if let Self::Kept { disk, id, .. } = self {
            disk.lock().close(*id);
        }
    }
}

/// Deletes the file that a path names.
pub(crate) fn delete(path: &str, certainly: bool) -> Result<(), Refusal> {
    let (disk, process, name) = registry::find(path).ok_or(Refusal::NoSuchFile)?;
    disk.lock().delete(process, name, certainly)
}

/// The size of the file that a path names, where it is there.
pub(crate) fn access(path: &str) -> Result<Option<usize>, Refusal> {
    let Some((disk, process, name)) = registry::find(path) else {
        return Ok(None);
    };
    disk.lock().access(process, name)
}
