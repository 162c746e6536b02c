//! Conversations of two.

use super::{Mutator, Outcome, Reader, scope_of_user, versioned};
use crate::ids::{ConversationId, UserId};
use crate::problem::Problem;
use crate::store::{ChangeOperation, ObjectKind, Snapshot, Transaction};
use crate::view;

pub(super) fn list(snapshot: &dyn Snapshot, reader: &Reader<'_>) -> Outcome {
    let window = reader.window("conversations")?;
    let rows = snapshot.conversations(&reader.viewer.id, window)?;
    Ok(reader.page(
        "conversations",
        window,
        rows,
        |row| row.position,
        view::conversation,
    ))
}

pub(super) fn open(tx: &mut dyn Transaction, mutator: &mut Mutator<'_>, user: &UserId) -> Outcome {
    let viewer = &mutator.viewer.id;
    if user == viewer {
        return Err(Problem::invalid("user", "a conversation needs two").into());
    }
    tx.user(user)?.ok_or_else(Problem::not_found)?;
    if tx.conversation_with(viewer, user)?.is_none() {
        let id = ConversationId::new(mutator.now.wall, mutator.random);
        tx.insert_conversation(&id, viewer, user, mutator.now.wall)?;
        for side in [viewer, user] {
            let scope = scope_of_user(side);
            mutator.log(
                tx,
                &scope,
                ObjectKind::Conversation,
                id.as_str(),
                ChangeOperation::Put,
            )?;
        }
    }
    let row = tx
        .conversation_with(viewer, user)?
        .ok_or_else(Problem::not_found)?;
    let location = format!("/v1/conversations/{}", row.id);
    Ok(versioned(200, row.version, &view::conversation(&row)).header("location", location))
}
