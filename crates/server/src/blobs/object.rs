//! Bytes on disk: parts in a folder of their own, blobs in an object store.
//!
//! Owns two folders. An object store of another kind fits in place of the local one; parts stay local, since an upload
//! grows by appending and objects do not.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::runtime::Handle;

use super::{BlobError, Blobs};
use crate::error::Error;
use crate::files;
use crate::ids::UploadId;

/// How much of a part is in memory at once.
const PIECE: usize = 256 * 1024;

/// Bytes under a data directory.
#[derive(Debug)]
pub struct ObjectBlobs {
    parts: PathBuf,
    objects: Arc<dyn ObjectStore>,
    runtime: Handle,
}

impl ObjectBlobs {
    /// Opens `blobs` and `parts` in the directory and makes them if need be. The runtime drives the object store; the
    /// methods of the port block on it, so they are called from outside of its own worker threads.
    pub fn open(data_dir: &Path, runtime: Handle) -> Result<Self, Error> {
        let (blobs, parts) = (data_dir.join("blobs"), data_dir.join("parts"));
        files::make_private_folder(&blobs)?;
        files::make_private_folder(&parts)?;
        let objects = LocalFileSystem::new_with_prefix(&blobs)
            .map_err(|source| Error::files(&blobs, std::io::Error::other(source)))?
            .with_fsync(true);
        Ok(Self {
            parts,
            objects: Arc::new(objects),
            runtime,
        })
    }

    fn part(&self, id: &UploadId) -> PathBuf {
        self.parts.join(id.as_str())
    }

    fn location(id: &UploadId) -> object_store::path::Path {
        object_store::path::Path::from(id.as_str())
    }
}

impl Blobs for ObjectBlobs {
    fn write_part(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Result<(), BlobError> {
        let write = || -> std::io::Result<()> {
            let mut file = files::private(OpenOptions::new().write(true).create(true).truncate(false))
                .open(self.part(id))?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        };
        write().map_err(|source| failed("writing a part", id, &source))
    }

    fn sync_part(&self, id: &UploadId) -> Result<(), BlobError> {
        let sync = || -> std::io::Result<()> {
            OpenOptions::new().write(true).open(self.part(id))?.sync_all()?;
            files::sync_folder(&self.parts)
        };
        sync().map_err(|source| failed("making a part durable", id, &source))
    }

    fn read_part(&self, id: &UploadId, length: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), BlobError> {
        let mut read = || -> std::io::Result<()> {
            let mut file = File::open(self.part(id))?.take(length);
            let mut piece = vec![0; PIECE];
            let mut left = length;
            loop {
                let count = file.read(&mut piece)?;
                if count == 0 {
                    break;
                }
                each(&piece[..count]);
                left -= count as u64;
            }
            if left == 0 {
                Ok(())
            } else {
                Err(std::io::ErrorKind::UnexpectedEof.into())
            }
        };
        read().map_err(|source| failed("reading a part", id, &source))
    }

    fn publish(&self, id: &UploadId, length: u64) -> Result<(), BlobError> {
        let mut whole = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        self.read_part(id, length, &mut |piece| whole.extend_from_slice(piece))?;
        let location = Self::location(id);
        let put = self.objects.put(&location, PutPayload::from(whole));
        self.runtime
            .block_on(put)
            .map_err(|source| failed("publishing", id, &source))?;
        Ok(())
    }

    fn parts(&self) -> Result<Vec<UploadId>, BlobError> {
        let list = || -> std::io::Result<Vec<UploadId>> {
            std::fs::read_dir(&self.parts)?
                .map(|entry| Ok(UploadId::named(entry?.file_name().to_string_lossy())))
                .collect()
        };
        list().map_err(|source| failed("listing the parts", &UploadId::named("all uploads"), &source))
    }

    fn remove_part(&self, id: &UploadId) -> Result<(), BlobError> {
        match std::fs::remove_file(self.part(id)) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(failed("removing a part", id, &source))
            }
            _ => Ok(()),
        }
    }

    fn remove(&self, id: &UploadId) -> Result<(), BlobError> {
        self.remove_part(id)?;
        match self.runtime.block_on(self.objects.delete(&Self::location(id))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("removing", id, &source)),
        }
    }

    fn read(&self, id: &UploadId, offset: u64, length: u64) -> Result<Bytes, BlobError> {
        let range = offset..offset.saturating_add(length);
        self.runtime
            .block_on(self.objects.get_range(&Self::location(id), range))
            .map_err(|source| failed("reading", id, &source))
    }
}

fn failed(action: &'static str, id: &UploadId, source: &(dyn std::error::Error + 'static)) -> BlobError {
    // An object store wraps what the system said.
    let mut causes = std::iter::successors(Some(source), |error| error.source());
    let is_full = causes.any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
    });
    BlobError {
        action,
        id: id.clone(),
        is_full,
        message: source.to_string(),
    }
}
