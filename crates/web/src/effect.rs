//! What the engine wants done, as JavaScript reads it.
//!
//! Owns the conversion, by hand. Never does anything itself.

use outrigger_engine::http::{Body, HttpRequest};
use outrigger_engine::{Effect, Error, Reply};

use crate::shape::{BodyOut, EffectOut, ReplyOut};

/// Effects, in their order.
pub fn effects(effects: Vec<Effect>) -> Vec<EffectOut> {
    effects.into_iter().map(effect).collect()
}

fn effect(effect: Effect) -> EffectOut {
    match effect {
        Effect::Reply {
            call,
            reply: Ok(reply),
        } => EffectOut::Reply {
            call: call.0,
            reply: answered(reply),
        },
        Effect::Reply {
            call,
            reply: Err(error),
        } => refused(call.0, &error),
        Effect::Send {
            attempt,
            request,
            timeout,
        } => send(attempt.0, request, timeout.0),
        Effect::Abort { attempt } => EffectOut::Abort { attempt: attempt.0 },
        Effect::Refresh => EffectOut::Refresh,
        Effect::Changed(entities) => EffectOut::Changed {
            entities: entities.into_iter().map(|entity| entity.id).collect(),
        },
        Effect::ChangedElsewhere => EffectOut::ChangedElsewhere,
        Effect::Settled { mutation, outcome } => EffectOut::Settled { mutation, outcome },
        Effect::Status(state) => EffectOut::Status { state },
        Effect::Wake(after) => EffectOut::Wake {
            after_ms: after.map(|after| after.0),
        },
        Effect::RemoveFile(file) => EffectOut::RemoveFile { file },
    }
}

/// That a call was refused.
pub(crate) fn refused(call: u64, error: &Error) -> EffectOut {
    EffectOut::Refused {
        call,
        kind: error.word().to_owned(),
        message: error.to_string(),
    }
}

fn answered(reply: Reply) -> ReplyOut {
    match reply {
        Reply::Written(ids) => ReplyOut::Written { ids },
        Reply::Retried(count) => ReplyOut::Retried { count },
        Reply::Edited(id) => ReplyOut::Edited { id },
        Reply::Discarded { gone, compensation } => ReplyOut::Discarded { gone, compensation },
        // What a read brought is told by who read it.
        Reply::Staged | Reply::Observed(_) | Reply::Done => ReplyOut::Done,
    }
}

fn send(attempt: u64, request: HttpRequest, timeout_ms: i64) -> EffectOut {
    let HttpRequest {
        method,
        path,
        headers,
        body,
    } = request;
    EffectOut::Send {
        attempt,
        method: method.as_str().to_owned(),
        path,
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value))
            .collect(),
        body: match body {
            Body::Empty => BodyOut::Empty,
            // What the app says is JSON.
            Body::Bytes(bytes) => BodyOut::Text {
                text: String::from_utf8_lossy(&bytes).into_owned(),
            },
            Body::FilePart { file, offset, length } => BodyOut::FilePart { file, offset, length },
        },
        timeout_ms,
    }
}
