//! Bytes in memory, for tests and simulations.
//!
//! Owns two maps. Never touches a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::{BlobError, Blobs};
use crate::ids::UploadId;

/// Bytes that end with this value.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    parts: BTreeMap<UploadId, Vec<u8>>,
    blobs: BTreeMap<UploadId, Bytes>,
}

impl MemoryBlobs {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs for MemoryBlobs {
    fn write_part(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Result<(), BlobError> {
        let mut held = self.held();
        let part = held.parts.entry(id.clone()).or_default();
        part.resize(index(offset), 0);
        part.extend_from_slice(bytes);
        Ok(())
    }

    fn sync_part(&self, _: &UploadId) -> Result<(), BlobError> {
        Ok(())
    }

    fn read_part(&self, id: &UploadId, length: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), BlobError> {
        let held = self.held();
        let part = held.parts.get(id).map(Vec::as_slice).unwrap_or_default();
        each(
            part.get(..index(length))
                .ok_or_else(|| short("reading a part", id))?,
        );
        Ok(())
    }

    fn publish(&self, id: &UploadId, length: u64) -> Result<(), BlobError> {
        let mut held = self.held();
        let part = held.parts.get(id).map(Vec::as_slice).unwrap_or_default();
        let whole = part.get(..index(length)).ok_or_else(|| short("publishing", id))?;
        let whole = Bytes::copy_from_slice(whole);
        held.blobs.insert(id.clone(), whole);
        Ok(())
    }

    fn parts(&self) -> Result<Vec<UploadId>, BlobError> {
        Ok(self.held().parts.keys().cloned().collect())
    }

    fn remove_part(&self, id: &UploadId) -> Result<(), BlobError> {
        self.held().parts.remove(id);
        Ok(())
    }

    fn remove(&self, id: &UploadId) -> Result<(), BlobError> {
        let mut held = self.held();
        held.parts.remove(id);
        held.blobs.remove(id);
        Ok(())
    }

    fn read(&self, id: &UploadId, offset: u64, length: u64) -> Result<Bytes, BlobError> {
        let held = self.held();
        let blob = held.blobs.get(id).ok_or_else(|| short("reading", id))?;
        let start = index(offset).min(blob.len());
        let end = start.saturating_add(index(length)).min(blob.len());
        Ok(blob.slice(start..end))
    }
}

fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn short(action: &'static str, id: &UploadId) -> BlobError {
    BlobError {
        action,
        id: id.clone(),
        is_full: false,
        message: "there are not so many bytes".to_owned(),
    }
}
