//! A to-do list that works offline, on a backend that has never heard of Outrigger: json-server 0.17.4, which numbers its rows and knows no
//! idempotency keys. `echo '{"todos": []}' > db.json && npx json-server@0.17.4 db.json`, then
//! `cargo run -p outrigger-client --example todo -- http://127.0.0.1:3000 add milk`; likewise `list`, `rename 1 oat milk`, `tick 1`, `remove 1`.

use outrigger_client::engine::app::{Accepted, Applied, Facts, LookUp, Merge, Observed, Request, Unresolved};
use outrigger_client::engine::app::{App, Intent};
use outrigger_client::engine::http::{HttpRequest, Method, Response, Target};
use outrigger_client::engine::idmap::{IdMap, Ids};
use outrigger_client::engine::ids::{Entity, Key, Kind, LocalId, ServerId};
use outrigger_client::{Anonymous, Config, Error, SyncService, engine::SyncKind};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What a user can do, as data: this is what waits in the queue. Values are rows, `{"text": "milk", "done": false}`, or parts of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Mutation {
    Add(LocalId, Value),
    Edit(LocalId, Value),
    Remove(LocalId),
}

/// Rows as the backend has them; `None`: it has no such row any more.
pub(crate) type Seen = BTreeMap<ServerId, Option<Value>>;

const TODO: Kind = Kind::new("todo");
const PUT: &str = "REPLACE INTO todo VALUES (?1, CAST(?2 AS TEXT))";

pub(crate) struct Todos;

impl App for Todos {
    type Mutation = Mutation;
    type Observation = Seen;
    const NAME: &'static str = "todos";
    const PAYLOAD_VERSION: u32 = 1;
    const MIGRATIONS: &'static [&'static str] =
        &["CREATE TABLE todo (id BLOB PRIMARY KEY, columns TEXT NOT NULL) STRICT"];

    fn facts(&self, mutation: &Mutation) -> Facts {
        match mutation {
            Mutation::Add(id, _) => Facts::new("todo.add", Intent::Create, Entity::new(TODO, *id)),
            Mutation::Edit(id, _) => Facts::new("todo.edit", Intent::Update, Entity::new(TODO, *id)),
            Mutation::Remove(id) => Facts::new("todo.remove", Intent::Delete, Entity::new(TODO, *id)),
        }
    }

    /// What was added and removed before it was ever sent need not be sent at all.
    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        match (old, new) {
            (Mutation::Add(..), Mutation::Remove(_)) => Merge::Neither,
            (Mutation::Edit(..), Mutation::Remove(_)) => Merge::IntoNewer(new.clone()),
            _ => Merge::Keep,
        }
    }

    /// Shows it at once, long before the backend has heard of it.
    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        let edit = "UPDATE todo SET columns = json_patch(columns, ?2) WHERE id = ?1";
        let changed = match mutation {
            Mutation::Add(id, columns) => db.execute(PUT, params![id, columns.to_string()]),
            Mutation::Edit(id, columns) => db.execute(edit, params![id, columns.to_string()]),
            Mutation::Remove(id) => db.execute("DELETE FROM todo WHERE id = ?1", [id]),
        };
        Ok(Applied::if_any(changed?))
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        let sql = "SELECT CAST(columns AS BLOB) FROM todo WHERE id = ?1";
        db.query_row(sql, [entity.id], |row| row.get(0)).optional()
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        match row {
            Some(row) => db.execute(PUT, params![entity.id, row]),
            None => db.execute("DELETE FROM todo WHERE id = ?1", [entity.id]),
        }
        .map(|_| ())
    }

    /// How it is spoken to the backend. The engine puts its integer id into the path; `client_ref` is a column of ours, for `look_up`.
    fn request(&self, mutation: &Mutation, _: &Ids<'_>) -> Result<Request, Unresolved> {
        let one = Target::resource("/todos/", &self.facts(mutation).entity);
        Ok(match mutation {
            Mutation::Add(id, columns) => {
                let body = json!({ "text": columns["text"], "done": columns["done"], "client_ref": id });
                Request::new(Method::Post, Target::path("/todos")).with_body(body)
            }
            Mutation::Edit(_, columns) => Request::new(Method::Patch, one).with_body(columns.clone()),
            Mutation::Remove(_) => Request::new(Method::Delete, one),
        })
    }

    /// The answer to a POST or PATCH is the row as the backend has it now; to a DELETE it is `{}`.
    fn accept(
        &self,
        db: &Connection,
        done: &Mutation,
        answer: &Response,
        _: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        match ServerId::from_json(&answer.json::<Value>().unwrap_or_default()["id"]) {
            Some(id) => self
                .store(db, &self.facts(done).entity, Some(&answer.body))
                .map(|()| Accepted::under(id)),
            None => Ok(Accepted::default()),
        }
    }

    /// A row with a reference of ours is the one that was made here, also where the answer that would have said so was lost.
    fn observe(&self, seen: &Seen, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        let observed = |(server_id, row): (&ServerId, &Option<Value>)| {
            let reference = row
                .as_ref()
                .and_then(|row| row["client_ref"].as_str()?.parse().ok());
            let id = match reference {
                Some(id) => ids.bind(&Entity::new(TODO, id), server_id).map(|()| id)?,
                None => ids.local_id(&TODO, server_id, None)?,
            };
            let row = row.as_ref().map(|row| row.to_string().into_bytes());
            Ok(Observed::row(Entity::new(TODO, id), row))
        };
        seen.iter().map(observed).collect()
    }

    fn probe(&self) -> HttpRequest {
        HttpRequest::get("/todos?_limit=1")
    }

    /// A create was sent and no answer came: did it arrive? The engine asks before it sends again, so there will be one row, keys or no keys.
    fn look_up(&self, sent: &Mutation, _: Key, _: &Ids<'_>) -> Option<Request> {
        let Mutation::Add(id, _) = sent else {
            return None;
        };
        let path = format!("/todos?client_ref={id}");
        Some(Request::new(Method::Get, Target::path(path)))
    }

    /// json-server ignores a filter by a column that no row has, and sends all: only a row that has the reference itself is the one.
    fn looked_up(&self, sent: &Mutation, answer: &Response) -> LookUp {
        let reference = json!(self.facts(sent).entity.id);
        match answer.json::<Vec<Value>>() {
            Ok(rows) => LookUp::row(rows.iter().find(|row| row["client_ref"] == reference)),
            Err(_) => LookUp::Unclear,
        }
    }
}

/// The list as it is shown: what the backend has, with what waits to reach it.
pub(crate) fn list(db: &Connection) -> rusqlite::Result<Vec<(LocalId, String, bool)>> {
    let sql = "SELECT id, columns ->> 'text', coalesce(columns ->> 'done', 0) FROM todo ORDER BY id";
    let entry = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    db.prepare(sql)?.query_map([], entry)?.collect()
}

/// Takes over the backend's list. What was known before it was asked, and is not in its answer, is gone there.
pub(crate) async fn refresh<A: App<Observation = Seen>>(service: &SyncService<A>) -> Result<(), Error> {
    let known = |db: &Connection| -> rusqlite::Result<Seen> {
        let mut known = Seen::new();
        for (id, ..) in list(db)? {
            known.extend(
                Ids::new(db)
                    .server_id(&Entity::new(TODO, id))?
                    .map(|id| (id, None)),
            );
        }
        Ok(known)
    };
    let mut seen = service.read(known).await?;
    let answer = service.fetch("/todos").await?;
    if let (true, Ok(rows)) = (answer.is_success(), answer.json::<Vec<Value>>()) {
        let rows = rows.into_iter();
        seen.extend(rows.filter_map(|row| Some((ServerId::from_json(&row["id"])?, Some(row)))));
        service.observe(seen, answer.began).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [server, command, words @ ..] = args.as_slice() else {
        return Err(
            "todo <server> list | add <text> | rename <number> <text> | tick <number> | remove <number>"
                .into(),
        );
    };
    let config = Config::new(
        "todos.db",
        "todos.files",
        server.parse()?,
        "me",
        Arc::new(Anonymous),
    );
    let service = SyncService::open(Todos, config).await?;
    let shown = service.read(list).await?;
    let number = words
        .first()
        .and_then(|word| word.parse::<usize>().ok())
        .unwrap_or(0);
    let entry = shown.get(number.wrapping_sub(1)).map(|(id, ..)| *id);
    let mutation = match (command.as_str(), entry) {
        ("add", _) => Mutation::Add(
            service.new_id(),
            json!({ "text": words.join(" "), "done": false }),
        ),
        ("rename", Some(id)) => Mutation::Edit(id, json!({ "text": words[1..].join(" ") })),
        ("tick", Some(id)) => Mutation::Edit(id, json!({ "done": true })),
        ("remove", Some(id)) => Mutation::Remove(id),
        ("list", _) => return show(&service).await,
        _ => return Err("there is no such entry, or no such command".into()),
    };
    service.mutate(mutation).await?; // Durable and shown, whether the backend can be reached or not.
    show(&service).await
}

/// Gives what waits two seconds, then shows every entry with its status.
async fn show(service: &SyncService<Todos>) -> Result<(), Box<dyn std::error::Error>> {
    let mut state = service.state();
    let at_rest = state.wait_for(|state| matches!(state.kind, SyncKind::Idle | SyncKind::Error));
    let _ = tokio::time::timeout(Duration::from_secs(2), at_rest).await;
    if let Err(why) = refresh(service).await {
        println!("{why}");
    }
    for (index, (id, text, done)) in service.read(list).await?.into_iter().enumerate() {
        let status = json!(service.entity_status(id).await?);
        let (number, tick) = (index + 1, if done { 'x' } else { ' ' });
        println!(
            "{number:>3} [{tick}] {text} ({})",
            status["status"].as_str().unwrap_or_default()
        );
    }
    Ok(service.close().await?)
}
