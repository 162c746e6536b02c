//! What processes do with files.
//!
//! Owns each operation, once [`Machine::begin`] has let it pass: what it does, and what is left of it where it fails. Gives what SQLite's own VFS gives
//! for the same.

use std::ops::Range;

use super::{Handle, HandleId, Machine, ProcessId, Stored};
use crate::failure::{Operation, What};
use crate::lock::Level;
use crate::names::FileId;
use crate::refusal::Refusal;
use crate::shm::{Access, Region, Shm};

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) delete_on_close: bool,
    /// Whether it is a journal or a log: then SQLite's own VFS syncs the folder with its first sync.
    pub(crate) is_journal: bool,
}

impl Machine {
    pub(crate) fn open(
        &mut self,
        process: ProcessId,
        name: &str,
        opening: Opening,
    ) -> Result<HandleId, Refusal> {
        let found = self.names.find(name);
        let creates = found.is_none() && opening.create;
        if self.begin(process, Operation::Open, creates, name)?.is_some() {
            return Err(Refusal::CannotOpen);
        }
        let file = match found {
            Some(_) if opening.create && opening.exclusive => return Err(Refusal::CannotOpen),
            Some(file) => file,
            None if opening.create => {
                let file = FileId(self.next_id());
                self.files.insert(file, Stored::default());
                self.names.set(name, Some(file));
                file
            }
            None => return Err(Refusal::CannotOpen),
        };
        let id = HandleId(self.next_id());
        self.handles.insert(
            id,
            Handle {
                process,
                file,
                name: name.to_owned(),
                delete_on_close: opening.delete_on_close,
                syncs_folder: opening.is_journal && opening.create,
            },
        );
        Ok(id)
    }

    pub(crate) fn close(&mut self, id: HandleId) {
        let Some(handle) = self.handles.get(&id) else {
            return;
        };
        if handle.delete_on_close && self.names.find(&handle.name) == Some(handle.file) {
            let name = handle.name.clone();
            self.names.set(&name, None);
        }
        self.let_go(id);
    }

    /// Begins an operation on an open file.
    fn with(&mut self, id: HandleId, operation: Operation) -> Result<(FileId, Option<What>), Refusal> {
        let handle = self.handles.get(&id).ok_or(Refusal::Io(operation))?;
        let (process, file, name) = (handle.process, handle.file, handle.name.clone());
        let is_change = matches!(
            operation,
            Operation::Write | Operation::Truncate | Operation::Sync | Operation::Delete
        );
        Ok((file, self.begin(process, operation, is_change, &name)?))
    }

    /// The same, where failing is all that can go wrong.
    fn sound(&mut self, id: HandleId, operation: Operation) -> Result<&mut Stored, Refusal> {
        let (file, wrong) = self.with(id, operation)?;
        if wrong.is_some() {
            return Err(Refusal::Io(operation));
        }
        self.stored(file, operation)
    }

    fn stored(&mut self, file: FileId, operation: Operation) -> Result<&mut Stored, Refusal> {
        self.files.get_mut(&file).ok_or(Refusal::Io(operation))
    }

    /// Fills the buffer; with zeros where the file ends before.
    pub(crate) fn read(&mut self, id: HandleId, offset: usize, buffer: &mut [u8]) -> Result<(), Refusal> {
        let stored = self.sound(id, Operation::Read)?;
        let count = stored.file.read(offset, buffer);
        if count == buffer.len() {
            return Ok(());
        }
        buffer[count..].fill(0);
        Err(Refusal::ShortRead)
    }

    pub(crate) fn write(&mut self, id: HandleId, offset: usize, bytes: &[u8]) -> Result<(), Refusal> {
        let (file, wrong) = self.with(id, Operation::Write)?;
        let room = self.limit.map(|limit| limit.saturating_sub(self.used()));
        let file = &mut self.stored(file, Operation::Write)?.file;
        let half = &bytes[..bytes.len() / 2];
        match wrong {
            Some(What::Full) => {
                file.write(offset, half);
                return Err(Refusal::Full);
            }
            Some(What::ShortWrite) => {
                file.write(offset, half);
                return Err(Refusal::Io(Operation::Write));
            }
            Some(What::Error | What::SyncFails) => return Err(Refusal::Io(Operation::Write)),
            None => {}
        }
        let end = offset + bytes.len();
        let growth = end.saturating_sub(file.size()) as u64;
        match room {
            Some(room) if growth > room => {
                let until = file.size() + room as usize;
                file.write(offset, &bytes[..until.saturating_sub(offset).min(bytes.len())]);
                Err(Refusal::Full)
            }
            _ => {
                file.write(offset, bytes);
                Ok(())
            }
        }
    }

    pub(crate) fn truncate(&mut self, id: HandleId, size: usize) -> Result<(), Refusal> {
        self.sound(id, Operation::Truncate)?.file.truncate(size);
        Ok(())
    }

    pub(crate) fn sync(&mut self, id: HandleId) -> Result<(), Refusal> {
        let (file, wrong) = self.with(id, Operation::Sync)?;
        let Some(stored) = self.files.get_mut(&file) else {
            return Err(Refusal::Io(Operation::Sync));
        };
        if wrong.is_some() {
            stored.file.fail_sync(&mut self.rng);
            return Err(Refusal::Io(Operation::Sync));
        }
        stored.file.sync();
        self.names.sync_file(file);
        if let Some(handle) = self.handles.get_mut(&id)
            && std::mem::take(&mut handle.syncs_folder)
        {
            self.names.sync();
            self.forget_unnamed();
        }
        Ok(())
    }

    /// Writes a file anew, as it is read, and syncs it with its name; nothing where there is none.
    pub(crate) fn rewrite(&mut self, process: ProcessId, name: &str) -> Result<(), Refusal> {
        if self.names.find(name).is_none() {
            return Ok(());
        }
        let opening = Opening {
            create: true,
            exclusive: false,
            delete_on_close: false,
            is_journal: true,
        };
        let id = self.open(process, name, opening)?;
        let rewritten = self.rewrite_open(id);
        self.close(id);
        rewritten
    }

    fn rewrite_open(&mut self, id: HandleId) -> Result<(), Refusal> {
        let mut bytes = vec![0; self.size(id)?];
        self.read(id, 0, &mut bytes)?;
        self.write(id, 0, &bytes)?;
        self.sync(id)
    }

    pub(crate) fn size(&mut self, id: HandleId) -> Result<usize, Refusal> {
        Ok(self.sound(id, Operation::Size)?.file.size())
    }

    /// Deletes a file; with `certainly`, the folder is synced then.
    pub(crate) fn delete(&mut self, process: ProcessId, name: &str, certainly: bool) -> Result<(), Refusal> {
        if self.begin(process, Operation::Delete, true, name)?.is_some() {
            return Err(Refusal::Io(Operation::Delete));
        }
        if self.names.find(name).is_none() {
            return Err(Refusal::NoSuchFile);
        }
        self.names.set(name, None);
        if certainly {
            self.names.sync();
        }
        self.forget_unnamed();
        Ok(())
    }

    /// The size of a file that is there.
    pub(crate) fn access(&mut self, process: ProcessId, name: &str) -> Result<Option<usize>, Refusal> {
        if self.begin(process, Operation::Access, false, name)?.is_some() {
            return Err(Refusal::Io(Operation::Access));
        }
        Ok(self.file(name).map(crate::file::File::size))
    }

    pub(crate) fn lock(&mut self, id: HandleId, level: Level) -> Result<(), Refusal> {
        self.sound(id, Operation::Lock)?.locks.rise(id, level)
    }

    pub(crate) fn unlock(&mut self, id: HandleId, level: Level) -> Result<(), Refusal> {
        self.held(id)?.locks.fall(id, level);
        Ok(())
    }

    pub(crate) fn is_reserved(&mut self, id: HandleId) -> Result<bool, Refusal> {
        Ok(self.sound(id, Operation::Lock)?.locks.is_reserved())
    }

    /// Maps a region of the shared memory; `None` where it is not there and is not to be made.
    pub(crate) fn map(
        &mut self,
        id: HandleId,
        index: usize,
        bytes: usize,
        extend: bool,
    ) -> Result<Option<Region>, Refusal> {
        let (file, wrong) = self.with(id, Operation::Map)?;
        match wrong {
            None => {}
            Some(What::Full) => return Err(Refusal::NoRoomToShare),
            Some(_) => return Err(Refusal::Io(Operation::Map)),
        }
        let stored = self.stored(file, Operation::Map)?;
        let shm = stored.shm.get_or_insert_with(Shm::default);
        Ok(shm.map(id, index, bytes, extend))
    }

    pub(crate) fn lock_shared(
        &mut self,
        id: HandleId,
        slots: Range<usize>,
        access: Access,
    ) -> Result<(), Refusal> {
        let stored = self.sound(id, Operation::Lock)?;
        let shm = stored.shm.as_mut().ok_or(Refusal::Io(Operation::Lock))?;
        shm.lock(id, slots, access)
    }

    pub(crate) fn unlock_shared(&mut self, id: HandleId, slots: Range<usize>) -> Result<(), Refusal> {
        let shm = self.held(id)?.shm.as_mut().ok_or(Refusal::Io(Operation::Lock))?;
        shm.unlock(id, slots);
        Ok(())
    }

    pub(crate) fn unmap(&mut self, id: HandleId) -> Result<(), Refusal> {
        let stored = self.held(id)?;
        if stored.shm.as_mut().is_some_and(|shm| shm.leave(id)) {
            stored.shm = None;
        }
        Ok(())
    }

    /// What somebody alive has open.
    fn held(&mut self, id: HandleId) -> Result<&mut Stored, Refusal> {
        let handle = self.handles.get(&id).ok_or(Refusal::Io(Operation::Lock))?;
        let file = handle.file;
        self.stored(file, Operation::Lock)
    }
}
