//! Several mutations in one request: the OData 4.01 JSON batch format (§19), written and read.
//!
//! Owns which waiting rows may join the ready ones, and how their order is spelled. A batch may hold a whole lane, and a create with what names it:
//! `dependsOn` keeps the order, `$id` stands for the id that the create will give.

use outrigger_planted::{self as planted, Bug};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

use crate::app::{App, Batches, Intent};
use crate::edge;
use crate::error::Error;
use crate::http::{Body, Header, HttpRequest, Method, Response, Target};
use crate::ids::{Entity, Place};
use crate::push::request::{self, Prepared};
use crate::push::{self, Outgoing, Purpose};
use crate::queue::{self, Row, RowState};
use crate::step::Step;

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    method: Method,
    url: String,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
    #[serde(rename = "dependsOn", skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    requests: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Answers<'a> {
    #[serde(borrow)]
    responses: Vec<ItemAnswer<'a>>,
}

#[derive(Deserialize)]
struct ItemAnswer<'a> {
    id: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// A row that has its place in the batch.
struct Chosen {
    row: Row,
    prepared: Prepared,
    depends_on: BTreeSet<Place>,
    url: Url,
}

/// Where an item goes.
enum Url {
    Path(String),
    /// To the entity whose id this other request of the batch will give.
    Of(Place),
}

/// Sends ready rows, and what may go with them, in one request. Returns how many rows moved: were marked, or parked. `failed_before` were parked when the
/// ready rows were read.
pub(crate) fn send<A: App>(
    step: &mut Step<'_, A>,
    ready: Vec<Outgoing<A>>,
    batches: &Batches,
    items_max: usize,
    failed_before: i64,
) -> Result<usize, Error> {
    let failed = step.state.counts.failed;
    let all = with_company(step, ready, items_max)?;
    let mut chosen = choose(step, all, batches.bytes_max, failed_before)?;
    if chosen.is_empty() {
        return Ok(usize::try_from(step.state.counts.failed - failed).unwrap_or(0));
    }
    let mut flights = Vec::with_capacity(chosen.len());
    for Chosen { row, prepared, .. } in &mut chosen {
        flights.push(push::depart(step, row, prepared.first())?);
    }
    let acknowledged = request::acknowledged(step)?;
    if let [flight] = flights[..]
        && let Some(Chosen {
            row,
            prepared,
            url: Url::Path(path),
            ..
        }) = chosen.pop()
    {
        let request = request::alone(step, &row, prepared.sent, path, acknowledged)?;
        push::send(step, Purpose::One(flight), request, push::TIMEOUT);
        return Ok(1);
    }
    let body = write(step, &chosen, acknowledged)?;
    let mut headers: Vec<Header> = vec![("content-type".into(), "application/json".to_owned())];
    if step.app.capabilities().keys {
        let client = format!("\"{}\";ack={acknowledged}", step.identity.client);
        headers.push(("outrigger-client".into(), client));
        headers.extend(request::epoch(step));
    }
    let count = flights.len();
    let request = HttpRequest {
        method: Method::Post,
        path: batches.path.clone(),
        headers,
        body: Body::Bytes(body),
    };
    push::send(step, Purpose::Batch(flights), request, push::TIMEOUT);
    Ok(count)
}

/// Adds what waits only for rows of the batch: what stands behind them in their lanes, and what needs them.
fn with_company<A: App>(
    step: &Step<'_, A>,
    mut all: Vec<Outgoing<A>>,
    items_max: usize,
) -> Result<Vec<Outgoing<A>>, Error> {
    let mut places: BTreeSet<Place> = all.iter().map(|one| one.row.place).collect();
    let mut next = 0;
    while next < all.len() && all.len() < items_max {
        let row = &all[next].row;
        next += 1;
        let mut candidates = edge::first_dependants(&step.db, row.place, items_max - all.len())?;
        if row.in_lane {
            candidates.extend(queue::lane_successor(&step.db, row.lane, row.place)?);
        }
        for place in candidates {
            if all.len() >= items_max || places.contains(&place) {
                continue;
            }
            let Some(candidate) = queue::by_place(&step.db, place)? else {
                continue;
            };
            if let Some(companion) = joining(step, candidate, &places)? {
                places.insert(place);
                all.push(companion);
            }
        }
    }
    all.sort_by_key(|one| one.row.place);
    Ok(all)
}

/// A waiting row, if it waits for these only.
fn joining<A: App>(
    step: &Step<'_, A>,
    row: Row,
    places: &BTreeSet<Place>,
) -> Result<Option<Outgoing<A>>, Error> {
    if row.state != RowState::Waiting || row.upload.is_some() || row.due > step.tick {
        return Ok(None);
    }
    let depends_on = predecessors(step, &row)?;
    let mutation = row.mutation(step.app);
    Ok(match mutation {
        Ok(mutation) if depends_on.is_subset(places) => Some(Outgoing {
            row,
            mutation,
            depends_on,
        }),
        _ => None,
    })
}

/// What must have gone before a row: what it waits for, and what stands before it in its lane, also where it has left that: it takes its place there again
/// once it waits for nothing.
fn predecessors<A: App>(step: &Step<'_, A>, row: &Row) -> Result<BTreeSet<Place>, Error> {
    let mut before = BTreeSet::new();
    if row.blockers > 0 {
        before.extend(edge::blockers(&step.db, row.place)?);
    }
    if row.in_lane || row.blockers > 0 {
        before.extend(queue::lane_predecessor(&step.db, row.lane, row.place)?);
    }
    Ok(before)
}

/// Prepares the rows that can be spoken now, in the order of their places: what a row waits for always stands before it.
fn choose<A: App>(
    step: &mut Step<'_, A>,
    all: Vec<Outgoing<A>>,
    bytes_max: usize,
    failed_before: i64,
) -> Result<Vec<Chosen>, Error> {
    let mut chosen: Vec<Chosen> = Vec::with_capacity(all.len());
    let mut places = BTreeSet::new();
    let mut bytes = 0;
    for Outgoing {
        mut row,
        mutation,
        mut depends_on,
    } in all
    {
        if step.state.counts.failed != failed_before {
            // Parking one may have moved others.
            match queue::by_place(&step.db, row.place)? {
                Some(moved) if moved.state != RowState::Parked => row = moved,
                _ => continue,
            }
            depends_on = predecessors(step, &row)?;
        }
        if !depends_on.is_subset(&places) {
            continue;
        }
        let prepared = request::prepare(step, &row, &mutation)?;
        let url = match &prepared {
            Some(prepared) => url(step, &prepared.sent.target, &chosen)?,
            None => None,
        };
        let (Some(prepared), Some(url)) = (prepared, url) else {
            if row.state == RowState::Ready {
                push::park_without_id(step, &mut row)?;
            }
            continue;
        };
        // An estimate of what the item adds beside its body: keys, headers, ids.
        bytes += prepared.sent.body.as_ref().map_or(0, String::len) + 400;
        if bytes > bytes_max && !chosen.is_empty() {
            break;
        }
        places.insert(row.place);
        chosen.push(Chosen {
            row,
            prepared,
            depends_on,
            url,
        });
    }
    Ok(chosen)
}

/// Where a target will be by what was chosen before, or is now; `None` where neither is known. What this batch makes anew is not where a read has seen it: the server may have
/// lost that since.
fn url<A: App>(step: &Step<'_, A>, target: &Target, chosen: &[Chosen]) -> Result<Option<Url>, Error> {
    let made = target.entity().and_then(|entity| {
        let mut makers = chosen.iter().map(|chosen| &chosen.row);
        makers.find(|row| row.entity == *entity && row.intent == Intent::Create)
    });
    if let Some(row) = made {
        return Ok(Some(Url::Of(row.place)));
    }
    if let Some(path) = request::path(step, target)? {
        return Ok(Some(Url::Path(path)));
    }
    Ok(target
        .entity()
        .and_then(|entity| creator(chosen, entity))
        .map(Url::Of))
}

fn creator(chosen: &[Chosen], entity: &Entity) -> Option<Place> {
    chosen
        .iter()
        .rfind(|candidate| candidate.row.entity == *entity)
        .map(|candidate| candidate.row.place)
}

fn write<A: App>(step: &Step<'_, A>, chosen: &[Chosen], acknowledged: i64) -> Result<Vec<u8>, Error> {
    let ids: BTreeMap<Place, String> = chosen
        .iter()
        .enumerate()
        .map(|(index, chosen)| (chosen.row.place, (index + 1).to_string()))
        .collect();
    let json = |error| Error::Database(rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
    let mut requests = Vec::with_capacity(chosen.len());
    for Chosen {
        row,
        prepared,
        depends_on,
        url,
    } in chosen
    {
        let sent = &prepared.sent;
        let url = match url {
            Url::Path(path) => path.clone(),
            Url::Of(place) => sent.target.refer(&ids[place]),
        };
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in request::key_headers(step, row, acknowledged) {
            headers.insert(name.into_owned(), value);
        }
        if sent.guarded {
            headers.extend(guard(step, row, chosen, &ids)?);
        }
        if sent.body.is_some() {
            headers.insert("content-type".to_owned(), "application/json".to_owned());
        }
        let body = sent
            .body
            .as_deref()
            .map(serde_json::from_str::<&RawValue>)
            .transpose()
            .map_err(json)?;
        let depends_on = match planted::is(Bug::BatchWithoutDependencies) {
            true => Vec::new(),
            false => depends_on.iter().map(|place| ids[place].clone()).collect(),
        };
        requests.push(Item {
            id: ids[&row.place].clone(),
            method: sent.method,
            url,
            headers,
            body,
            depends_on,
        });
    }
    serde_json::to_vec(&Envelope { requests }).map_err(json)
}

/// `If-Match`: the version that an earlier request of the batch will make, else the one last seen (§19.4.2).
fn guard<A: App>(
    step: &Step<'_, A>,
    row: &Row,
    chosen: &[Chosen],
    ids: &BTreeMap<Place, String>,
) -> Result<Option<(String, String)>, Error> {
    let earlier = chosen
        .iter()
        .rfind(|other| other.row.entity == row.entity && other.row.place < row.place);
    if let Some(earlier) = earlier {
        return Ok(Some((
            "if-match".to_owned(),
            format!("${}", ids[&earlier.row.place]),
        )));
    }
    Ok(request::guard(step, &row.entity)?.map(|(name, value)| (name.into_owned(), value)))
}

/// The answers to the items of a batch, by their index. An item without one is `None`; `Err` where the body is no batch answer.
pub(crate) fn read(response: &Response, count: usize) -> Result<Vec<Option<Response>>, serde_json::Error> {
    let answers: Answers<'_> = serde_json::from_slice(&response.body)?;
    let mut responses = vec![None; count];
    for answer in answers.responses {
        let Some(slot) = answer
            .id
            .parse::<usize>()
            .ok()
            .and_then(|id| responses.get_mut(id.wrapping_sub(1)))
        else {
            continue;
        };
        let mut headers: Vec<Header> = answer
            .headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase().into(), value))
            .collect();
        // What the batch answer says of the server holds for its items.
        for name in ["outrigger-epoch", "outrigger-watermark"] {
            if let Some(value) = response.header(name) {
                headers.push((name.into(), value.to_owned()));
            }
        }
        let body = answer
            .body
            .map_or_else(Vec::new, |body| body.get().as_bytes().to_vec());
        let body = if body == b"null" { Vec::new() } else { body };
        // A body stands in the batch as JSON, whether or not the item says so.
        if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".into(), "application/json".to_owned()));
        }
        *slot = Some(Response {
            status: answer.status,
            headers,
            body,
        });
    }
    Ok(responses)
}
