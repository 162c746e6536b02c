//! The bytes of uploads (tus 1.0 core): where an upload stands, and how bytes are added to it.
//!
//! Owns the order of durability: bytes first, then the offset that tells of them; the whole blob first, then that it is
//! finished. So after a crash at any point the offset is true, and what is readable is whole.
//!
//! **Invariant:** a newer request about an upload ends an older one (a cut connection is often noticed late): what the
//! older one wrote is recorded first, and what it would still write is refused.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outrigger_planted::{self as planted, Bug};
use outrigger_social::limits;
use sha2::{Digest as _, Sha256};

use super::{Server, answer, internal, settle, unavailable};
use crate::action::Failure;
use crate::blobs::{BlobError, Blobs};
use crate::exchange::{Caller, Request, Response};
use crate::headers;
use crate::ids::{Now, UploadId, UserId, hex};
use crate::operation::{Operation, Resolved};
use crate::problem::{Problem, ProblemKind};
use crate::session;
use crate::store::uploads::{MediaRow, UploadRow, UploadState};
use crate::store::{Store, StoreError};

/// How many bytes may be lost by a crash of the server, and sent again.
const CHECKPOINT: u64 = 4 * 1024 * 1024;

/// Uploads to which bytes are being added.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    slots: Mutex<BTreeMap<UploadId, Arc<Mutex<Slot>>>>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Of the newest request about it; older ones may not write any more.
    generation: u64,
    /// What the newest request has written and not yet recorded: from, to.
    unrecorded: Option<(u64, u64)>,
}

/// One `PATCH` under way.
#[derive(Debug)]
pub(crate) struct Append {
    media: MediaRow,
    generation: u64,
    slot: Arc<Mutex<Slot>>,
    /// Where the next byte goes.
    end: u64,
}

impl<S: Store, B: Blobs> Server<S, B> {
    /// Answers a request about an upload whose whole body is at hand.
    pub(super) fn transfer(
        &self,
        now: Now,
        caller: &Caller,
        request: &Request,
        resolved: &Resolved,
    ) -> Response {
        let Some(Operation::ReadUpload(id)) = &resolved.operation else {
            return match self.begin_append(now, caller, request, Some(request.body.len() as u64)) {
                Err(response) => response,
                Ok(mut append) => {
                    let written = self.write_append(now, &mut append, &request.body);
                    self.end_append(now, append, written)
                }
            };
        };
        answer(settle(self.stand(now, caller, request, id)))
    }

    /// Where an upload stands.
    fn stand(
        &self,
        now: Now,
        caller: &Caller,
        request: &Request,
        id: &UploadId,
    ) -> Result<Response, Failure> {
        let account = self.uploader(now, caller, request)?;
        self.own_upload(&account, id)?;
        if let Some(slot) = self.transfers.find(id) {
            self.end_older(now, id, &slot)?;
        }
        let upload = self.own_upload(&account, id)?;
        Ok(Response::empty(200)
            .header("upload-offset", upload.offset.to_string())
            .header("upload-length", upload.media.size.to_string())
            .header("cache-control", "no-store"))
    }

    /// Begins a `PATCH` and ends any older one of that upload; or refuses it. `length`: of the body, where it is declared.
    pub(crate) fn begin_append(
        &self,
        now: Now,
        caller: &Caller,
        request: &Request,
        length: Option<u64>,
    ) -> Result<Append, Response> {
        self.try_begin(now, caller, request, length)
            .map_err(|failure| answer(settle(Err(failure))))
    }

    fn try_begin(
        &self,
        now: Now,
        caller: &Caller,
        request: &Request,
        length: Option<u64>,
    ) -> Result<Append, Failure> {
        let account = self.uploader(now, caller, request)?;
        let id = UploadId::named(request.path().rsplit('/').next().unwrap_or_default());
        self.own_upload(&account, &id)?;
        if request.header_value("content-type") != Some("application/offset+octet-stream") {
            let detail = "Content-Type is application/offset+octet-stream";
            return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail).into());
        }
        let offset = headers::upload_offset(request)?;
        let slot = self.transfers.slot(&id);
        let begun = self.begin_at(now, (&account, &id), &slot, (offset, length));
        if begun.is_err() {
            self.transfers.leave(&id, &slot);
        }
        begun
    }

    fn begin_at(
        &self,
        now: Now,
        (account, id): (&UserId, &UploadId),
        slot: &Arc<Mutex<Slot>>,
        (offset, length): (u64, Option<u64>),
    ) -> Result<Append, Failure> {
        let generation = self.end_older(now, id, slot)?;
        let media = match self.own_upload(account, id)? {
            upload if upload.offset != offset && !planted::is(Bug::UploadOffsetNotCompared) => {
                return Err(offset_mismatch(upload.offset).into());
            }
            upload => upload.media,
        };
        if length.is_some_and(|length| length > media.size - offset) {
            return Err(beyond_its_length().into());
        }
        Ok(Append {
            media,
            generation,
            slot: slot.clone(),
            end: offset,
        })
    }

    /// Ends an older request about the upload, and records what it wrote; the generation of the newer one.
    fn end_older(&self, now: Now, id: &UploadId, slot: &Mutex<Slot>) -> Result<u64, Failure> {
        let mut slot = locked(slot);
        slot.generation += 1;
        match self.record(now, id, &mut slot) {
            // That the older one had the wrong bytes shows in what has become of the upload.
            Err(Failure::Store(error)) => Err(error.into()),
            Err(Failure::Problem(_)) | Ok(()) => Ok(slot.generation),
        }
    }

    /// Writes the next bytes of a `PATCH`.
    pub(crate) fn write_append(&self, now: Now, append: &mut Append, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.is_empty() {
            return Ok(());
        }
        let slot = append.slot.clone();
        let mut slot = locked(&slot);
        if slot.generation != append.generation {
            return Err(superseded());
        }
        let end = append.end + bytes.len() as u64;
        if end > append.media.size {
            return Err(beyond_its_length());
        }
        self.blobs
            .write_part(&append.media.id, append.end, bytes)
            .map_err(|error| blob_failed(&error))?;
        let from = slot.unrecorded.map_or(append.end, |(from, _)| from);
        slot.unrecorded = Some((from, end));
        append.end = end;
        self.counters
            .upload_bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if end - from >= CHECKPOINT && end < append.media.size {
            self.record(now, &append.media.id, &mut slot)
                .map_err(|failure| match failure {
                    Failure::Problem(problem) => problem,
                    Failure::Store(error) => super::store_failed(&error),
                })?;
        }
        Ok(())
    }

    /// Ends a `PATCH`, whole or cut: what arrived is kept. `written`: whether everything that came could be written.
    pub(crate) fn end_append(&self, now: Now, append: Append, written: Result<(), Problem>) -> Response {
        let ended = (|| {
            let mut slot = locked(&append.slot);
            if slot.generation != append.generation {
                return Err(superseded().into());
            }
            self.record(now, &append.media.id, &mut slot)?;
            written?;
            let offset = append.end.to_string();
            Ok(Response::empty(204).header("upload-offset", offset))
        })();
        self.transfers.leave(&append.media.id, &append.slot);
        answer(settle(ended))
    }

    /// Makes what was written durable, then says so in the database; where it is the last byte, checks and publishes the
    /// whole before.
    fn record(&self, now: Now, id: &UploadId, slot: &mut Slot) -> Result<(), Failure> {
        let Some((from, to)) = slot.unrecorded.take() else {
            return Ok(());
        };
        if !planted::is(Bug::OffsetBeforeTheBytes) {
            self.blobs.sync_part(id).map_err(|error| blob_failed(&error))?;
        }
        let Some(upload) = self.store.read(|snapshot| snapshot.upload(id))? else {
            return Ok(());
        };
        if to < upload.media.size {
            let advanced = self.store.write(|tx| tx.advance_upload(id, from, to, now.wall))?;
            return if advanced {
                Ok(())
            } else {
                Err(superseded().into())
            };
        }
        if let Err(problem) = self.check(&upload.media)? {
            self.store.write(|tx| tx.discard_upload(id, now.wall))?;
            self.blobs.remove(id).map_err(|error| blob_failed(&error))?;
            return Err(problem.into());
        }
        self.blobs
            .publish(id, upload.media.size)
            .map_err(|error| blob_failed(&error))?;
        if !self.store.write(|tx| tx.finish_upload(id, from, now.wall))? {
            return Err(superseded().into());
        }
        if let Err(error) = self.blobs.remove_part(id) {
            // It is finished all the same; the part goes when the upload does.
            tracing::warn!(%error, "a part stays behind");
        }
        Ok(())
    }

    /// Whether the bytes are those that were announced, and of the type that was.
    fn check(&self, media: &MediaRow) -> Result<Result<(), Problem>, Failure> {
        let mut hash = Sha256::new();
        let mut first = Vec::new();
        self.blobs
            .read_part(&media.id, media.size, &mut |piece| {
                hash.update(piece);
                first
                    .extend_from_slice(&piece[..piece.len().min(FIRST_BYTES - first.len().min(FIRST_BYTES))]);
            })
            .map_err(|error| blob_failed(&error))?;
        if hex(&hash.finalize()) != media.digest.as_str() && !planted::is(Bug::UploadDigestNotCompared) {
            let detail = "the bytes have another digest than announced: the upload is gone";
            return Ok(Err(Problem::new(ProblemKind::ChecksumMismatch, detail)));
        }
        if !begins_like(&first, &media.media_type) {
            let detail = format!("the bytes are not {}: the upload is gone", media.media_type);
            return Ok(Err(Problem::new(ProblemKind::UnsupportedMediaType, detail)));
        }
        Ok(Ok(()))
    }

    /// Who uploads.
    fn uploader(&self, now: Now, caller: &Caller, request: &Request) -> Result<UserId, Failure> {
        let caller = self
            .store
            .read(|snapshot| session::authenticate(snapshot, caller.token.as_ref(), now))??;
        self.accounts.take(caller.user.id.as_str(), 1, now.monotonic)?;
        if caller.is_first() {
            self.store.write(|tx| caller.note_shown(tx))?;
        }
        headers::tus_version(request)?;
        Ok(caller.user.id)
    }

    /// An upload of the caller's that is not gone.
    fn own_upload(&self, account: &UserId, id: &UploadId) -> Result<UploadRow, Failure> {
        let upload = self.store.read(|snapshot| snapshot.upload(id))?;
        let upload = upload
            .filter(|upload| upload.account == *account || planted::is(Bug::UploadOfAnotherTaken))
            .ok_or_else(Problem::not_found)?;
        match upload.state {
            UploadState::Gone => {
                let detail = "it expired, was removed or had other bytes than announced: begin another";
                Err(Problem::new(ProblemKind::UploadGone, detail).into())
            }
            UploadState::Open | UploadState::Finished => Ok(upload),
        }
    }
}

impl Transfers {
    fn slots(&self) -> MutexGuard<'_, BTreeMap<UploadId, Arc<Mutex<Slot>>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, id: &UploadId) -> Arc<Mutex<Slot>> {
        self.slots().entry(id.clone()).or_default().clone()
    }

    fn find(&self, id: &UploadId) -> Option<Arc<Mutex<Slot>>> {
        self.slots().get(id).cloned()
    }

    /// Forgets an upload when nobody else is about it: the map holds one, the ending request another.
    fn leave(&self, id: &UploadId, slot: &Arc<Mutex<Slot>>) {
        let mut slots = self.slots();
        if Arc::strong_count(slot) <= 2 {
            slots.remove(id);
        }
    }
}

fn locked(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much of a file tells what it is.
const FIRST_BYTES: usize = 12;

/// Whether a file begins as those of its type do.
fn begins_like(first: &[u8], media_type: &str) -> bool {
    debug_assert!(limits::MEDIA_TYPES.contains(&media_type));
    match media_type {
        "image/png" => first.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => first.starts_with(&[0xff, 0xd8, 0xff]),
        "image/gif" => first.starts_with(b"GIF87a") || first.starts_with(b"GIF89a"),
        "image/webp" => first.starts_with(b"RIFF") && first.get(8..12) == Some(b"WEBP"),
        "video/mp4" => first.get(4..8) == Some(b"ftyp"),
        _ => false,
    }
}

fn offset_mismatch(offset: u64) -> Problem {
    let detail = format!("the upload stands at {offset}: ask with HEAD and go on from there");
    Problem::new(ProblemKind::OffsetMismatch, detail).header("upload-offset", offset.to_string())
}

fn superseded() -> Problem {
    Problem::new(
        ProblemKind::OffsetMismatch,
        "a newer request about the upload took its place",
    )
}

fn beyond_its_length() -> Problem {
    Problem::new(
        ProblemKind::TooLarge,
        "more bytes than the upload was announced with",
    )
}

fn blob_failed(error: &BlobError) -> Problem {
    tracing::error!(%error, "the bytes of an upload");
    if error.is_full { unavailable() } else { internal() }
}

impl From<BlobError> for StoreError {
    fn from(error: BlobError) -> Self {
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        assert!(begins_like(b"\x89PNG\r\n\x1a\n....", "image/png"));
        assert!(begins_like(b"RIFF....WEBP", "image/webp"));
        assert!(begins_like(b"....ftypisom", "video/mp4"));
        for media_type in limits::MEDIA_TYPES {
            assert!(!begins_like(b"<html>......", media_type), "{media_type}");
            assert!(!begins_like(b"", media_type), "{media_type}");
        }
    }
}
