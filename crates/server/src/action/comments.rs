//! Comments on posts.

use outrigger_social::{limits, wire};

use super::posts::{self, log_post, scope_of_post};
use super::{Failure, Mutator, Outcome, Reader, check_author, versioned};
use crate::exchange::Response;
use crate::ids::{CommentId, PostId};
use crate::problem::Problem;
use crate::store::posts::{CommentRow, NewCommentRow};
use crate::store::{ChangeOperation, ObjectKind, Snapshot, Transaction};
use crate::view;

pub(super) fn list(snapshot: &dyn Snapshot, reader: &Reader<'_>, post: &PostId) -> Outcome {
    let viewer = &reader.viewer.id;
    posts::find(snapshot, viewer, post)?;
    let name = format!("comments:{post}");
    let window = reader.window(&name)?;
    let rows = snapshot.comments(post, window)?;
    Ok(reader.page(
        &name,
        window,
        rows,
        |row| row.position,
        |row| view::comment(row, viewer),
    ))
}

pub(super) fn create(
    tx: &mut dyn Transaction,
    mutator: &mut Mutator<'_>,
    post: &PostId,
    body: &wire::NewComment,
) -> Outcome {
    let on = posts::find(tx, &mutator.viewer.id, post)?;
    check_text(&body.text)?;
    let id = CommentId::new(mutator.now.wall, mutator.random);
    let row = tx.insert_comment(&NewCommentRow {
        id: &id,
        on: &on,
        author: mutator.viewer,
        text: &body.text,
        key: mutator.key(),
        at: mutator.now.wall,
    })?;
    mutator.note_created(tx, ObjectKind::Comment, id.as_str())?;
    mutator.log(
        tx,
        &scope_of_post(post),
        ObjectKind::Comment,
        id.as_str(),
        ChangeOperation::Put,
    )?;
    log_post(tx, mutator, &on.author.id, post, ChangeOperation::Put)?;
    Ok(shown(mutator, 201, &row).header("location", format!("/v1/comments/{id}")))
}

pub(super) fn edit(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    id: &CommentId,
    body: &wire::Edit,
) -> Outcome {
    let row = find(tx, id)?;
    check_author(mutator.viewer, &row.author)?;
    mutator.if_match.check(row.version)?;
    check_text(&body.text)?;
    tx.update_comment(id, &body.text, mutator.now.wall)?;
    mutator.log(
        tx,
        &scope_of_post(&row.post),
        ObjectKind::Comment,
        id.as_str(),
        ChangeOperation::Put,
    )?;
    Ok(shown(mutator, 200, &find(tx, id)?))
}

pub(super) fn delete(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &CommentId) -> Outcome {
    let row = find(tx, id)?;
    check_author(mutator.viewer, &row.author)?;
    mutator.if_match.check(row.version)?;
    tx.delete_comment(id)?;
    mutator.log(
        tx,
        &scope_of_post(&row.post),
        ObjectKind::Comment,
        id.as_str(),
        ChangeOperation::Delete,
    )?;
    let on = posts::find(tx, &mutator.viewer.id, &row.post)?;
    log_post(tx, mutator, &on.author.id, &row.post, ChangeOperation::Put)?;
    Ok(Response::empty(204))
}

fn check_text(text: &str) -> Result<(), Problem> {
    limits::comment(text).map_err(|refused| Problem::invalid("text", refused.to_string()))
}

fn find(tx: &mut dyn Transaction, id: &CommentId) -> Result<CommentRow, Failure> {
    Ok(tx.comment(id)?.ok_or_else(Problem::not_found)?)
}

fn shown(mutator: &Mutator<'_>, status: u16, row: &CommentRow) -> Response {
    versioned(status, row.version, &view::comment(row, &mutator.viewer.id))
}
