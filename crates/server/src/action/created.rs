//! What a key created: how a client that was restored settles what it may have sent.

use outrigger_social::wire;
use serde_json::Value;

use super::{Failure, Outcome, Reader};
use crate::exchange::Response;
use crate::ids::{CommentId, IdempotencyKey, MessageId, PostId, UploadId};
use crate::problem::Problem;
use crate::store::clients::CreatedRow;
use crate::store::uploads::UploadState;
use crate::store::{ObjectKind, Snapshot};
use crate::view;

pub(super) fn find(snapshot: &dyn Snapshot, reader: &Reader<'_>, key: &IdempotencyKey) -> Outcome {
    let created = snapshot
        .created(&reader.viewer.id, key)?
        .ok_or_else(Problem::not_found)?;
    let object = object(snapshot, reader, &created)?;
    let kind = created.kind.name().to_owned();
    Ok(Response::json(
        200,
        &wire::Created {
            kind,
            id: created.object,
            object,
        },
    ))
}

/// The object as it is now; null when it was deleted since. That it was created is true all the same, and a client that
/// were told otherwise would create it again.
fn object(snapshot: &dyn Snapshot, reader: &Reader<'_>, created: &CreatedRow) -> Result<Value, Failure> {
    let viewer = &reader.viewer.id;
    let id = created.object.as_str();
    let object = match created.kind {
        ObjectKind::Post => snapshot
            .post(&PostId::named(id), viewer)?
            .map(|row| value(&view::post(&row, viewer))),
        ObjectKind::Comment => snapshot
            .comment(&CommentId::named(id))?
            .map(|row| value(&view::comment(&row, viewer))),
        ObjectKind::Message => snapshot
            .message(&MessageId::named(id), viewer)?
            .map(|row| value(&view::message(&row, viewer))),
        ObjectKind::Upload => snapshot
            .upload(&UploadId::named(id))?
            .filter(|row| row.state != UploadState::Gone)
            .map(|row| value(&view::media(&row.media))),
        ObjectKind::Conversation | ObjectKind::Like | ObjectKind::Follow | ObjectKind::Profile => None,
    };
    Ok(object.unwrap_or(Value::Null))
}

fn value(object: &impl serde::Serialize) -> Value {
    serde_json::to_value(object).expect("BUG: wire types are JSON")
}
