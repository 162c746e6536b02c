//! Posts, and liking them.

use outrigger_social::{limits, wire};

use super::{Failure, Mutator, Outcome, Reader, check_author, scope_of_user, versioned};
use crate::exchange::Response;
use crate::ids::{PostId, UserId};
use crate::input;
use crate::problem::Problem;
use crate::store::posts::{NewPostRow, PostList, PostRow};
use crate::store::{ChangeOperation, ObjectKind, Snapshot, Transaction};
use crate::view;

pub(super) fn feed(snapshot: &dyn Snapshot, reader: &Reader<'_>) -> Outcome {
    let scope = input::query_value(reader.request, "scope")?;
    match scope.as_deref() {
        None | Some("following") => list(snapshot, reader, "feed:following", PostList::Following),
        Some("everyone") => list(snapshot, reader, "feed:everyone", PostList::Everyone),
        Some(_) => Err(Problem::malformed("scope is following or everyone").into()),
    }
}

pub(super) fn list_of(snapshot: &dyn Snapshot, reader: &Reader<'_>, author: &UserId) -> Outcome {
    snapshot.user(author)?.ok_or_else(Problem::not_found)?;
    list(
        snapshot,
        reader,
        &format!("posts:{author}"),
        PostList::Author(author),
    )
}

fn list(snapshot: &dyn Snapshot, reader: &Reader<'_>, name: &str, list: PostList<'_>) -> Outcome {
    let viewer = &reader.viewer.id;
    let window = reader.window(name)?;
    let rows = snapshot.posts(list, viewer, window)?;
    Ok(reader.page(
        name,
        window,
        rows,
        |row| row.position,
        |row| view::post(row, viewer),
    ))
}

pub(super) fn read(snapshot: &dyn Snapshot, reader: &Reader<'_>, id: &PostId) -> Outcome {
    let row = find(snapshot, &reader.viewer.id, id)?;
    Ok(versioned(200, row.version, &view::post(&row, &reader.viewer.id)))
}

pub(super) fn create(tx: &mut dyn Transaction, mutator: &mut Mutator<'_>, body: &wire::NewPost) -> Outcome {
    limits::post(&body.text, body.media.len()).map_err(|refused| {
        let is_media = matches!(refused, limits::Refused::TooManyMedia { .. });
        Problem::invalid(if is_media { "media" } else { "text" }, refused.to_string())
    })?;
    let media = mutator.uploads(tx, &body.media)?;
    let id = PostId::new(mutator.now.wall, mutator.random);
    let row = tx.insert_post(&NewPostRow {
        id: &id,
        author: mutator.viewer,
        text: &body.text,
        media: &media,
        key: mutator.key(),
        at: mutator.now.wall,
    })?;
    mutator.note_created(tx, ObjectKind::Post, id.as_str())?;
    let author = &mutator.viewer.id;
    log_post(tx, mutator, author, &id, ChangeOperation::Put)?;
    mutator.log(
        tx,
        &scope_of_user(author),
        ObjectKind::Profile,
        author.as_str(),
        ChangeOperation::Put,
    )?;
    Ok(shown(mutator, 201, &row).header("location", format!("/v1/posts/{id}")))
}

pub(super) fn edit(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    id: &PostId,
    body: &wire::Edit,
) -> Outcome {
    let row = find(tx, &mutator.viewer.id, id)?;
    check_author(mutator.viewer, &row.author)?;
    mutator.if_match.check(row.version)?;
    limits::post(&body.text, row.media.len())
        .map_err(|refused| Problem::invalid("text", refused.to_string()))?;
    tx.update_post(id, &body.text, mutator.now.wall)?;
    log_post(tx, mutator, &row.author.id, id, ChangeOperation::Put)?;
    Ok(shown(mutator, 200, &find(tx, &mutator.viewer.id, id)?))
}

pub(super) fn delete(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &PostId) -> Outcome {
    let row = find(tx, &mutator.viewer.id, id)?;
    check_author(mutator.viewer, &row.author)?;
    mutator.if_match.check(row.version)?;
    let scope = scope_of_post(id);
    for comment in tx.delete_post(id)? {
        mutator.log(
            tx,
            &scope,
            ObjectKind::Comment,
            comment.as_str(),
            ChangeOperation::Delete,
        )?;
    }
    let author = &row.author.id;
    log_post(tx, mutator, author, id, ChangeOperation::Delete)?;
    mutator.log(
        tx,
        &scope_of_user(author),
        ObjectKind::Profile,
        author.as_str(),
        ChangeOperation::Put,
    )?;
    Ok(Response::empty(204))
}

pub(super) fn like(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &PostId) -> Outcome {
    let mut row = find(tx, &mutator.viewer.id, id)?;
    if tx.insert_like(id, &mutator.viewer.id, mutator.now.wall)? {
        log_like(tx, mutator, &row, ChangeOperation::Put)?;
        row.counts.likes += 1;
        row.liked = true;
    }
    Ok(shown(mutator, 200, &row))
}

pub(super) fn unlike(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &PostId) -> Outcome {
    let mut row = find(tx, &mutator.viewer.id, id)?;
    if tx.delete_like(id, &mutator.viewer.id)? {
        log_like(tx, mutator, &row, ChangeOperation::Delete)?;
        row.counts.likes = row.counts.likes.saturating_sub(1);
        row.liked = false;
    }
    Ok(shown(mutator, 200, &row))
}

/// A post that the viewer may see: posts are for everyone with an account.
pub(super) fn find<S: Snapshot + ?Sized>(
    snapshot: &S,
    viewer: &UserId,
    id: &PostId,
) -> Result<PostRow, Failure> {
    Ok(snapshot.post(id, viewer)?.ok_or_else(Problem::not_found)?)
}

/// The scope of what hangs on one post.
pub(super) fn scope_of_post(post: &PostId) -> String {
    format!("post:{post}")
}

/// A post changes where its author's posts are listed, and in its own scope, where its counts are.
pub(super) fn log_post(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    author: &UserId,
    id: &PostId,
    operation: ChangeOperation,
) -> Result<(), Failure> {
    mutator.log(
        tx,
        &scope_of_user(author),
        ObjectKind::Post,
        id.as_str(),
        operation,
    )?;
    mutator.log(tx, &scope_of_post(id), ObjectKind::Post, id.as_str(), operation)?;
    Ok(())
}

fn log_like(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    post: &PostRow,
    operation: ChangeOperation,
) -> Result<(), Failure> {
    let own = scope_of_user(&mutator.viewer.id);
    mutator.log(tx, &own, ObjectKind::Like, post.id.as_str(), operation)?;
    log_post(tx, mutator, &post.author.id, &post.id, ChangeOperation::Put)
}

fn shown(mutator: &Mutator<'_>, status: u16, row: &PostRow) -> Response {
    versioned(status, row.version, &view::post(row, &mutator.viewer.id))
}
