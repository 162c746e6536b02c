//! Pictures and clips of posts and messages, in order: a part of their owner's row.

use outrigger_engine::ids::{LocalId, Sha256};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::mutation::MediaFile;
use crate::wire;

/// One of them. As on the wire, but that it may not have been uploaded yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MediaRow {
    pub(crate) sha256: Sha256,
    #[serde(default)]
    pub(crate) media_type: String,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) server_id: Option<String>,
}

impl From<&MediaFile> for MediaRow {
    fn from(file: &MediaFile) -> Self {
        Self {
            sha256: file.sha256,
            media_type: file.media_type.clone(),
            size: file.size,
            server_id: None,
        }
    }
}

/// The media of an answer. What has no readable digest cannot be kept apart from others, and is not shown.
pub(crate) fn from_wire(media: &[wire::Media]) -> Vec<MediaRow> {
    let row = |media: &wire::Media| {
        Some(MediaRow {
            sha256: Sha256::try_from(media.sha256.clone()).ok()?,
            media_type: media.r#type.clone(),
            size: media.size,
            server_id: Some(media.id.clone()),
        })
    };
    media.iter().filter_map(row).collect()
}

pub(crate) fn read(db: &Connection, owner: LocalId) -> rusqlite::Result<Vec<MediaRow>> {
    db.prepare_cached(
        "SELECT sha256, media_type, size, server_id FROM media WHERE owner = ?1 ORDER BY ordinal LIMIT 100",
    )?
    .query_map([owner], |row| {
        Ok(MediaRow {
            sha256: row.get(0)?,
            media_type: row.get(1)?,
            size: row.get(2)?,
            server_id: row.get(3)?,
        })
    })?
    .collect()
}

/// Makes these the media of an owner.
pub(crate) fn write(db: &Connection, owner: LocalId, media: &[MediaRow]) -> rusqlite::Result<()> {
    remove(db, owner)?;
    add(db, owner, media)
}

/// Gives an owner that has none its media.
pub(crate) fn add(db: &Connection, owner: LocalId, media: &[MediaRow]) -> rusqlite::Result<()> {
    for (ordinal, one) in media.iter().enumerate() {
        db.prepare_cached(
            "INSERT INTO media (owner, ordinal, sha256, media_type, size, server_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            owner,
            ordinal,
            one.sha256,
            one.media_type,
            one.size,
            one.server_id
        ])?;
    }
    Ok(())
}

pub(crate) fn remove(db: &Connection, owner: LocalId) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM media WHERE owner = ?1")?
        .execute([owner])?;
    Ok(())
}
