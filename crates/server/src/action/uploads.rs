//! Uploads, but for their bytes: beginning, removing and showing them.

use outrigger_social::limits;

use super::{Mutator, Outcome, Reader};
use crate::exchange::{Body, Response};
use crate::headers::UploadHeaders;
use crate::ids::UploadId;
use crate::problem::{Problem, ProblemKind};
use crate::store::uploads::{MediaRow, NewUploadRow, UploadState};
use crate::store::{ObjectKind, Snapshot, Transaction};

pub(super) fn describe() -> Response {
    Response::empty(204)
        .header("tus-resumable", "1.0.0")
        .header("tus-version", "1.0.0")
        .header("tus-extension", "creation,termination")
        .header("tus-max-size", limits::FILE_BYTES_MAX.to_string())
}

pub(super) fn create(tx: &mut dyn Transaction, mutator: &mut Mutator<'_>, upload: &UploadHeaders) -> Outcome {
    if upload.length > limits::FILE_BYTES_MAX {
        let detail = format!("a file has at most {} bytes", limits::FILE_BYTES_MAX);
        return Err(Problem::new(ProblemKind::TooLarge, detail).into());
    }
    if upload.length == 0 {
        return Err(Problem::invalid("Upload-Length", "a file has at least one byte").into());
    }
    if !limits::MEDIA_TYPES.contains(&upload.media_type.as_str()) {
        let detail = format!("a file is one of {}", limits::MEDIA_TYPES.join(", "));
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail).into());
    }
    let account = &mutator.viewer.id;
    let at = mutator.now.wall;
    // The same bytes are not sent twice; to be named once more, they live on from now.
    if let Some(known) = tx.finished_upload(account, &upload.digest, upload.length)? {
        tx.touch_upload(&known.media.id, at)?;
        mutator.note_created(tx, ObjectKind::Upload, known.media.id.as_str())?;
        return Ok(located(&known.media.id, known.offset));
    }
    let media = MediaRow {
        id: UploadId::new(at, mutator.random),
        media_type: upload.media_type.clone(),
        size: upload.length,
        digest: upload.digest.clone(),
    };
    tx.insert_upload(&NewUploadRow {
        media: &media,
        account,
        key: mutator.key(),
        at,
    })?;
    mutator.note_created(tx, ObjectKind::Upload, media.id.as_str())?;
    Ok(located(&media.id, 0))
}

pub(super) fn delete(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &UploadId) -> Outcome {
    let own = tx
        .upload(id)?
        .filter(|upload| upload.account == mutator.viewer.id);
    let upload = own.ok_or_else(Problem::not_found)?;
    if upload.state == UploadState::Gone {
        return Err(Problem::new(ProblemKind::UploadGone, "it is gone already").into());
    }
    if !tx.discard_upload(id, mutator.now.wall)? {
        let detail = "a post or a message shows it: delete that";
        return Err(Problem::new(ProblemKind::Forbidden, detail).into());
    }
    Ok(Response::empty(204).header("tus-resumable", "1.0.0"))
}

pub(super) fn media(snapshot: &dyn Snapshot, reader: &Reader<'_>, id: &UploadId) -> Outcome {
    let media = snapshot
        .media(id, &reader.viewer.id)?
        .ok_or_else(Problem::not_found)?;
    let response = Response::empty(200)
        .header("content-type", media.media_type)
        .header("content-length", media.size.to_string())
        .header("x-content-type-options", "nosniff")
        // Shown by itself it is a document of its own, which may do nothing; other sites may not show it at all.
        .header("content-security-policy", "default-src 'none'; sandbox")
        .header("cross-origin-resource-policy", "same-origin")
        .header("cache-control", "private");
    Ok(Response {
        body: Body::Blob {
            id: media.id,
            size: media.size,
        },
        ..response
    })
}

fn located(id: &UploadId, offset: u64) -> Response {
    Response::empty(201)
        .header("location", format!("/v1/uploads/{id}"))
        .header("upload-offset", offset.to_string())
        .header("tus-resumable", "1.0.0")
}
