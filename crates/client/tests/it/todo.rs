//! A small app: a list of things to do.

use outrigger_client::engine::App;
use outrigger_client::engine::app::{
    Accepted, Applied, Capabilities, Facts, Intent, Invalid, Merge, Observed, Request, Unresolved, Uploads,
};
use outrigger_client::engine::http::{Body, HttpRequest, Method, Response, Target};
use outrigger_client::engine::idmap::{IdMap, Ids};
use outrigger_client::engine::ids::{Entity, Kind, LocalId, ServerId, Sha256};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) const TODO: Kind = Kind::new("todo");

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Mutation {
    Add {
        id: LocalId,
        text: String,
        file: Option<Sha256>,
    },
    Rename {
        id: LocalId,
        text: String,
    },
    Remove {
        id: LocalId,
    },
}

impl Mutation {
    pub(crate) fn entity(&self) -> Entity {
        match self {
            Self::Add { id, .. } | Self::Rename { id, .. } | Self::Remove { id } => Entity::new(TODO, *id),
        }
    }
}

/// Something read from the server.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) server_id: String,
    pub(crate) text: String,
}

/// A disk that can be made to look full: SQLite gets no new page while the reserve holds the space, and some once it is released; and there
/// is no space for a new reserve.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    full: Arc<AtomicBool>,
    reserve: PathBuf,
}

impl Disk {
    pub(crate) fn new(reserve: PathBuf) -> Self {
        Self {
            full: Arc::default(),
            reserve,
        }
    }

    pub(crate) fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
        // Where a folder is, no file can be made.
        let draft = self.reserve.with_added_extension("new");
        if full {
            std::fs::create_dir(draft).unwrap();
        } else {
            std::fs::remove_dir(draft).unwrap();
        }
    }

    fn limit(&self, db: &Connection) -> rusqlite::Result<()> {
        let used: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let pages_max = match (self.full.load(Ordering::SeqCst), self.reserve.exists()) {
            (true, true) => used,
            (true, false) => used + 100,
            (false, _) => 1_000_000,
        };
        db.pragma_update_and_check(None, "max_page_count", pages_max, |_| Ok(()))
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct TodoApp {
    pub(crate) disk: Disk,
    pub(crate) panics_at: Option<String>,
}

impl App for TodoApp {
    type Mutation = Mutation;
    type Observation = Vec<Seen>;

    const NAME: &'static str = "todo";
    const PAYLOAD_VERSION: u32 = 1;
    const MIGRATIONS: &'static [&'static str] =
        &["CREATE TABLE todo (id BLOB NOT NULL PRIMARY KEY, text TEXT NOT NULL) STRICT"];

    fn validate(&self, mutation: &Mutation) -> Result<(), Invalid> {
        match mutation {
            Mutation::Add { text, .. } | Mutation::Rename { text, .. } if text.is_empty() => {
                Err(Invalid("say what is to be done".to_owned()))
            }
            Mutation::Add { text, .. } if self.panics_at.as_ref() == Some(text) => {
                panic!("as the test wants")
            }
            _ => Ok(()),
        }
    }

    fn facts(&self, mutation: &Mutation) -> Facts {
        let entity = mutation.entity();
        match mutation {
            Mutation::Add { file, .. } => {
                Facts::new("todo.add", Intent::Create, entity).with_attachments(*file)
            }
            Mutation::Rename { .. } => Facts::new("todo.rename", Intent::Update, entity),
            Mutation::Remove { .. } => Facts::new("todo.remove", Intent::Delete, entity),
        }
    }

    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        match (old, new) {
            (Mutation::Add { id, file, .. }, Mutation::Rename { text, .. }) => {
                Merge::IntoOlder(Mutation::Add {
                    id: *id,
                    text: text.clone(),
                    file: *file,
                })
            }
            (Mutation::Rename { .. }, Mutation::Rename { .. }) => Merge::IntoOlder(new.clone()),
            (Mutation::Add { .. }, Mutation::Remove { .. }) => Merge::Neither,
            (_, Mutation::Remove { .. }) => Merge::IntoNewer(new.clone()),
            _ => Merge::Keep,
        }
    }

    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        self.disk.limit(db)?;
        let changed = match mutation {
            Mutation::Add { id, text, .. } => db.execute(
                "INSERT OR REPLACE INTO todo (id, text) VALUES (?1, ?2)",
                params![id, text],
            )?,
            Mutation::Rename { id, text } => {
                db.execute("UPDATE todo SET text = ?2 WHERE id = ?1", params![id, text])?
            }
            Mutation::Remove { id } => db.execute("DELETE FROM todo WHERE id = ?1", [id])?,
        };
        Ok(if changed > 0 {
            Applied::Shown
        } else {
            Applied::Missing
        })
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        self.disk.limit(db)?;
        let text: Option<String> = db
            .query_row("SELECT text FROM todo WHERE id = ?1", [entity.id], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(text.map(String::into_bytes))
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        match row {
            Some(text) => {
                let text = String::from_utf8_lossy(text).into_owned();
                db.execute(
                    "INSERT OR REPLACE INTO todo (id, text) VALUES (?1, ?2)",
                    params![entity.id, text],
                )?
            }
            None => db.execute("DELETE FROM todo WHERE id = ?1", [entity.id])?,
        };
        Ok(())
    }

    fn request(&self, mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        let resource = || Target::resource("/todos/", &mutation.entity());
        Ok(match mutation {
            Mutation::Add { text, file, .. } => {
                let upload = match file {
                    Some(file) => Some(ids.upload(file).ok().flatten().ok_or(Unresolved)?),
                    None => None,
                };
                Request::new(Method::Post, Target::path("/todos"))
                    .with_body(json!({"text": text, "upload": upload}))
            }
            Mutation::Rename { text, .. } => {
                Request::new(Method::Patch, resource()).with_body(json!({"text": text}))
            }
            Mutation::Remove { .. } => Request::new(Method::Delete, resource()),
        })
    }

    fn accept(
        &self,
        _db: &Connection,
        mutation: &Mutation,
        response: &Response,
        _ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        #[derive(Deserialize)]
        struct Created {
            id: String,
        }
        let server_id = match mutation {
            Mutation::Add { .. } => response
                .json::<Created>()
                .ok()
                .map(|created| ServerId(created.id)),
            _ => None,
        };
        Ok(Accepted {
            server_id,
            version: None,
        })
    }

    fn observe(&self, seen: &Vec<Seen>, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        seen.iter()
            .map(|todo| {
                let id = ids.local_id(&TODO, &ServerId(todo.server_id.clone()), None)?;
                Ok(Observed {
                    entity: Entity::new(TODO, id),
                    row: Some(todo.text.clone().into_bytes()),
                    version: None,
                })
            })
            .collect()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keys: true,
            batches: None,
            uploads: Some(Uploads {
                path: "/uploads".to_owned(),
                part_bytes_max: 100_000,
            }),
        }
    }

    fn probe(&self) -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            path: "/probe".to_owned(),
            headers: Vec::new(),
            body: Body::Empty,
        }
    }
}
