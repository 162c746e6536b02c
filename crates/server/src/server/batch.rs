//! Batches (OData 4.01 JSON batch format §19): many requests in one transaction, each with its own outcome.
//!
//! Owns references between items and their dependencies. Never applies anything itself: an item goes the way of a request
//! that comes alone.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use outrigger_planted::{self as planted, Bug};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::mutation::Mutation;
use super::{Server, Writer, answer, settle};
use crate::action::Failure;
use crate::blobs::Blobs;
use crate::exchange::{Request, Response};
use crate::headers::{self, ClientHeader};
use crate::input;
use crate::operation::{self, Resolved, Work};
use crate::problem::{Problem, ProblemKind};
use crate::store::{Keep, Store, Transaction, contained};

/// Items of a batch.
pub(crate) const ITEMS_MAX: usize = 100;

/// A batch as it is read (`wire::Batch`): what is in a body is looked at by the operation that it is for.
#[derive(Deserialize)]
struct Requests<'a> {
    #[serde(borrow)]
    requests: Vec<RequestOfBatch<'a>>,
}

#[derive(Deserialize)]
struct RequestOfBatch<'a> {
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

/// A batch before its turn.
#[derive(Debug)]
pub(super) struct Batch {
    items: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    id: String,
    depends_on: Vec<String>,
    request: Request,
    /// Of one that refers to another it is not known before that one is answered.
    asked: Option<Result<Asked, Problem>>,
}

/// What an item asks for.
#[derive(Debug)]
enum Asked {
    Read(Resolved, Option<ClientHeader>),
    Write(Box<Mutation>),
}

impl Batch {
    /// Reads a batch; what is refused here is refused as a whole, since it could not be answered item by item.
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        let Requests { requests } = input::json(request)?;
        if requests.len() > ITEMS_MAX {
            let detail = format!("a batch has at most {ITEMS_MAX} requests");
            return Err(Problem::new(ProblemKind::TooLarge, detail));
        }
        let mut ids = BTreeSet::new();
        if let Some(item) = requests.iter().find(|item| !ids.insert(item.id.as_str())) {
            let detail = format!("two requests have the id {}", item.id);
            return Err(Problem::malformed(detail));
        }
        let items = requests.into_iter().map(|item| Item::new(item, &request.body));
        Ok(Self {
            items: items.collect(),
        })
    }
}

impl Batch {
    /// How many requests it holds.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
}

impl Item {
    fn new(item: RequestOfBatch<'_>, batch: &Bytes) -> Self {
        let mut headers = item.headers;
        // A body stands in the batch as JSON, whether or not the item says so.
        if item.body.is_none() || !headers.contains_key("content-type") {
            headers.insert("content-type".to_owned(), "application/json".to_owned());
        }
        let request = Request {
            method: item.method,
            url: item.url,
            headers,
            body: item
                .body
                .map_or_else(Bytes::new, |body| batch.slice_ref(body.get().as_bytes())),
        };
        let refers = reference(&request).is_some() || precondition(&request).is_some();
        Self {
            id: item.id,
            depends_on: item.depends_on,
            asked: (!refers).then(|| Asked::read(&request)),
            request,
        }
    }
}

impl Asked {
    fn read(request: &Request) -> Result<Self, Problem> {
        let resolved = operation::resolve(&request.method, request.path())?;
        if !resolved.route.in_batch {
            let detail = format!(
                "{} {} cannot be part of a batch",
                request.method, resolved.route.template
            );
            return Err(Problem::malformed(detail));
        }
        let client = headers::client(request)?.map(|client| ClientHeader { ack: None, ..client });
        Ok(match resolved.route.work {
            Work::Read => Self::Read(resolved, client),
            _ => Self::Write(Box::new(Mutation::read(request, resolved, client)?)),
        })
    }
}

/// The id at the head of a URL, and what follows it.
fn reference(request: &Request) -> Option<(&str, &str)> {
    let rest = request.url.strip_prefix('$')?;
    Some(rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())))
}

/// The id in place of an entity tag.
fn precondition(request: &Request) -> Option<&str> {
    request.header_value("if-match")?.strip_prefix('$')
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
type Earlier<'b> = BTreeMap<&'b str, (Cow<'b, str>, Response)>;

impl<S: Store, B: Blobs> Server<S, B> {
    pub(super) fn apply_batch(
        &self,
        tx: &mut dyn Transaction,
        writer: &mut Writer<'_>,
        batch: &Batch,
    ) -> Result<Response, Failure> {
        let mut earlier = Earlier::new();
        for item in &batch.items {
            let answered = match addressed(item, &earlier) {
                Ok(Cow::Borrowed(request)) => {
                    let response = self.answer_item(tx, writer, request, item.asked.as_ref());
                    (Cow::Borrowed(request.url.as_str()), response)
                }
                Ok(Cow::Owned(request)) => {
                    let response = self.answer_item(tx, writer, &request, None);
                    (Cow::Owned(request.url), response)
                }
                Err(problem) => (Cow::Borrowed(""), problem.into_response()),
            };
            earlier.insert(&item.id, answered);
        }
        written(batch, &earlier)
    }

    /// Answers one item as if it came alone, but for what belongs to the whole batch: who calls, and `ack`.
    fn answer_item(
        &self,
        tx: &mut dyn Transaction,
        writer: &mut Writer<'_>,
        request: &Request,
        asked: Option<&Result<Asked, Problem>>,
    ) -> Response {
        let read;
        let asked = match asked {
            Some(asked) => asked,
            None => {
                read = Asked::read(request);
                &read
            }
        };
        answer(contained(tx, |tx| {
            let outcome = match asked {
                Ok(Asked::Read(resolved, client)) => self
                    .read_operation(
                        tx.as_snapshot(),
                        writer.viewer,
                        request,
                        resolved,
                        client.as_ref(),
                    )
                    .map(without_watermark),
                Ok(Asked::Write(mutation)) => self.apply(tx, writer, mutation),
                Err(problem) => Err(problem.clone().into()),
            };
            settle(outcome).map(|it| (Keep::Changes, it))
        }))
    }
}

/// The watermark is one for the batch.
fn without_watermark(mut response: Response) -> Response {
    response.headers.remove(crate::once::WATERMARK);
    response
}

/// The request that an item stands for, its references replaced by what they refer to.
fn addressed<'b>(item: &'b Item, earlier: &Earlier<'_>) -> Result<Cow<'b, Request>, Problem> {
    let (reference, precondition) = (reference(&item.request), precondition(&item.request));
    let mut needed: Vec<&str> = item.depends_on.iter().map(String::as_str).collect();
    needed.extend(reference.map(|(id, _)| id));
    needed.extend(precondition);
    for id in &needed {
        if !earlier.contains_key(*id) {
            return Err(Problem::malformed(format!("no earlier request has the id {id}")));
        }
    }
    if let Some(id) = needed
        .iter()
        .find(|id| earlier.get(**id).is_some_and(|(_, it)| !it.is_success()))
        && !planted::is(Bug::DependsOnIgnored)
    {
        let detail = format!("request {id} did not succeed, so this one was not tried");
        return Err(Problem::new(ProblemKind::DependencyFailed, detail));
    }
    if reference.is_none() && precondition.is_none() {
        return Ok(Cow::Borrowed(&item.request));
    }
    let mut request = item.request.clone();
    if let Some(((sent_to, response), rest)) = reference.and_then(|(id, rest)| Some((earlier.get(id)?, rest)))
    {
        let path = sent_to.split_once('?').map_or(&**sent_to, |(path, _)| path);
        let path = response.headers.get("location").map_or(path, String::as_str);
        request.url = format!("{path}{rest}");
    }
    if let Some(id) = precondition {
        let etag = earlier
            .get(id)
            .and_then(|(_, response)| response.headers.get("etag"));
        let etag = etag.ok_or_else(|| Problem::malformed(format!("the answer to {id} has no ETag")))?;
        request.headers.insert("if-match".to_owned(), etag.clone());
    }
    Ok(Cow::Owned(request))
}

fn written(batch: &Batch, earlier: &Earlier<'_>) -> Result<Response, Failure> {
    let mut responses = Vec::with_capacity(batch.items.len());
    let ids = batch.items.iter().map(|item| item.id.as_str());
    for (id, (_, response)) in ids.filter_map(|id| Some((id, earlier.get(id)?))) {
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
