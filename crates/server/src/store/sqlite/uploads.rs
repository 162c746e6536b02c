//! Uploads, and what names them, in SQLite.

use rusqlite::{Row, params};

use super::{SqliteTransaction, count, integer};
use crate::ids::{IdempotencyKey, Timestamp, UploadId, UserId};
use crate::store::Result;
use crate::store::uploads::{
    Digest, MediaRow, NewUploadRow, UploadReads, UploadRow, UploadState, UploadWrites,
};

macro_rules! select_upload {
    ($rest:literal) => {
        concat!(
            "SELECT id, media_type, size, digest, account, offset, state, touched_at FROM uploads ",
            $rest
        )
    };
}

pub(super) const UPLOAD: &str = select_upload!("WHERE id = ?1");
pub(super) const BY_DIGEST: &str =
    select_upload!("WHERE account = ?1 AND digest = ?2 AND size = ?3 AND state = 'finished' LIMIT 1");
/// Whoever holds it, a post is for everyone with an account, a message for the two of its conversation.
pub(super) const MEDIA: &str = "SELECT id, media_type, size, digest FROM uploads u
     WHERE u.id = ?1 AND u.state = 'finished' AND (
         u.account = ?2
         OR EXISTS (SELECT 1 FROM attachments t JOIN posts p ON p.id = t.holder WHERE t.upload = u.id)
         OR EXISTS (
             SELECT 1 FROM attachments t JOIN messages m ON m.id = t.holder
             JOIN conversations c ON c.id = m.conversation
             WHERE t.upload = u.id AND (c.one = ?2 OR c.other = ?2)))";
pub(super) const ATTACHED: &str = "SELECT u.id, u.media_type, u.size, u.digest
     FROM attachments t CROSS JOIN uploads u ON u.id = t.upload WHERE t.holder = ?1 ORDER BY t.place";
pub(super) const EXPIRE: &str = "UPDATE uploads SET state = 'gone', touched_at = ?2 WHERE id IN (
         SELECT id FROM uploads INDEXED BY uploads_by_age
         WHERE state <> 'gone' AND touched_at < ?1
         AND NOT EXISTS (SELECT 1 FROM attachments t WHERE t.upload = uploads.id)
         ORDER BY touched_at LIMIT ?3)";
pub(super) const UNSWEPT: &str = "SELECT id FROM uploads WHERE state = 'gone' AND swept = 0 LIMIT ?1";

impl UploadReads for SqliteTransaction<'_> {
    fn upload(&self, id: &UploadId) -> Result<Option<UploadRow>> {
        self.find(UPLOAD, [id.as_str()], upload)
    }

    fn finished_upload(&self, account: &UserId, digest: &Digest, size: u64) -> Result<Option<UploadRow>> {
        self.find(
            BY_DIGEST,
            params![account.as_str(), digest.as_str(), integer(size)],
            upload,
        )
    }

    fn media(&self, id: &UploadId, viewer: &UserId) -> Result<Option<MediaRow>> {
        self.find(MEDIA, [id.as_str(), viewer.as_str()], media)
    }

    fn unswept_uploads(&self, limit: usize) -> Result<Vec<UploadId>> {
        self.list(UNSWEPT, [limit as i64], |row| {
            Ok(UploadId::named(row.get::<_, String>(0)?))
        })
    }
}

impl UploadWrites for SqliteTransaction<'_> {
    fn insert_upload(&mut self, upload: &NewUploadRow<'_>) -> Result<()> {
        self.execute(
            "INSERT INTO uploads (id, account, media_type, size, digest, created_at, touched_at, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
            params![
                upload.media.id.as_str(),
                upload.account.as_str(),
                upload.media.media_type,
                integer(upload.media.size),
                upload.media.digest.as_str(),
                upload.at.millis(),
                upload.key.map(IdempotencyKey::as_str)
            ],
        )?;
        Ok(())
    }

    fn touch_upload(&mut self, id: &UploadId, at: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE uploads SET touched_at = max(touched_at, ?2) WHERE id = ?1",
            params![id.as_str(), at.millis()],
        )?;
        Ok(())
    }

    fn advance_upload(&mut self, id: &UploadId, from: u64, to: u64, at: Timestamp) -> Result<bool> {
        let advanced = self.execute(
            "UPDATE uploads SET offset = ?3, touched_at = ?4
             WHERE id = ?1 AND state = 'open' AND offset = ?2 AND ?3 < size",
            params![id.as_str(), integer(from), integer(to), at.millis()],
        )?;
        Ok(advanced == 1)
    }

    fn finish_upload(&mut self, id: &UploadId, from: u64, at: Timestamp) -> Result<bool> {
        let finished = self.execute(
            "UPDATE uploads SET offset = size, state = 'finished', touched_at = ?3
             WHERE id = ?1 AND state = 'open' AND offset = ?2",
            params![id.as_str(), integer(from), at.millis()],
        )?;
        Ok(finished == 1)
    }

    fn discard_upload(&mut self, id: &UploadId, at: Timestamp) -> Result<bool> {
        let discarded = self.execute(
            "UPDATE uploads SET state = 'gone', touched_at = ?2
             WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM attachments t WHERE t.upload = uploads.id)",
            params![id.as_str(), at.millis()],
        )?;
        Ok(discarded == 1)
    }

    fn expire_uploads(&mut self, before: Timestamp, at: Timestamp, limit: usize) -> Result<usize> {
        self.execute(EXPIRE, params![before.millis(), at.millis(), limit as i64])
    }

    fn sweep_upload(&mut self, id: &UploadId) -> Result<()> {
        self.execute(
            "UPDATE uploads SET swept = 1 WHERE id = ?1 AND state = 'gone'",
            [id.as_str()],
        )?;
        Ok(())
    }
}

impl SqliteTransaction<'_> {
    /// What a post or a message shows, in order.
    pub(super) fn attached(&self, holder: &str) -> Result<Vec<MediaRow>> {
        self.list(ATTACHED, [holder], media)
    }

    pub(super) fn attach(&self, holder: &str, media: &[MediaRow]) -> Result<()> {
        for (place, media) in media.iter().enumerate() {
            self.execute(
                "INSERT INTO attachments (holder, place, upload) VALUES (?1, ?2, ?3)",
                params![holder, place as i64, media.id.as_str()],
            )?;
        }
        Ok(())
    }

    pub(super) fn detach(&self, holder: &str) -> Result<()> {
        self.execute("DELETE FROM attachments WHERE holder = ?1", [holder])?;
        Ok(())
    }
}

fn media(row: &Row<'_>) -> rusqlite::Result<MediaRow> {
    let digest: String = row.get(3)?;
    Ok(MediaRow {
        id: UploadId::named(row.get::<_, String>(0)?),
        media_type: row.get(1)?,
        size: count(row.get(2)?),
        digest: Digest::parse(&digest).ok_or_else(|| unreadable(3, "digest"))?,
    })
}

fn upload(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    let state: String = row.get(6)?;
    Ok(UploadRow {
        media: media(row)?,
        account: UserId::named(row.get::<_, String>(4)?),
        offset: count(row.get(5)?),
        state: match state.as_str() {
            "open" => UploadState::Open,
            "finished" => UploadState::Finished,
            "gone" => UploadState::Gone,
            _ => return Err(unreadable(6, "state")),
        },
        touched_at: Timestamp::from_millis(row.get(7)?),
    })
}

fn unreadable(column: usize, name: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, name.to_owned(), rusqlite::types::Type::Text)
}
