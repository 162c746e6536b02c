//! Files on their way into the queue: copied to where they can wait, and checked before anything is queued.
//!
//! Owns the check and its words. Never keeps a file itself: what no write will take is given up at once, for the room that it takes.

use outrigger_engine::StagedFile;
use outrigger_social::limits;
use std::path::{Path, PathBuf};

use crate::context::Service;
use crate::error::Error;

/// Copies files, in order. Where one cannot be taken none is.
pub(crate) async fn stage_all(service: &Service, paths: &[PathBuf]) -> Result<Vec<StagedFile>, Error> {
    let mut staged = Vec::with_capacity(paths.len());
    for path in paths {
        match stage(service, path).await {
            Ok(file) => staged.push(file),
            Err(error) => {
                service.unstage(staged).await?;
                return Err(error);
            }
        }
    }
    Ok(staged)
}

/// Copies one file.
pub(crate) async fn stage(service: &Service, path: &Path) -> Result<StagedFile, Error> {
    let staged = service.stage(path).await?;
    let Err(refused) = limits::file(&staged.media_type, staged.size) else {
        return Ok(staged);
    };
    service.unstage(vec![staged]).await?;
    Err(Error::Attachment {
        path: path.to_owned(),
        refused,
    })
}
