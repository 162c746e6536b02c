//! What time removes: uploads that nothing names, tokens that ended.
//!
//! Owns the order: the database says that an upload is gone, then its bytes go. A crash between is made good by the next
//! sweep.

use super::Server;
use crate::blobs::Blobs;
use crate::ids::Now;
use crate::store::uploads::UploadState;
use crate::store::{Result as StoreResult, Store};

/// How much one sweep does at most, so that it never holds up the writer for long.
const SWEEP_MAX: usize = 200;

impl<S: Store, B: Blobs> Server<S, B> {
    /// Removes what a crash left behind: parts of uploads that were finished or are gone. For the start of a server, before
    /// anything is uploaded.
    pub fn tidy(&self) -> StoreResult<()> {
        for id in self.blobs.parts()? {
            let upload = self.store.read(|snapshot| snapshot.upload(&id))?;
            if upload.is_none_or(|upload| upload.state != UploadState::Open) {
                self.blobs.remove_part(&id)?;
            }
        }
        Ok(())
    }

    /// Removes some of what has expired; whether there may be more.
    pub fn sweep(&self, now: Now) -> StoreResult<bool> {
        let before = now.wall.minus(self.settings.upload_ttl);
        let (expired, forgotten) = self.store.write(|tx| {
            Ok((
                tx.expire_uploads(before, now.wall, SWEEP_MAX)?,
                tx.forget_tokens(now.wall, SWEEP_MAX)?,
            ))
        })?;
        let gone = self.store.read(|snapshot| snapshot.unswept_uploads(SWEEP_MAX))?;
        for id in &gone {
            self.blobs.remove(id)?;
            self.store.write(|tx| tx.sweep_upload(id))?;
        }
        Ok([expired, forgotten, gone.len()].contains(&SWEEP_MAX))
    }
}
