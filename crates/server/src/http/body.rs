//! Bodies of requests: read within a bound and a time, and decompressed within the same bound.
//!
//! Owns those bounds. Never keeps more of a body than is allowed.

use std::io::Read as _;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http::HeaderMap;

use crate::problem::{Problem, ProblemKind};

/// Reads a whole body.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    let encoding = encoding(headers)?;
    if declared_length(headers).is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let bytes = tokio::time::timeout(timeout, collect(body, bytes_max))
        .await
        .map_err(|_| Problem::new(ProblemKind::Timeout, "the body did not arrive in time"))??;
    match encoding {
        Encoding::Plain => Ok(bytes),
        Encoding::Gzip => decompress(&bytes, bytes_max),
    }
}

/// The length that the request declares, where it does.
pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(http::header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Refuses a body that is encoded: bytes of an upload are counted as they are sent.
pub(super) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    match encoding(headers)? {
        Encoding::Plain => Ok(()),
        Encoding::Gzip => Err(unsupported()),
    }
}

enum Encoding {
    Plain,
    Gzip,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    match headers
        .get(http::header::CONTENT_ENCODING)
        .map(http::HeaderValue::as_bytes)
    {
        None | Some(b"" | b"identity") => Ok(Encoding::Plain),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(_) => Err(unsupported()),
    }
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut stream = body.into_data_stream();
    let mut collected = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Problem::malformed("the body was cut"))?;
        if collected.len() + piece.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        collected.extend_from_slice(&piece);
    }
    Ok(collected.freeze())
}

/// Stops at the bound, so that a small body cannot become a large one.
fn decompress(bytes: &[u8], bytes_max: usize) -> Result<Bytes, Problem> {
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(bytes_max as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| Problem::malformed("the body is not gzip"))?;
    if plain.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    Ok(Bytes::from(plain))
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        ProblemKind::TooLarge,
        format!("a body has at most {bytes_max} bytes"),
    )
}

fn unsupported() -> Problem {
    Problem::new(
        ProblemKind::UnsupportedMediaType,
        "a body of JSON may be gzip, any other is sent as it is",
    )
}
