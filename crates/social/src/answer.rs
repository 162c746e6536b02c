//! Who answered, and what the answers to questions about keys and clients say.
//!
//! Owns the signs by which the Outrigger server is known. Never decides what follows from an answer: the engine does.

use outrigger_engine::app::{LookUp, Problem, ProblemKind, Recognition, Request, Retirement};
use outrigger_engine::http::{Body, Header, HttpRequest, Method, Response, Target};
use outrigger_engine::ids::{ClientId, Key};
use outrigger_planted::{self as planted, Bug};

use crate::accept::etag;
use crate::mutation::{CommentChange, MessageChange, Mutation, PostChange};
use crate::wire;

/// Every answer of the server's carries it; no captive portal or proxy makes it up.
const EPOCH: &str = "outrigger-epoch";

/// Who answered.
pub(crate) fn recognise(response: &Response) -> Recognition {
    let alien = |sign| Recognition::Alien { sign };
    if response.header(EPOCH).is_none() && !planted::is(Bug::PortalPageAcknowledges) {
        return alien("no Outrigger-Epoch: another server answered");
    }
    match response.status {
        200..=299 => match success(response) {
            Ok(()) => Recognition::Answer,
            Err(sign) => alien(sign),
        },
        400..=599 => problem(response).map_or_else(alien, Recognition::Problem),
        _ => alien("a status that the server never gives"),
    }
}

fn success(response: &Response) -> Result<(), &'static str> {
    if response.body.is_empty() {
        return Ok(());
    }
    if response.status == 204 {
        return Err("a body where none belongs");
    }
    if !is_typed(response, "application/json") && !planted::is(Bug::PortalPageAcknowledges) {
        return Err("a body that is not JSON");
    }
    response
        .json::<serde::de::IgnoredAny>()
        .map(|_| ())
        .map_err(|_| "JSON that was cut short")
}

/// The answer to one request of a batch may leave its type out: it stands in JSON.
fn is_typed(response: &Response, wanted: &str) -> bool {
    response
        .media_type()
        .is_none_or(|media_type| media_type.eq_ignore_ascii_case(wanted))
}

fn problem(response: &Response) -> Result<Problem, &'static str> {
    // The answer to a HEAD has no body.
    if response.body.is_empty() {
        let code = format!("http-{}", response.status);
        return Ok(Problem {
            kind: ProblemKind::Other,
            detail: format!("the server answered {}", response.status),
            code,
        });
    }
    if !is_typed(response, "application/problem+json") {
        return Err("an error that is not a problem document");
    }
    let told: wire::Problem = response
        .json()
        .map_err(|_| "a problem document that was cut short")?;
    if told.status != response.status {
        return Err("a problem document about another status");
    }
    let code = told
        .r#type
        .strip_prefix(wire::PROBLEM_PREFIX)
        .unwrap_or(&told.r#type)
        .to_owned();
    Ok(Problem {
        kind: problem_kind(&code),
        code,
        detail: detail(&told),
    })
}

fn problem_kind(name: &str) -> ProblemKind {
    match name {
        "in-progress" => ProblemKind::InProgress,
        // A key that stands for other words: another copy of this database used it.
        "client-rewound" | "key-reused" => ProblemKind::ClientRewound,
        "client-retired" => ProblemKind::ClientRetired,
        "upload-missing" | "upload-gone" => ProblemKind::UploadMissing,
        "name-taken" => ProblemKind::Exists,
        _ => ProblemKind::Other,
    }
}

/// What happened, with the fields that were refused.
fn detail(told: &wire::Problem) -> String {
    let mut detail = if told.detail.is_empty() {
        told.title.clone()
    } else {
        told.detail.clone()
    };
    for (index, error) in told.errors.iter().enumerate() {
        detail.push_str(if index == 0 { ": " } else { "; " });
        detail.push_str(&format!("{} – {}", error.field, error.detail));
    }
    detail
}

/// Asks what was created under a key. Of what was changed or removed no trace is kept by key.
pub(crate) fn look_up(mutation: &Mutation, key: Key) -> Option<Request> {
    created_kind(mutation)?;
    Some(Request::new(
        Method::Get,
        Target::path(format!("/v1/created/{key}")),
    ))
}

/// What was created, as the answer that the create would have had.
pub(crate) fn looked_up(mutation: &Mutation, response: &Response) -> LookUp {
    let created = match recognise(response) {
        Recognition::Answer => response.json::<wire::Created>().ok(),
        Recognition::Problem(problem) if response.status == 404 && problem.code == "not-found" => {
            return LookUp::NotDone;
        }
        Recognition::Problem(_) | Recognition::Alien { .. } => None,
    };
    let (Some(created), Some(kind)) = (created, created_kind(mutation)) else {
        return LookUp::Unclear;
    };
    let Ok(body) = serde_json::to_vec(&created.object) else {
        return LookUp::Unclear;
    };
    if created.kind != kind.name {
        return LookUp::Unclear;
    }
    let mut headers: Vec<Header> = vec![
        ("content-type".into(), "application/json".to_owned()),
        ("location".into(), format!("{}{}", kind.collection, created.id)),
        // What it counts is of now; but when the server was asked is not what a create's answer tells.
        ("idempotency-replayed".into(), "true".to_owned()),
    ];
    if let Some(version) = created.object.get("version").and_then(serde_json::Value::as_u64) {
        headers.push(("etag".into(), etag(version)));
    }
    if let Some(epoch) = response.header(EPOCH) {
        headers.push((EPOCH.into(), epoch.to_owned()));
    }
    LookUp::Done(Response {
        status: 201,
        headers,
        body,
    })
}

struct CreatedKind {
    name: &'static str,
    collection: &'static str,
}

fn created_kind(mutation: &Mutation) -> Option<CreatedKind> {
    let (name, collection) = match mutation {
        Mutation::Post(PostChange::Create { .. }) => ("post", "/v1/posts/"),
        Mutation::Comment(CommentChange::Create { .. }) => ("comment", "/v1/comments/"),
        Mutation::Message(MessageChange::Create { .. }) => ("message", "/v1/messages/"),
        _ => return None,
    };
    Some(CreatedKind { name, collection })
}

/// Retires a client id.
pub(crate) fn retire(client: ClientId) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        path: format!("/v1/clients/{client}/retire"),
        headers: headers(),
        body: Body::Empty,
    }
}

/// What the server says of a client that it retired.
pub(crate) fn retired(response: &Response) -> Option<Retirement> {
    if recognise(response) != Recognition::Answer {
        return None;
    }
    let told: wire::Retired = response.json().ok()?;
    let highest_key = match told.highest_key {
        Some(key) => Some(key.parse().ok()?),
        None => None,
    };
    Some(Retirement {
        highest_key,
        already: told.already,
    })
}

/// Asks for oneself: only the server knows the answer, and a refusal is an answer too.
pub(crate) fn probe() -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        path: "/v1/me".to_owned(),
        headers: headers(),
        body: Body::Empty,
    }
}

/// Headers of every request.
pub(crate) fn headers() -> Vec<Header> {
    vec![(
        "accept".into(),
        "application/json, application/problem+json".to_owned(),
    )]
}
