//! From a row to a request: what the app says, kept from the first attempt on, with ids as the server knows them.
//!
//! Owns the headers of keys and guards. Never sends.

use outrigger_planted::{self as planted, Bug};

use crate::app::{App, Request};
use crate::error::Error;
use crate::http::{Body, Header, HttpRequest, Target};
use crate::ids::Entity;
use crate::queue::Row;
use crate::sent::{self, Sent};
use crate::step::Step;

/// What is to be sent for a row.
pub(crate) struct Prepared {
    pub(crate) sent: Sent,
    /// Whether it has never been sent before.
    is_first: bool,
}

impl Prepared {
    /// What is to be kept: the request, where it has never been sent before.
    pub(crate) fn first(&self) -> Option<&Sent> {
        self.is_first.then_some(&self.sent)
    }
}

/// The request of a row: as it was first made, or as the app makes it now. `None` where a reference in its body has no server id yet.
pub(crate) fn prepare<A: App>(
    step: &Step<'_, A>,
    row: &Row,
    mutation: &A::Mutation,
) -> Result<Option<Prepared>, Error> {
    if let Some(sent) = sent::find(&step.db, row)? {
        return Ok(Some(Prepared {
            sent,
            is_first: false,
        }));
    }
    let ids = step.ids();
    let made = step.app.request(mutation, &ids);
    ids.were_read()?;
    let Ok(Request {
        method,
        target,
        body,
        guarded,
    }) = made
    else {
        return Ok(None);
    };
    let body = body.map(|body| body.to_string());
    Ok(Some(Prepared {
        sent: Sent {
            method,
            target,
            guarded,
            body,
        },
        is_first: true,
    }))
}

/// The path of a target, once what it names has a server id.
pub(crate) fn path<A: App>(step: &Step<'_, A>, target: &Target) -> Result<Option<String>, Error> {
    let Some(entity) = target.entity() else {
        return Ok(Some(target.resolve(None)));
    };
    Ok(step.ids().server_id(entity)?.map(|id| target.resolve(Some(&id))))
}

/// The request of a row that is sent by itself.
pub(crate) fn alone<A: App>(
    step: &Step<'_, A>,
    row: &Row,
    sent: Sent,
    path: String,
    acknowledged: i64,
) -> Result<HttpRequest, Error> {
    let mut headers = key_headers(step, row, acknowledged);
    headers.extend(epoch(step));
    if sent.guarded {
        headers.extend(guard(step, &row.entity)?);
    }
    Ok(with_body(sent.method, path, headers, sent.body))
}

/// A request that needs no key: a look-up.
pub(crate) fn unkeyed<A: App>(step: &Step<'_, A>, request: &Request) -> Result<Option<HttpRequest>, Error> {
    let body = request.body.as_ref().map(ToString::to_string);
    let path = path(step, &request.target)?;
    Ok(path.map(|path| with_body(request.method, path, Vec::new(), body)))
}

fn with_body(
    method: crate::http::Method,
    path: String,
    mut headers: Vec<Header>,
    body: Option<String>,
) -> HttpRequest {
    let body = match body {
        Some(text) => {
            headers.push(("content-type".into(), "application/json".to_owned()));
            Body::Bytes(text.into_bytes())
        }
        None => Body::Empty,
    };
    HttpRequest {
        method,
        path,
        headers,
        body,
    }
}

/// `If-Match` with the version last seen, if there is one.
pub(crate) fn guard<A: App>(step: &Step<'_, A>, entity: &Entity) -> Result<Option<Header>, Error> {
    Ok(step
        .ids()
        .version(entity)?
        .map(|version| ("if-match".into(), version)))
}

/// The key of a row, its sequence and up to which one this client has recorded every answer, where the backend knows keys.
pub(crate) fn key_headers<A: App>(step: &Step<'_, A>, row: &Row, acknowledged: i64) -> Vec<Header> {
    let Some(sequence) = row.sequence.filter(|_| step.app.capabilities().keys) else {
        return Vec::new();
    };
    let client = format!(
        "\"{}\";seq={};ack={acknowledged}",
        step.identity.client, sequence.0
    );
    vec![
        ("idempotency-key".into(), format!("\"{}\"", row.key)),
        ("outrigger-client".into(), client),
    ]
}

/// The epoch of the server's database, as far as this client knows: what it acknowledges is meant for that one.
pub(crate) fn epoch<A: App>(step: &Step<'_, A>) -> Option<Header> {
    let epoch = step.identity.epoch.as_ref();
    epoch
        .filter(|_| step.app.capabilities().keys)
        .map(|epoch| ("outrigger-epoch".into(), epoch.clone()))
}

/// Up to which sequence every answer is durably recorded.
pub(crate) fn acknowledged<A: App>(step: &Step<'_, A>) -> Result<i64, Error> {
    let open = sent::lowest_open(&step.db)?;
    Ok(open.map_or(step.state.sequence_next, |sequence| sequence.0)
        - i64::from(!planted::is(Bug::AcknowledgedOneTooMany)))
}
