//! Bytes that are not held whole: what an upload brings, and what a blob gives.
//!
//! Owns the crossing between async sockets and the blocking core. Never interprets the bytes.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};

use super::app::App;
use crate::blobs::Blobs as _;
use crate::exchange::{Caller, Request, Response};
use crate::ids::UploadId;
use crate::problem::{Problem, ProblemKind};
use crate::server::{Append, internal, unavailable};

/// How much is gathered before it is written.
const PIECE: usize = 256 * 1024;

/// Streams the body of a `PATCH` into its upload, in a task of its own: when the connection is cut its handler is
/// dropped, and what arrived must be recorded all the same.
pub(super) async fn append(
    app: &Arc<App>,
    caller: Caller,
    request: Request,
    body: Body,
    length: Option<u64>,
) -> Result<Response, Problem> {
    let app = app.clone();
    let task = tokio::spawn(async move { append_all(&app, caller, request, body, length).await });
    task.await.map_err(|error| {
        tracing::error!(%error, "an upload panicked");
        internal()
    })?
}

/// What arrived before a cut, or before a pause that is too long, is kept.
async fn append_all(
    app: &Arc<App>,
    caller: Caller,
    request: Request,
    body: Body,
    length: Option<u64>,
) -> Result<Response, Problem> {
    let begun = {
        let app = app.clone();
        blocking(move || {
            app.server
                .begin_append(app.clock.now(), &caller, &request, length)
        })
        .await?
    };
    let mut append = match begun {
        Ok(append) => append,
        Err(response) => return Ok(response),
    };
    let mut stream = body.into_data_stream();
    let mut gathered = BytesMut::new();
    let mut outcome = Ok(());
    while outcome.is_ok() {
        let next = tokio::time::timeout(app.limits.body_timeout, stream.next()).await;
        let ended = match next {
            Ok(Some(Ok(piece))) => {
                gathered.extend_from_slice(&piece);
                None
            }
            Ok(None) => Some(Ok(())),
            Ok(Some(Err(_))) => Some(Err(Problem::malformed("the body was cut"))),
            Err(_) => Some(Err(Problem::new(
                ProblemKind::Timeout,
                "the next bytes did not arrive in time",
            ))),
        };
        if gathered.len() >= PIECE || (ended.is_some() && !gathered.is_empty()) {
            let piece = gathered.split().freeze();
            (append, outcome) = write(app, append, piece).await?;
        }
        if let Some(end) = ended {
            outcome = outcome.and(end);
            break;
        }
    }
    let _permit = app.publishing.acquire().await.map_err(|_| unavailable())?;
    let app = app.clone();
    blocking(move || app.server.end_append(app.clock.now(), append, outcome)).await
}

async fn write(
    app: &Arc<App>,
    mut append: Append,
    piece: Bytes,
) -> Result<(Append, Result<(), Problem>), Problem> {
    let app = app.clone();
    blocking(move || {
        let written = app.server.write_append(app.clock.now(), &mut append, &piece);
        (append, written)
    })
    .await
}

/// The bytes of a blob, piece by piece. The first is read before anything is answered, so that a blob that cannot be read
/// is an error and not a short answer.
pub(super) async fn blob(app: &Arc<App>, id: UploadId, size: u64) -> Result<Body, Problem> {
    let first = piece(app, &id, 0, size).await?;
    let at = first.len() as u64;
    let rest = stream::try_unfold((app.clone(), id, at), move |(app, id, at)| async move {
        if at >= size {
            return Ok(None);
        }
        let bytes = piece(&app, &id, at, size)
            .await
            .map_err(|problem| std::io::Error::other(problem.detail))?;
        if bytes.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let next = at + bytes.len() as u64;
        Ok::<_, std::io::Error>(Some((bytes, (app, id, next))))
    });
    Ok(Body::from_stream(
        stream::once(async move { Ok(first) }).chain(rest),
    ))
}

async fn piece(app: &Arc<App>, id: &UploadId, at: u64, size: u64) -> Result<Bytes, Problem> {
    let (app, id) = (app.clone(), id.clone());
    let length = (size - at).min(PIECE as u64);
    blocking(move || app.server.blobs().read(&id, at, length))
        .await?
        .map_err(|error| {
            tracing::error!(%error, "a blob");
            internal()
        })
}

/// Runs what may block on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request panicked");
        internal()
    })
}
