//! Files that mutations bring: kept until the mutation has arrived, uploaded before it by tus 1.0 (core and creation).
//!
//! Owns the tables of attachments, and what the next request of an upload is. Never opens a file: bytes are the host's. Two mutations with
//! the same bytes share one upload, and bytes that the server has are never sent again.

use outrigger_planted::{self as planted, Bug};
use rusqlite::{OptionalExtension as _, params};

use crate::app::{App, Facts, Intent, Uploads};
use crate::db::Db;
use crate::edge::{EdgeKind, Fate};
use crate::error::Error;
use crate::event::{Effect, StagedFile};
use crate::flow::{self, Waits};
use crate::http::{Body, Header, HttpRequest, Method, Response};
use crate::ids::{Entity, Key, Kind, LocalId, MutationId, Place, Sha256};
use crate::mutate;
use crate::queue::{self, Row, RowState};
use crate::step::Step;

/// What uploads are called in the queue.
pub(crate) const KIND: Kind = Kind::new("attachment");

/// Files staged for longer than this that no write took are swept: their process has died.
const STAGING_MAX_MS: i64 = 60 * 60 * 1_000;

/// A file, and how far its upload has come.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    pub(crate) sha256: Sha256,
    file: String,
    pub(crate) size: i64,
    media_type: String,
    url: Option<String>,
    /// How many bytes the server has; `None` where a request may have changed that.
    offset: Option<i64>,
    counted: i64,
}

impl Attachment {
    /// Whether it is this very copy of the bytes.
    fn is(&self, copy: &StagedFile) -> bool {
        self.file == copy.file
    }
}

/// The next request of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadStep {
    /// Create it.
    Create,
    /// Ask how many bytes the server has.
    Ask,
    /// Send the next part.
    Part,
}

/// The entity that stands for an upload, so that it has a lane and a place like everything else.
pub(crate) fn entity(sha256: &Sha256) -> Entity {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha256.0[..16]);
    Entity::new(KIND, LocalId(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
}

/// Notes that files are about to be copied. To say so twice is to say it once.
pub(crate) fn stage<A: App>(step: &Step<'_, A>, files: &[String]) -> Result<(), Error> {
    // It would take the space that what waits drains into, for a write that will be refused.
    mutate::check_storage(step)?;
    for file in files {
        step.db
            .prepare_cached(
                "INSERT INTO outrigger_staging (file, staged) VALUES (?1, ?2) ON CONFLICT (file) DO NOTHING",
            )?
            .execute(params![file, step.tick.0])?;
    }
    Ok(())
}

/// When a file was staged that is only waiting to be removed.
const LET_GO: i64 = i64::MIN;

/// No write will take these copies: they go. One that was taken before stays.
pub(crate) fn unstage<A: App>(step: &mut Step<'_, A>, files: &[StagedFile]) -> Result<(), Error> {
    for file in files {
        if take_from_staging(step, &file.file)?
            && !find(&step.db, &file.sha256)?.is_some_and(|kept| kept.is(file))
        {
            let_go(step, file.file.clone())?;
        }
    }
    Ok(())
}

/// Whether it was staged, and is still there.
fn take_from_staging<A: App>(step: &Step<'_, A>, file: &str) -> Result<bool, Error> {
    let taken = step
        .db
        .prepare_cached("DELETE FROM outrigger_staging WHERE file = ?1 AND staged <> ?2")?
        .execute(params![file, LET_GO])?;
    Ok(taken > 0)
}

/// Removes files that nobody took, and those whose removal was decided by a process that did not live to do it.
pub(crate) fn sweep<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    let files: Vec<String> = step
        .db
        .prepare_cached("SELECT file FROM outrigger_staging WHERE staged < ?1")?
        .query_map([step.tick.0 - STAGING_MAX_MS], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    files.into_iter().try_for_each(|file| let_go(step, file))
}

/// The host could not remove a file: it is remembered until a sweep tries again.
pub(crate) fn not_removed<A: App>(step: &mut Step<'_, A>, file: &str) -> Result<(), Error> {
    step.attempts.removed.retain(|removed| removed != file);
    note_let_go(step, file)
}

fn note_let_go<A: App>(step: &Step<'_, A>, file: &str) -> Result<(), Error> {
    step.db
        .prepare_cached("INSERT OR REPLACE INTO outrigger_staging (file, staged) VALUES (?1, ?2)")?
        .execute(params![file, LET_GO])?;
    Ok(())
}

/// Lets the host remove a file. It is remembered until the host has: a process may die between the commit and the removal.
fn let_go<A: App>(step: &mut Step<'_, A>, file: String) -> Result<(), Error> {
    note_let_go(step, &file)?;
    step.attempts.removed.push(file.clone());
    step.effect(Effect::RemoveFile(file));
    Ok(())
}

/// Forgets the files whose removal the last step asked for: the host does what it is told before it comes again.
pub(crate) fn forget_removed<A: App>(step: &mut Step<'_, A>) -> Result<(), Error> {
    for file in std::mem::take(&mut step.attempts.removed) {
        step.db
            .prepare_cached("DELETE FROM outrigger_staging WHERE file = ?1 AND staged = ?2")?
            .execute(params![file, LET_GO])?;
    }
    Ok(())
}

/// Takes over the files that a mutation names, and queues their uploads. A file whose bytes are here already is let go.
pub(crate) fn take<A: App>(step: &mut Step<'_, A>, facts: &Facts, files: &[StagedFile]) -> Result<(), Error> {
    for file in files {
        let was_staged = take_from_staging(step, &file.file)?;
        let kept = find(&step.db, &file.sha256)?;
        if kept.as_ref().is_some_and(|kept| kept.is(file)) {
            continue;
        }
        if !was_staged {
            return Err(Error::NotStaged {
                file: file.file.clone(),
            });
        }
        if facts.attachments.contains(&file.sha256) && kept.is_none() {
            keep(step, file)?;
        } else {
            let_go(step, file.file.clone())?;
        }
    }
    for sha256 in &facts.attachments {
        if find(&step.db, sha256)?.is_none() {
            return Err(Error::FileMissing {
                sha256: sha256.to_string(),
            });
        }
    }
    Ok(())
}

fn keep<A: App>(step: &mut Step<'_, A>, file: &StagedFile) -> Result<(), Error> {
    if step.app.capabilities().uploads.is_none() {
        return Err(Error::Refused("this backend takes no files; write without them"));
    }
    let limits = step.limits();
    let bytes = u64::try_from(step.state.attachment_bytes).unwrap_or(0) + file.size;
    mutate::within(
        "the file is too large (bytes)",
        file.size,
        limits.one_attachment_bytes_max,
    )?;
    mutate::within(
        "the queue is full of files (bytes)",
        bytes,
        limits.attachment_bytes_max,
    )?;
    let size = i64::try_from(file.size).unwrap_or(i64::MAX);
    step.db
        .prepare_cached(
            "INSERT INTO outrigger_attachment (sha256, file, size, media_type, counted, done) VALUES (?1, ?2, ?3, ?4, 0, 0)",
        )?
        .execute(params![file.sha256, file.file, size, file.media_type])?;
    step.state.attachment_bytes += size;
    queue_upload(step, &file.sha256, size)
}

fn queue_upload<A: App>(step: &mut Step<'_, A>, sha256: &Sha256, size: i64) -> Result<(), Error> {
    let id = step.new_uuid();
    let entity = entity(sha256);
    let mut row = Row {
        place: step.new_place(),
        mutation: MutationId(id),
        key: Key(id),
        sequence: None,
        name: "upload".to_owned(),
        intent: Intent::Create,
        lane: entity.id,
        entity,
        state: RowState::Waiting,
        in_lane: true,
        blockers: 0,
        attempts: 0,
        well_seen: 0,
        due: step.tick,
        written_at: step.wall,
        upload: Some(*sha256),
        parked: None,
        version: 0,
        payload: String::new(),
    };
    flow::enter(step, &mut row, Waits::default())?;
    step.state.run_bytes_total += size;
    Ok(())
}

pub(crate) fn find(db: &Db<'_>, sha256: &Sha256) -> Result<Option<Attachment>, Error> {
    let found = db
        .prepare_cached(
            "SELECT file, size, media_type, url, offset, counted FROM outrigger_attachment WHERE sha256 = ?1",
        )?
        .query_row([sha256], |row| {
            Ok(Attachment {
                sha256: *sha256,
                file: row.get(0)?,
                size: row.get(1)?,
                media_type: row.get(2)?,
                url: row.get(3)?,
                offset: row.get(4)?,
                counted: row.get(5)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn save(db: &Db<'_>, attachment: &Attachment, remote: Option<&str>) -> Result<(), Error> {
    db.prepare_cached(
        "UPDATE outrigger_attachment SET url = ?2, offset = ?3, counted = ?4, remote = ?5, done = ?6 WHERE sha256 = ?1",
    )?
    .execute(params![
        attachment.sha256,
        attachment.url,
        attachment.offset,
        attachment.counted,
        remote,
        remote.is_some()
    ])?;
    Ok(())
}

/// Records that a row needs a file.
pub(crate) fn mention(db: &Db<'_>, sha256: &Sha256, place: Place) -> Result<(), Error> {
    db.prepare_cached("INSERT OR IGNORE INTO outrigger_attachment_use (sha256, place) VALUES (?1, ?2)")?
        .execute(params![sha256, place])?;
    Ok(())
}

/// The row that uploads a file, as long as it has not been.
pub(crate) fn upload_for<A: App>(step: &Step<'_, A>, sha256: &Sha256) -> Result<Option<Row>, Error> {
    queue::upload_of(&step.db, sha256)
}

/// Lets the files of a row go; what no other row needs is removed.
pub(crate) fn forget_uses<A: App>(step: &mut Step<'_, A>, place: Place) -> Result<(), Error> {
    for sha256 in uses(&step.db, place)? {
        step.db
            .prepare_cached("DELETE FROM outrigger_attachment_use WHERE sha256 = ?1 AND place = ?2")?
            .execute(params![sha256, place])?;
        let is_used = step
            .db
            .prepare_cached("SELECT 1 FROM outrigger_attachment_use WHERE sha256 = ?1")?
            .exists([sha256])?;
        if is_used && !planted::is(Bug::FileDroppedWhileNeeded) {
            continue;
        }
        match queue::upload_of(&step.db, &sha256)? {
            Some(row) => cancel(step, &row, &sha256)?,
            None => drop_file(step, &sha256)?,
        }
    }
    Ok(())
}

fn uses(db: &Db<'_>, place: Place) -> Result<Vec<Sha256>, Error> {
    let mut statement = db.prepare_cached("SELECT sha256 FROM outrigger_attachment_use WHERE place = ?1")?;
    Ok(statement
        .query_map([place], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// Ends an upload that nobody needs any more.
pub(crate) fn cancel<A: App>(step: &mut Step<'_, A>, row: &Row, sha256: &Sha256) -> Result<(), Error> {
    if let Some(attempt) = step.attempts.abandon_upload(sha256) {
        step.effect(Effect::Abort { attempt });
    }
    if let Some(attachment) = find(&step.db, sha256)? {
        // What will not be sent is no longer to be waited for.
        step.state.run_bytes_done += attachment.size - attachment.counted;
    }
    flow::remove(step, row, Fate::Discarded)?;
    drop_file(step, sha256)
}

fn drop_file<A: App>(step: &mut Step<'_, A>, sha256: &Sha256) -> Result<(), Error> {
    let Some(attachment) = find(&step.db, sha256)? else {
        return Ok(());
    };
    step.db
        .prepare_cached("DELETE FROM outrigger_attachment WHERE sha256 = ?1")?
        .execute([sha256])?;
    step.state.attachment_bytes -= attachment.size;
    let_go(step, attachment.file)
}

/// The server no longer has the files of a row: they are uploaded again, and whatever needs them waits for that.
pub(crate) fn again<A: App>(step: &mut Step<'_, A>, row: &mut Row) -> Result<(), Error> {
    for sha256 in uses(&step.db, row.place)? {
        let Some(mut attachment) = find(&step.db, &sha256)? else {
            continue;
        };
        if queue::upload_of(&step.db, &sha256)?.is_none() {
            attachment.url = None;
            attachment.offset = None;
            save(&step.db, &attachment, None)?;
            queue_upload(step, &sha256, 0)?;
        }
        let Some(upload) = queue::upload_of(&step.db, &sha256)? else {
            continue;
        };
        for place in users(&step.db, &sha256)? {
            if place == row.place {
                flow::block(step, row, upload.place, EdgeKind::Needs)?;
            } else if let Some(mut other) = queue::by_place(&step.db, place)? {
                flow::block(step, &mut other, upload.place, EdgeKind::Needs)?;
            }
        }
    }
    Ok(())
}

fn users(db: &Db<'_>, sha256: &Sha256) -> Result<Vec<Place>, Error> {
    let mut statement =
        db.prepare_cached("SELECT place FROM outrigger_attachment_use WHERE sha256 = ?1 ORDER BY place")?;
    Ok(statement
        .query_map([sha256], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The next request of an upload. Where it sends a part, the offset counts as unknown until the answer is there.
pub(crate) fn next_request<A: App>(
    step: &Step<'_, A>,
    mut attachment: Attachment,
    uploads: &Uploads,
) -> Result<(UploadStep, HttpRequest), Error> {
    let tus: Header = ("tus-resumable".into(), "1.0.0".to_owned());
    let Some(url) = attachment.url.clone() else {
        let metadata = format!(
            "type {},sha256 {}",
            base64(&attachment.media_type),
            base64(&attachment.sha256.to_string())
        );
        let mut request = HttpRequest::bare(Method::Post, uploads.path.clone());
        request.headers = vec![
            tus,
            ("upload-length".into(), attachment.size.to_string()),
            ("upload-metadata".into(), metadata),
        ];
        return Ok((UploadStep::Create, request));
    };
    let Some(offset) = attachment.offset else {
        let mut request = HttpRequest::bare(Method::Head, url);
        request.headers = vec![tus];
        return Ok((UploadStep::Ask, request));
    };
    let length = (attachment.size - offset)
        .cast_unsigned()
        .min(uploads.part_bytes_max);
    let file = attachment.file.clone();
    attachment.offset = None;
    save(&step.db, &attachment, None)?;
    let request = HttpRequest {
        method: Method::Patch,
        path: url,
        headers: vec![
            tus,
            ("upload-offset".into(), offset.to_string()),
            (
                "content-type".into(),
                "application/offset+octet-stream".to_owned(),
            ),
        ],
        body: Body::FilePart {
            file,
            offset: offset.cast_unsigned(),
            length,
        },
    };
    Ok((UploadStep::Part, request))
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// How an upload stands after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advanced {
    /// All bytes are there.
    Finished,
    /// It goes on.
    Further,
    /// The answer did not say what it must.
    Unclear,
}

/// Takes a successful answer to a step of an upload in.
pub(crate) fn advance<A: App>(
    step: &mut Step<'_, A>,
    sha256: &Sha256,
    upload_step: UploadStep,
    response: &Response,
) -> Result<Advanced, Error> {
    let Some(mut attachment) = find(&step.db, sha256)? else {
        return Ok(Advanced::Unclear);
    };
    let offset = response
        .header("upload-offset")
        .and_then(|value| value.trim().parse::<i64>().ok());
    match (upload_step, response.header("location")) {
        (UploadStep::Create, Some(location)) => attachment.url = Some(location.to_owned()),
        (UploadStep::Create, None) => return Ok(Advanced::Unclear),
        (UploadStep::Ask | UploadStep::Part, _) if offset.is_none() => return Ok(Advanced::Unclear),
        (UploadStep::Ask | UploadStep::Part, _) => {}
    }
    let offset = offset.unwrap_or(0).clamp(0, attachment.size);
    attachment.offset = Some(offset);
    if offset > attachment.counted {
        step.state.run_bytes_done += offset - attachment.counted;
        attachment.counted = offset;
    }
    let finished = offset == attachment.size;
    let remote = attachment.url.clone().filter(|_| finished);
    save(&step.db, &attachment, remote.as_deref())?;
    Ok(if finished {
        Advanced::Finished
    } else {
        Advanced::Further
    })
}

/// What a failed step leaves behind: the server must be asked where it stands (`gone`: it must be created anew).
pub(crate) fn set_back<A: App>(step: &Step<'_, A>, sha256: &Sha256, gone: bool) -> Result<(), Error> {
    let Some(mut attachment) = find(&step.db, sha256)? else {
        return Ok(());
    };
    attachment.offset = None;
    if gone {
        attachment.url = None;
    }
    save(&step.db, &attachment, None)
}
