//! Batches (OData 4.01 JSON batch format §19): many requests in one transaction, each with its own outcome.
//!
//! Owns references between items and their dependencies. Never applies anything itself: an item goes the way of a request
//! that comes alone.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Server, Writer, answer, settle};
use crate::action::Failure;
use crate::blobs::Blobs;
use crate::exchange::{Request, Response};
use crate::headers;
use crate::input;
use crate::operation::{self, Work};
use crate::problem::{Problem, ProblemKind};
use crate::store::{Keep, Store, Transaction, contained};

/// Items of a batch.
pub(crate) const ITEMS_MAX: usize = 100;

/// A batch as it is read (`wire::Batch`): what is in a body is looked at by the operation that it is for.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    requests: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
    #[serde(rename = "dependsOn", default)]
    depends_on: Vec<String>,
}

/// Reads a batch; what is refused here is refused as a whole, since it could not be answered item by item.
fn read(request: &Request) -> Result<Batch<'_>, Problem> {
    let batch: Batch<'_> = input::json(request)?;
    if batch.requests.len() > ITEMS_MAX {
        let detail = format!("a batch has at most {ITEMS_MAX} requests");
        return Err(Problem::new(ProblemKind::TooLarge, detail));
    }
    let mut ids = BTreeSet::new();
    match batch.requests.iter().find(|item| !ids.insert(item.id.as_str())) {
        Some(item) => Err(Problem::malformed(format!(
            "two requests have the id {}",
            item.id
        ))),
        None => Ok(batch),
    }
}

/// The answer to one item, as it is written: the body byte for byte as it was recorded.
#[derive(Serialize)]
struct Answered<'a> {
    id: &'a str,
    status: u16,
    headers: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

/// Items that were answered, by id: the URL that each was sent to, and its answer.
type Earlier = BTreeMap<String, (String, Response)>;

impl<S: Store, B: Blobs> Server<S, B> {
    pub(super) fn apply_batch(
        &self,
        tx: &mut dyn Transaction,
        writer: &mut Writer<'_>,
        request: &Request,
    ) -> Result<Response, Failure> {
        let batch = read(request)?;
        // One was taken for the request itself.
        let further = batch.requests.len().saturating_sub(1);
        self.accounts
            .take(writer.viewer.id.as_str(), further, writer.now.monotonic)?;
        let mut earlier = Earlier::new();
        let ids: Vec<String> = batch.requests.iter().map(|item| item.id.clone()).collect();
        for item in batch.requests {
            let id = item.id.clone();
            let (url, response) = match addressed(item, &request.body, &earlier) {
                Ok(item) => {
                    let response = answer(contained(tx, |tx| {
                        settle(self.apply_item(tx, writer, &item)).map(|it| (Keep::Changes, it))
                    }));
                    (item.url, response)
                }
                Err(problem) => (String::new(), problem.into_response()),
            };
            earlier.insert(id, (url, response));
        }
        written(&ids, &earlier)
    }

    /// Answers one item as if it came alone, but for what belongs to the whole batch: who calls, and `ack`.
    fn apply_item(
        &self,
        tx: &mut dyn Transaction,
        writer: &mut Writer<'_>,
        request: &Request,
    ) -> Result<Response, Failure> {
        let resolved = operation::resolve(&request.method, request.path())?;
        if !resolved.route.in_batch {
            let detail = format!(
                "{} {} cannot be part of a batch",
                request.method, resolved.route.template
            );
            return Err(Problem::malformed(detail).into());
        }
        let client = headers::client(request)?.map(|client| headers::ClientHeader { ack: None, ..client });
        if resolved.route.work == Work::Read {
            let response = self.read_operation(
                tx.as_snapshot(),
                writer.viewer,
                request,
                &resolved,
                client.as_ref(),
            )?;
            return Ok(without_watermark(response));
        }
        let mut item = Writer {
            now: writer.now,
            random: &mut *writer.random,
            tally: &mut *writer.tally,
            viewer: writer.viewer,
            client: client.as_ref(),
        };
        self.apply(tx, &mut item, request, &resolved)
    }
}

/// The watermark is one for the batch.
fn without_watermark(mut response: Response) -> Response {
    response.headers.remove(crate::once::WATERMARK);
    response
}

/// The request that an item stands for, its references replaced by what they refer to.
fn addressed(item: Item<'_>, batch: &Bytes, earlier: &Earlier) -> Result<Request, Problem> {
    let Item {
        id: _,
        method,
        url,
        mut headers,
        body,
        depends_on,
    } = item;
    let mut needed: Vec<&str> = depends_on.iter().map(String::as_str).collect();
    let reference = url.strip_prefix('$').map(|rest| {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        rest.split_at(end)
    });
    needed.extend(reference.map(|(id, _)| id));
    let precondition = headers
        .get("if-match")
        .and_then(|value| value.strip_prefix('$'))
        .map(str::to_owned);
    needed.extend(precondition.as_deref());
    for id in &needed {
        if !earlier.contains_key(*id) {
            return Err(Problem::malformed(format!("no earlier request has the id {id}")));
        }
    }
    if let Some(id) = needed
        .iter()
        .find(|id| earlier.get(**id).is_some_and(|(_, it)| !it.is_success()))
    {
        let detail = format!("request {id} did not succeed, so this one was not tried");
        return Err(Problem::new(ProblemKind::DependencyFailed, detail));
    }
    let url = match reference.and_then(|(id, rest)| Some((earlier.get(id)?, rest))) {
        Some(((sent_to, response), rest)) => {
            let path = sent_to.split_once('?').map_or(sent_to.as_str(), |(path, _)| path);
            format!(
                "{}{rest}",
                response.headers.get("location").map_or(path, String::as_str)
            )
        }
        None => url,
    };
    if let Some(id) = precondition {
        let etag = earlier
            .get(&id)
            .and_then(|(_, response)| response.headers.get("etag"));
        let etag = etag.ok_or_else(|| Problem::malformed(format!("the answer to {id} has no ETag")))?;
        headers.insert("if-match".to_owned(), etag.clone());
    }
    // A body stands in the batch as JSON, whether or not the item says so.
    if body.is_none() || !headers.contains_key("content-type") {
        headers.insert("content-type".to_owned(), "application/json".to_owned());
    }
    Ok(Request {
        method,
        url,
        headers,
        body: body.map_or_else(Bytes::new, |body| batch.slice_ref(body.get().as_bytes())),
    })
}

fn written(ids: &[String], earlier: &Earlier) -> Result<Response, Failure> {
    let mut responses = Vec::with_capacity(ids.len());
    for (id, (_, response)) in ids.iter().filter_map(|id| Some((id, earlier.get(id)?))) {
        let bytes = response.bytes();
        let body = match bytes.is_empty() {
            true => None,
            false => Some(serde_json::from_slice(bytes).expect("BUG: every body of the API is JSON")),
        };
        responses.push(Answered {
            id,
            status: response.status,
            headers: &response.headers,
            body,
        });
    }
    #[derive(Serialize)]
    struct Responses<'a> {
        responses: Vec<Answered<'a>>,
    }
    Ok(Response::json(200, &Responses { responses }))
}
