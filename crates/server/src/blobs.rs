//! The port to the bytes of uploads: a part that grows, and a blob that is published when it is whole.
//!
//! Owns the order that makes a crash harmless: bytes are durable before the database says so, and a blob is whole
//! before anybody can name it. Never knows who owns what.

mod memory;
mod object;

pub use memory::MemoryBlobs;
pub use object::ObjectBlobs;

use bytes::Bytes;

use crate::ids::UploadId;

/// Why bytes could not be kept or found.
#[derive(Debug, thiserror::Error)]
#[error("{action} of {id} failed: {message}")]
pub struct BlobError {
    /// What was attempted.
    pub action: &'static str,
    /// On which upload.
    pub id: UploadId,
    /// Whether there was no room: worth another try.
    pub is_full: bool,
    /// What the file system or object store said.
    pub message: String,
}

/// Where the bytes of uploads lie. Every method may block.
pub trait Blobs: Send + Sync + 'static {
    /// Writes bytes of a part at an offset, over whatever was there. Not yet durable.
    fn write_part(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Result<(), BlobError>;

    /// Makes what was written of a part durable.
    fn sync_part(&self, id: &UploadId) -> Result<(), BlobError>;

    /// Hands the first `length` bytes of a part to `each`, piece by piece.
    fn read_part(&self, id: &UploadId, length: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), BlobError>;

    /// Makes a blob of the first `length` bytes of a part, durably and at once. The part stays. Harmless when repeated.
    fn publish(&self, id: &UploadId, length: u64) -> Result<(), BlobError>;

    /// Every upload that has a part.
    fn parts(&self) -> Result<Vec<UploadId>, BlobError>;

    /// Removes a part, when its blob is recorded. Harmless when there is none.
    fn remove_part(&self, id: &UploadId) -> Result<(), BlobError>;

    /// Removes part and blob. Harmless when there is neither.
    fn remove(&self, id: &UploadId) -> Result<(), BlobError>;

    /// Bytes of a blob from `offset` on, at most `length` of them; empty at its end.
    fn read(&self, id: &UploadId, offset: u64, length: u64) -> Result<Bytes, BlobError>;
}
