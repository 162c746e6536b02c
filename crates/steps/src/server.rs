//! What the server answers to the workload, in the words of `docs/protocol.md`.
//!
//! Owns the ids that it gives. It knows nothing that it was not just told: what it says of a post that somebody else wrote is invented. Refuses nothing.

use outrigger_engine::http::{Body, Header, HttpRequest, Method, Response};
use outrigger_social::wire;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::error::Error;
use crate::scene;

/// When it does everything.
const AT: &str = "2026-10-01T08:00:00.000Z";
/// That of the scene's reads.
const EPOCH: &str = "bench";

#[derive(Debug, Default)]
pub(crate) struct Server {
    made: u64,
    /// Up to here the client has recorded its answers.
    watermark: u64,
}

/// What became of one request.
struct Outcome {
    status: u16,
    location: Option<String>,
    object: Value,
}

impl Server {
    /// Answers one write, or a batch of them.
    pub(crate) fn answer(&mut self, request: &HttpRequest) -> Result<Response, Error> {
        let body = match &request.body {
            Body::Bytes(bytes) => {
                serde_json::from_slice(bytes).map_err(|_| Error::Request(said(request, "a body")))?
            }
            Body::Empty => Value::Null,
            Body::FilePart { .. } => return Err(Error::Request(said(request, "a file"))),
        };
        let watermark = self.watermark;
        self.acknowledge(&request.headers);
        let mut headers: Vec<Header> = vec![
            ("content-type".into(), "application/json".to_owned()),
            ("outrigger-epoch".into(), EPOCH.to_owned()),
            ("outrigger-watermark".into(), watermark.to_string()),
        ];
        if request.path == "/v1/batch" {
            let batch =
                serde_json::from_value(body).map_err(|_| Error::Request(said(request, "no batch")))?;
            let body = serde_json::to_vec(&self.batch(batch)?).expect("BUG: what the server says is JSON");
            return Ok(Response {
                status: 200,
                headers,
                body,
            });
        }
        let outcome = self.apply(request.method.as_str(), &request.path, &body)?;
        headers.push(("etag".into(), "\"1\"".to_owned()));
        headers.extend(outcome.location.map(|location| ("location".into(), location)));
        Ok(Response {
            status: outcome.status,
            headers,
            body: outcome.object.to_string().into_bytes(),
        })
    }

    fn acknowledge(&mut self, headers: &[Header]) {
        let client = headers.iter().find(|(name, _)| name == "outrigger-client");
        let ack = client.and_then(|(_, value)| value.split(';').find_map(|part| part.strip_prefix("ack=")));
        let ack = ack.and_then(|ack| ack.parse().ok()).unwrap_or(0);
        self.watermark = self.watermark.max(ack);
    }

    fn batch(&mut self, batch: wire::Batch) -> Result<wire::BatchResponses, Error> {
        let mut locations: BTreeMap<String, String> = BTreeMap::new();
        let mut responses = Vec::with_capacity(batch.requests.len());
        for request in batch.requests {
            let path = resolve(&request.url, &locations);
            let outcome = self.apply(&request.method, &path, &request.body.unwrap_or_default())?;
            let mut headers = BTreeMap::from([
                ("content-type".to_owned(), "application/json".to_owned()),
                ("etag".to_owned(), "\"1\"".to_owned()),
            ]);
            if let Some(location) = outcome.location {
                headers.insert("location".to_owned(), location.clone());
                locations.insert(request.id.clone(), location);
            }
            responses.push(wire::BatchResponse {
                id: request.id,
                status: outcome.status,
                headers,
                body: Some(outcome.object),
            });
        }
        Ok(wire::BatchResponses { responses })
    }

    fn apply(&mut self, method: &str, path: &str, body: &Value) -> Result<Outcome, Error> {
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        let text = body["text"].as_str().unwrap_or("something that was said before");
        match (method, segments.as_slice()) {
            ("POST", ["posts"]) => {
                let id = self.id("post");
                Ok(created("posts", &id, post(&id, text, false)))
            }
            ("POST", ["posts", on, "comments"]) => {
                let id = self.id("cmt");
                let comment = json!({
                    "id": id, "post": on, "author": scene::me(), "text": text, "created_at": AT, "updated_at": AT, "version": 1,
                    "counts": { "likes": 0, "comments": 1 },
                });
                Ok(created("comments", &id, comment))
            }
            ("POST", ["conversations", conversation, "messages"]) => {
                let id = self.id("msg");
                let message = json!({
                    "id": id, "conversation": conversation, "author": scene::me(), "text": text, "media": [], "created_at": AT, "version": 1,
                });
                Ok(created("messages", &id, message))
            }
            ("PUT", ["posts", id, "like"]) => Ok(Outcome {
                status: 200,
                location: None,
                object: post(id, text, true),
            }),
            _ => Err(Error::Request(format!("{method} {path}"))),
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_own{:08}", self.made)
    }
}

fn said(request: &HttpRequest, what: &str) -> String {
    format!("{what} with {} {}", Method::as_str(request.method), request.path)
}

/// `$1/like` is the like of what request 1 made.
fn resolve(url: &str, locations: &BTreeMap<String, String>) -> String {
    let Some(reference) = url.strip_prefix('$') else {
        return url.to_owned();
    };
    let (id, rest) = reference.split_at(reference.find('/').unwrap_or(reference.len()));
    format!(
        "{}{rest}",
        locations.get(id).map(String::as_str).unwrap_or_default()
    )
}

fn created(collection: &str, id: &str, object: Value) -> Outcome {
    Outcome {
        status: 201,
        location: Some(format!("/v1/{collection}/{id}")),
        object,
    }
}

fn post(id: &str, text: &str, liked: bool) -> Value {
    json!({
        "id": id, "author": scene::me(), "text": text, "media": [], "counts": { "likes": u64::from(liked), "comments": 0 }, "liked": liked,
        "created_at": AT, "updated_at": AT, "version": 1,
    })
}
