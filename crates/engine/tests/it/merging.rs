//! What becomes of a write that is merged into another: where it stands, and what both wait for.

use outrigger_engine::app::{
    Accepted, App, Applied, Capabilities, Facts, Intent, Merge, Observed, Request, Unresolved,
};
use outrigger_engine::http::{Answer, Body, HttpRequest, Method, Response, Target};
use outrigger_engine::idmap::{IdMap, Ids};
use outrigger_engine::ids::{AttemptId, CallId, Entity, Kind, LocalId, ServerId};
use outrigger_engine::inspect::{self, Standing};
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Event, Options, Outcome, Write};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

use crate::backend::Backend;
use crate::world::{World, id, options};

/// A star, no star and a star again are one star; all three stand where that stands.
#[test]
fn what_was_merged_twice_over_stands_where_the_last_one_does() {
    let app = Notes {
        keys: true,
        ..Notes::default()
    };
    let mut world = World::new(app, Backend::default());
    let milk = id("milk");
    let create = Mutation::Create {
        id: milk,
        text: "text".to_owned(),
        pictures: Vec::new(),
    };
    world.write(create).unwrap();
    world.heal();
    world.set_online(false);
    let stars = [
        Mutation::Star { id: milk },
        Mutation::Unstar { id: milk },
        Mutation::Star { id: milk },
    ];
    let written = stars.map(|star| world.write(star).unwrap());
    for mutation in written {
        let standing = inspect::standing(world.engine.db(), mutation).unwrap();
        assert_eq!(standing, Standing::Waiting, "{mutation}");
    }
    world.set_online(true);
    world.heal();
    for mutation in written {
        let standing = inspect::standing(world.engine.db(), mutation).unwrap();
        assert_eq!(standing, Standing::Settled(Outcome::Synced), "{mutation}");
        assert_eq!(
            world.outcomes.get(&mutation),
            Some(&Outcome::Synced),
            "{mutation}"
        );
    }
}

const THING: Kind = Kind::new("thing");

fn thing(id: LocalId) -> Entity {
    Entity::new(THING, id)
}

/// What can be done with things: they are made, and put on others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Deed {
    Make { id: LocalId },
    Put { id: LocalId, on: LocalId },
}

/// An app whose updates name other things, and are merged: what is put twice is put where it was put last.
struct Shelves;

impl App for Shelves {
    type Mutation = Deed;
    type Observation = ();
    const NAME: &'static str = "shelves";
    const PAYLOAD_VERSION: u32 = 1;
    const MIGRATIONS: &'static [&'static str] =
        &["CREATE TABLE thing (id BLOB NOT NULL PRIMARY KEY, place TEXT NOT NULL) STRICT"];

    fn facts(&self, deed: &Deed) -> Facts {
        match deed {
            Deed::Make { id } => Facts::new("thing.make", Intent::Create, thing(*id)),
            Deed::Put { id, on } => Facts::new("thing.put", Intent::Update, thing(*id)).naming(thing(*on)),
        }
    }

    fn coalesce(&self, old: &Deed, new: &Deed) -> Merge<Deed> {
        match (old, new) {
            (Deed::Put { .. }, Deed::Put { .. }) => Merge::IntoOlder(new.clone()),
            _ => Merge::Keep,
        }
    }

    fn apply(&self, db: &Connection, deed: &Deed) -> rusqlite::Result<Applied> {
        match deed {
            Deed::Make { id } => self.store(db, &thing(*id), Some(b"nowhere"))?,
            Deed::Put { id, on } => self.store(db, &thing(*id), Some(on.to_string().as_bytes()))?,
        }
        Ok(Applied::Shown)
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        let place: Option<String> = db
            .query_row("SELECT place FROM thing WHERE id = ?1", [entity.id], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(place.map(String::into_bytes))
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        match row {
            Some(row) => db.execute(
                "INSERT OR REPLACE INTO thing (id, place) VALUES (?1, ?2)",
                params![entity.id, String::from_utf8_lossy(row)],
            )?,
            None => db.execute("DELETE FROM thing WHERE id = ?1", [entity.id])?,
        };
        Ok(())
    }

    fn request(&self, deed: &Deed, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        Ok(match deed {
            Deed::Make { .. } => Request::new(Method::Post, Target::path("/things")).with_body(json!({})),
            Deed::Put { id, on } => {
                let on = ids.server_id(&thing(*on)).ok().flatten().ok_or(Unresolved)?;
                Request::new(Method::Patch, Target::resource("/things/", &thing(*id)))
                    .with_body(json!({ "on": on.0 }))
            }
        })
    }

    fn accept(
        &self,
        _db: &Connection,
        _deed: &Deed,
        response: &Response,
        _ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        let body: Value = response.json().unwrap_or_default();
        Ok(Accepted {
            server_id: body["id"].as_str().map(|id| ServerId(id.to_owned())),
            version: None,
        })
    }

    fn observe(&self, (): &(), _ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        Ok(Vec::new())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keys: true,
            ..Capabilities::default()
        }
    }

    fn probe(&self) -> HttpRequest {
        HttpRequest::get("/health")
    }
}

struct Shelf {
    engine: Engine<Shelves>,
    in_flight: VecDeque<(AttemptId, HttpRequest)>,
    /// What was sent, in order.
    sent: Vec<String>,
    made: usize,
    _folder: tempfile::TempDir,
}

const NOW: Now = Now {
    wall: Wall(1_700_000_000_000),
    monotonic: Monotonic(0),
};

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            durable: false,
            ..options(NOW, 4)
        };
        let db = Connection::open(folder.path().join("shelves.db")).unwrap();
        let mut shelf = Self {
            engine: Engine::open(db, Arc::new(Shelves), options).unwrap(),
            in_flight: VecDeque::new(),
            sent: Vec::new(),
            made: 0,
            _folder: folder,
        };
        shelf.handle(Event::Alone);
        shelf.handle(Event::Started);
        shelf
    }

    fn handle(&mut self, event: Event<Shelves>) {
        for effect in self.engine.handle(NOW, &[event]).unwrap() {
            match effect {
                Effect::Send { attempt, request, .. } => self.in_flight.push_back((attempt, request)),
                Effect::Reply { reply, .. } => assert!(reply.is_ok(), "{reply:?}"),
                _ => {}
            }
        }
    }

    fn does(&mut self, deed: Deed) {
        self.handle(Event::Mutate {
            call: CallId(1),
            writes: vec![Write::from(deed)],
        });
    }

    fn online(&mut self, online: bool) {
        self.handle(Event::SetOnline {
            call: CallId(2),
            online,
        });
    }

    /// Everything that is sent is answered gladly; what is made gets a number.
    fn settle(&mut self) {
        while let Some((attempt, request)) = self.in_flight.pop_front() {
            let said = match &request.body {
                Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                _ => String::new(),
            };
            self.sent
                .push(format!("{} {} {said}", request.method.as_str(), request.path));
            let body = match request.method {
                Method::Post => {
                    self.made += 1;
                    json!({ "id": format!("t{}", self.made) })
                }
                _ => json!({}),
            };
            let answer = Answer::Response(Response {
                status: 200,
                headers: vec![("content-type".into(), "application/json".to_owned())],
                body: body.to_string().into_bytes(),
            });
            self.handle(Event::Answered { attempt, answer });
        }
    }
}

/// A book waits to be put on a shelf that is there, and is put on one that waits itself to be made: what was merged goes once that was made.
#[test]
fn what_takes_a_newer_write_into_itself_waits_for_what_that_waits_for() {
    let mut shelf = Shelf::new();
    let [book, near, far] = ["book", "near", "far"].map(id);
    shelf.does(Deed::Make { id: book });
    shelf.does(Deed::Make { id: near });
    shelf.settle();
    shelf.online(false);
    shelf.does(Deed::Make { id: far });
    shelf.does(Deed::Put { id: book, on: near });
    shelf.does(Deed::Put { id: book, on: far });
    shelf.online(true);
    shelf.sent.clear();
    shelf.settle();
    assert_eq!(shelf.sent, ["POST /things {}", r#"PATCH /things/t1 {"on":"t3"}"#]);
}
