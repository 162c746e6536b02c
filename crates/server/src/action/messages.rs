//! Messages in conversations.

use outrigger_planted::{self as planted, Bug};
use outrigger_social::{limits, wire};

use super::{Failure, Mutator, Outcome, Reader, check_author, scope_of_user, versioned};
use crate::exchange::Response;
use crate::ids::{ConversationId, MessageId, UserId};
use crate::problem::Problem;
use crate::store::conversations::{MessageRow, NewMessageRow};
use crate::store::{ChangeOperation, ObjectKind, Snapshot, Transaction};
use crate::view;

pub(super) fn list(snapshot: &dyn Snapshot, reader: &Reader<'_>, conversation: &ConversationId) -> Outcome {
    let viewer = &reader.viewer.id;
    if !planted::is(Bug::ConversationOpenToAll) {
        snapshot
            .conversation(conversation, viewer)?
            .ok_or_else(Problem::not_found)?;
    }
    let name = format!("messages:{conversation}");
    let window = reader.window(&name)?;
    let rows = snapshot.messages(conversation, window)?;
    Ok(reader.page(
        &name,
        window,
        rows,
        |row| row.position,
        |row| view::message(row, viewer),
    ))
}

pub(super) fn send(
    tx: &mut dyn Transaction,
    mutator: &mut Mutator<'_>,
    conversation: &ConversationId,
    body: &wire::NewMessage,
) -> Outcome {
    let author = &mutator.viewer.id;
    let with = tx
        .conversation(conversation, author)?
        .ok_or_else(Problem::not_found)?
        .with
        .id;
    limits::message(&body.text, body.media.len()).map_err(|refused| {
        let is_media = matches!(refused, limits::Refused::TooManyMedia { .. });
        Problem::invalid(if is_media { "media" } else { "text" }, refused.to_string())
    })?;
    let media = mutator.uploads(tx, &body.media)?;
    let id = MessageId::new(mutator.now.wall, mutator.random);
    let row = tx.insert_message(&NewMessageRow {
        id: &id,
        conversation,
        author: mutator.viewer,
        text: &body.text,
        media: &media,
        key: mutator.key(),
        at: mutator.now.wall,
    })?;
    mutator.note_created(tx, ObjectKind::Message, id.as_str())?;
    log_message(tx, mutator, &with, (&id, conversation), ChangeOperation::Put)?;
    let location = format!("/v1/messages/{id}");
    Ok(versioned(201, row.version, &view::message(&row, author)).header("location", location))
}

pub(super) fn delete(tx: &mut dyn Transaction, mutator: &Mutator<'_>, id: &MessageId) -> Outcome {
    let viewer = &mutator.viewer.id;
    let row = find(tx, viewer, id)?;
    check_author(mutator.viewer, &row.author)?;
    mutator.if_match.check(row.version)?;
    let with = tx
        .conversation(&row.conversation, viewer)?
        .ok_or_else(Problem::not_found)?
        .with
        .id;
    tx.delete_message(id, &row.conversation)?;
    log_message(
        tx,
        mutator,
        &with,
        (id, &row.conversation),
        ChangeOperation::Delete,
    )?;
    Ok(Response::empty(204))
}

fn find(tx: &mut dyn Transaction, viewer: &UserId, id: &MessageId) -> Result<MessageRow, Failure> {
    Ok(tx.message(id, viewer)?.ok_or_else(Problem::not_found)?)
}

/// A message changes its conversation, and with it the lists of both.
fn log_message(
    tx: &mut dyn Transaction,
    mutator: &Mutator<'_>,
    with: &UserId,
    (id, conversation): (&MessageId, &ConversationId),
    operation: ChangeOperation,
) -> Result<(), Failure> {
    let scope = format!("conversation:{conversation}");
    mutator.log(tx, &scope, ObjectKind::Message, id.as_str(), operation)?;
    for side in [&mutator.viewer.id, with] {
        let scope = scope_of_user(side);
        mutator.log(
            tx,
            &scope,
            ObjectKind::Conversation,
            conversation.as_str(),
            ChangeOperation::Put,
        )?;
    }
    Ok(())
}
