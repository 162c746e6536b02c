//! Recording a drain: the requests as bytes, the rows as changes, and what the server holds afterwards.
//!
//! Owns how bytes that were sent once can be sent again and mean new writes. Never measures: triggers are in both databases meanwhile.
//!
//! To be sent again, two things in the bytes change and nothing else:
//! - the client's id, textually, to another of the same length: the server counts keys within a client, so nothing is a replay;
//! - `ack`, to what had been acknowledged some requests earlier: connections may overtake each other by a little, and a watermark must not overtake a
//!   request that it covers.
//!
//! They are sent to a server that is as it was before the recorded drain, but for the posts of that drain which the bytes name: these are there already.
//! So the server has as much to do, on as large a database, as it has for the client.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use outrigger_engine::http::{Answer, Body, HttpRequest};
use outrigger_engine::ids::ClientId;
use outrigger_engine::{App, Effect, Event, SyncState};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::direct::{Direct, Manner};
use crate::error::Error;
use crate::http::{Http, Ready};
use crate::place;
use crate::replay::Replay;
use crate::trace::{self, Change, Trace, Traced};
use crate::world::{self, World};

/// Mutations that raw rusqlite commits together in the server's place.
const GROUP: usize = 100;

/// A drain, recorded.
pub(crate) struct Recording {
    /// In the order in which they were made, as new writes.
    pub(crate) requests: Arc<Vec<Ready>>,
    /// The changes of the device's rows, in the engine's own transactions.
    pub(crate) device: Replay,
    /// The changes of the server's rows, in groups of [`GROUP`] mutations.
    pub(crate) server: Replay,
    /// The server's data, on which the requests can be made.
    pub(crate) server_before: PathBuf,
}

/// Drains once, with so many requests at once.
pub(crate) async fn record<A: App>(
    world: &World,
    app: A,
    name: &str,
    concurrency: usize,
) -> Result<Recording, Error> {
    // The triggers go into copies: into the server's before it starts.
    let prepared = world.folder.join(format!("{name}-prepared"));
    place::copy(&world.server_data(), &prepared)?;
    trace::install(&world::server_database(&prepared))?;
    let running = world.run(&prepared, name, Duration::ZERO).await?;
    place::remove(&prepared)?;
    let database = world.copy_device(&running)?;
    trace::install(&database)?;
    let http = Http::new(&running.server.url(), Some(&world.token))?;
    let owner = world.owner(&running.server.url());
    let manner = Manner {
        concurrency,
        ..Manner::QUICK
    };
    let drained = drain(Direct::open(&database, app, &owner, manner)?, &http).await?;
    drop(http);
    let device = Replay::of(&trace::take(&database)?, &drained.marks, |_| true);
    let client = client_of(&database)?;
    let folder = running.stop().await?;
    let trace = trace::take(&world::server_database(&folder.join("server")))?;
    let server = Replay::of(&trace, &group_marks(&trace), |_| true);
    let server_before = world.folder.join(format!("{name}-before"));
    with_named_posts(&world.server_data(), &server_before, &drained.requests, &trace)?;
    place::remove(&folder)?;
    let requests = as_new(&drained.requests, &client, concurrency)?;
    Ok(Recording {
        requests: Arc::new(requests),
        device,
        server,
        server_before,
    })
}

struct Drained {
    requests: Vec<HttpRequest>,
    /// How far the trace had come after each step.
    marks: Vec<i64>,
}

/// Performs what the engine says, and keeps it.
async fn drain<A: App>(mut device: Direct<A>, http: &Http) -> Result<Drained, Error> {
    let mut drained = Drained {
        requests: Vec::new(),
        marks: Vec::new(),
    };
    let mut status = None;
    let mut under_way = FuturesUnordered::new();
    let call = device.next_call();
    let mut events = vec![
        Event::Alone,
        Event::Started,
        Event::SetOnline { call, online: true },
    ];
    loop {
        for effect in device.step(&events)? {
            match effect {
                Effect::Send { attempt, request, .. } => {
                    let ready = Ready::new(&request, str::to_owned)?;
                    drained.requests.push(request);
                    under_way.push(async move { (attempt, http.make(&ready).await) });
                }
                Effect::Status(state) => status = Some(state),
                _ => {}
            }
        }
        drained.marks.push(trace::mark(device.engine.db())?);
        let Some((attempt, answered)) = under_way.next().await else {
            break;
        };
        let answered = answered?;
        answered.expect_success()?;
        let answer = Answer::Response(answered.response());
        events = vec![Event::Answered { attempt, answer }];
    }
    drop(under_way);
    device.close()?;
    match status {
        Some(SyncState {
            pending: 0,
            failed: 0,
            ..
        }) => Ok(drained),
        other => Err(Error::Unmeasured(format!(
            "the recorded drain did not end: {other:?}"
        ))),
    }
}

/// Each after so many answers were recorded.
fn group_marks(trace: &Trace) -> Vec<i64> {
    let mut recorded = 0;
    let mut marks = Vec::new();
    for traced in &trace.changes {
        let is_answer =
            trace.tables[traced.table].name == "records" && matches!(traced.change, Change::Inserted(_));
        if is_answer {
            recorded += 1;
            if recorded % GROUP == 0 {
                marks.push(traced.number);
            }
        }
    }
    marks.push(i64::MAX);
    marks
}

/// A server's data as it was before, with those of the recorded posts that the requests name by their ids.
fn with_named_posts(before: &Path, to: &Path, requests: &[HttpRequest], trace: &Trace) -> Result<(), Error> {
    place::copy(before, to)?;
    let mut named = BTreeSet::new();
    for request in requests {
        named.extend(posts_named(&request.path));
        if let Body::Bytes(bytes) = &request.body {
            named.extend(posts_named(&String::from_utf8_lossy(bytes)));
        }
    }
    let mut db = Connection::open(world::server_database(to))?;
    let tx = db.transaction()?;
    for Traced { table, change, .. } in &trace.changes {
        let table = &trace.tables[*table];
        let Change::Inserted(record) = change else {
            continue;
        };
        let is_named = matches!(table.value(record, "id"), Some(Value::Text(id)) if named.contains(id));
        if table.name == "posts" && is_named {
            let marks = vec!["?"; record.len()].join(", ");
            let sql = format!(
                "INSERT INTO posts ({}) VALUES ({marks})",
                table.columns.join(", ")
            );
            tx.prepare_cached(&sql)?.execute(params_from_iter(record))?;
        }
    }
    Ok(tx.commit()?)
}

/// The ids of posts in the paths that a text holds.
fn posts_named(text: &str) -> impl Iterator<Item = String> + '_ {
    const BEFORE: &str = "/v1/posts/";
    text.match_indices(BEFORE).filter_map(|(at, _)| {
        let rest = &text[at + BEFORE.len()..];
        let end = rest.find(['/', '"', '?']).unwrap_or(rest.len());
        Some(rest[..end].to_owned()).filter(|id| !id.is_empty())
    })
}

/// The same requests, from another client.
fn as_new(requests: &[HttpRequest], client: &str, concurrency: usize) -> Result<Vec<Ready>, Error> {
    let other = another(client);
    let mut earlier: VecDeque<String> = VecDeque::new();
    let mut ready = Vec::with_capacity(requests.len());
    for request in requests {
        let named = request
            .headers
            .iter()
            .find(|(name, _)| name == "outrigger-client");
        let ack = named.and_then(|(_, value)| Some(value.split_once(";ack=")?.1.to_owned()));
        let old = ack.clone().map(|ack| format!(";ack={ack}"));
        earlier.push_back(ack.unwrap_or_else(|| "0".to_owned()));
        // So many requests back: those that may still be under way are not covered.
        let lagging = if earlier.len() > 4 * concurrency {
            earlier.pop_front()
        } else {
            None
        };
        let new = format!(";ack={}", lagging.as_deref().unwrap_or("0"));
        ready.push(Ready::new(request, |text| {
            let text = text.replace(client, &other);
            match &old {
                Some(old) if text.ends_with(old.as_str()) => {
                    format!("{}{new}", &text[..text.len() - old.len()])
                }
                _ => text,
            }
        })?);
    }
    Ok(ready)
}

/// The client's id, as it stands in headers.
fn client_of(database: &Path) -> Result<String, Error> {
    let db = Connection::open(database)?;
    let client: ClientId = db.query_row("SELECT client FROM outrigger_identity", [], |row| row.get(0))?;
    Ok(client.to_string())
}

/// One that differs in its last digit.
fn another(client: &str) -> String {
    let (head, last) = client.split_at(client.len() - 1);
    format!("{head}{}", if last == "0" { '1' } else { '0' })
}
