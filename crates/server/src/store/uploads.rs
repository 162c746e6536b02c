//! Uploads, as the core asks for them: what has come of each, and what names it.
//!
//! Owns rows and method names. Never holds the bytes: those are behind [`crate::blobs`].

use super::Result;
use crate::ids::{IdempotencyKey, Timestamp, UploadId, UserId};

/// SHA-256 of a file, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Reads sixty-four lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What has become of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Bytes are still to come.
    Open,
    /// Every byte is there and has the digest.
    Finished,
    /// Expired, removed or refused; its bytes go with the next sweep.
    Gone,
}

/// A finished upload, as named by what shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRow {
    /// Which.
    pub id: UploadId,
    /// Its media type.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Of its bytes.
    pub digest: Digest,
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// What it is, or will be.
    pub media: MediaRow,
    /// Whose.
    pub account: UserId,
    /// How many bytes are durable.
    pub offset: u64,
    /// What has become of it.
    pub state: UploadState,
    /// When it expires if nothing names it is counted from here: its last byte, or its last mention.
    pub touched_at: Timestamp,
}

/// An upload to be made.
#[derive(Debug)]
pub struct NewUploadRow<'a> {
    /// What it will be.
    pub media: &'a MediaRow,
    /// Whose.
    pub account: &'a UserId,
    /// The key that creates it.
    pub key: Option<&'a IdempotencyKey>,
    /// When.
    pub at: Timestamp,
}

/// What can be read.
pub trait UploadReads {
    /// An upload, whoever owns it.
    fn upload(&self, id: &UploadId) -> Result<Option<UploadRow>>;
    /// A finished upload of the account with those bytes, to be named again.
    fn finished_upload(&self, account: &UserId, digest: &Digest, size: u64) -> Result<Option<UploadRow>>;
    /// A finished upload, if `viewer` owns it or may read something that names it.
    fn media(&self, id: &UploadId, viewer: &UserId) -> Result<Option<MediaRow>>;
    /// Up to `limit` uploads that are gone and whose bytes may still be there.
    fn unswept_uploads(&self, limit: usize) -> Result<Vec<UploadId>>;
}

/// What can be changed.
pub trait UploadWrites: UploadReads {
    /// Makes an upload without bytes.
    fn insert_upload(&mut self, upload: &NewUploadRow<'_>) -> Result<()>;
    /// Counts an upload's age from now.
    fn touch_upload(&mut self, id: &UploadId, at: Timestamp) -> Result<()>;
    /// Records that the bytes up to `to` are durable, if it is open and stands at `from`; `false` otherwise.
    fn advance_upload(&mut self, id: &UploadId, from: u64, to: u64, at: Timestamp) -> Result<bool>;
    /// Records that every byte is durable and has the digest, if it is open and stands at `from`; `false` otherwise.
    fn finish_upload(&mut self, id: &UploadId, from: u64, at: Timestamp) -> Result<bool>;
    /// Records that it is gone, if nothing names it; `false` otherwise.
    fn discard_upload(&mut self, id: &UploadId, at: Timestamp) -> Result<bool>;
    /// Records up to `limit` uploads that nothing names, last touched before `before`, as gone.
    fn expire_uploads(&mut self, before: Timestamp, at: Timestamp, limit: usize) -> Result<usize>;
    /// Records that the bytes of a gone upload are removed.
    fn sweep_upload(&mut self, id: &UploadId) -> Result<()>;
}
