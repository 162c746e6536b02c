//! Files on their way into the queue: copied to where they can wait, and checked before anything is queued.
//!
//! Owns the check and its words. Never keeps a file itself: what no write takes, the engine sweeps.

use outrigger_engine::StagedFile;
use outrigger_social::limits;
use std::path::{Path, PathBuf};

use crate::context::Service;
use crate::error::Error;

/// Copies files, in order. Where one cannot be taken none is.
pub(crate) async fn stage_all(service: &Service, paths: &[PathBuf]) -> Result<Vec<StagedFile>, Error> {
    let mut staged = Vec::with_capacity(paths.len());
    for path in paths {
        staged.push(stage(service, path).await?);
    }
    Ok(staged)
}

/// Copies one file.
pub(crate) async fn stage(service: &Service, path: &Path) -> Result<StagedFile, Error> {
    let staged = service.stage(path).await?;
    limits::file(&staged.media_type, staged.size).map_err(|refused| Error::Attachment {
        path: path.to_owned(),
        refused,
    })?;
    Ok(staged)
}
