//! The app of the scenarios: notes with stars (set-like), lines in a book (one lane for many), pictures.
//!
//! Owns one table. Small on purpose: what a scenario shows must be the engine's doing.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::{
    Accepted, App, Applied, Batches, Capabilities, Facts, Intent, Invalid, LookUp, Merge, Observed, Problem,
    ProblemKind, Recognition, Request, Retirement, Unreadable, Unresolved, Uploads,
};
use crate::http::{HttpRequest, Method, Response, Target};
use crate::idmap::{IdMap, Ids};
use crate::ids::{ClientId, Entity, Key, Kind, LocalId, ServerId, Sha256};

const NOTE: Kind = Kind::new("note");
const STAR: Kind = Kind::new("star");
const LINE: Kind = Kind::new("line");

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Mutation {
    /// Writes a note.
    Create {
        /// Which.
        id: LocalId,
        /// What it says.
        text: String,
        /// What it shows.
        #[serde(default)]
        pictures: Vec<Sha256>,
    },
    /// Changes a note.
    Update {
        /// Which.
        id: LocalId,
        /// What it says now.
        text: String,
    },
    /// Removes a note.
    Delete {
        /// Which.
        id: LocalId,
    },
    /// Stars a note.
    Star {
        /// Which.
        id: LocalId,
    },
    /// Takes the star off.
    Unstar {
        /// Which.
        id: LocalId,
    },
    /// Adds a line to the book of a note: all lines of one note are one lane.
    Line {
        /// The line.
        id: LocalId,
        /// The note.
        note: LocalId,
        /// What it says.
        text: String,
        /// What it shows.
        #[serde(default)]
        pictures: Vec<Sha256>,
    },
}

/// The app, with what its backend offers.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Whether the backend knows keys.
    pub keys: bool,
    /// Batches of at most so many.
    pub batches: Option<usize>,
    /// Parts of at most so many bytes.
    pub uploads: Option<u64>,
    /// Whether a write can be looked up.
    pub look_up: bool,
    /// Whether nothing is ever merged: what merging must be indistinguishable from.
    pub never_merges: bool,
}

/// A note as read from the server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Seen {
    /// Its id there.
    pub id: String,
    /// What it says; `None`: it is gone.
    pub text: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// The key that created it.
    #[serde(default)]
    pub key: Option<Key>,
}

fn star(note: LocalId) -> LocalId {
    LocalId::derived(note, "star")
}

fn note(id: LocalId) -> Entity {
    Entity::new(NOTE, id)
}

fn set(db: &Connection, entity: &Entity, text: Option<&str>) -> rusqlite::Result<()> {
    match text {
        Some(text) => db
            .prepare_cached("INSERT OR REPLACE INTO note (id, kind, text) VALUES (?1, ?2, ?3)")?
            .execute(params![entity.id, entity.kind, text])?,
        None => db
            .prepare_cached("DELETE FROM note WHERE id = ?1")?
            .execute([entity.id])?,
    };
    Ok(())
}

fn text(db: &Connection, id: LocalId) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT text FROM note WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
}

impl App for Notes {
    type Mutation = Mutation;
    type Observation = Vec<Seen>;
    const NAME: &'static str = "notes";
    const PAYLOAD_VERSION: u32 = 2;
    const MIGRATIONS: &'static [&'static str] = &[
        "CREATE TABLE note (id BLOB NOT NULL PRIMARY KEY, kind TEXT NOT NULL,
             text TEXT NOT NULL CHECK (text <> 'unstorable')) STRICT",
    ];

    /// Version 1 said `body` where version 2 says `text`.
    fn lift(&self, version: u32, mut payload: serde_json::Value) -> Result<serde_json::Value, Unreadable> {
        match (version, payload.get_mut("body").map(serde_json::Value::take)) {
            (1, Some(body)) => {
                payload["text"] = body;
                Ok(payload)
            }
            _ => Err(Unreadable(format!(
                "written by payload version {version}, which this program does not know"
            ))),
        }
    }

    fn validate(&self, mutation: &Mutation) -> Result<(), Invalid> {
        match mutation {
            Mutation::Create { text, .. } | Mutation::Update { text, .. } if text.is_empty() => {
                Err(Invalid("a note says something".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn facts(&self, mutation: &Mutation) -> Facts {
        match mutation {
            Mutation::Create { id, pictures, .. } => Facts::new("note.create", Intent::Create, note(*id))
                .with_attachments(pictures.iter().copied()),
            Mutation::Update { id, .. } => Facts::new("note.update", Intent::Update, note(*id)),
            Mutation::Delete { id } => Facts::new("note.delete", Intent::Delete, note(*id)),
            Mutation::Star { id } => {
                Facts::new("note.star", Intent::Ensure, Entity::new(STAR, star(*id))).naming(note(*id))
            }
            Mutation::Unstar { id } => {
                Facts::new("note.unstar", Intent::Remove, Entity::new(STAR, star(*id))).naming(note(*id))
            }
            Mutation::Line {
                id,
                note: of,
                pictures,
                ..
            } => Facts::new("line.add", Intent::Create, Entity::new(LINE, *id))
                .in_lane(LocalId::derived(*of, "book"))
                .naming(note(*of))
                .with_attachments(pictures.iter().copied()),
        }
    }

    fn coalesce(&self, old: &Mutation, new: &Mutation) -> Merge<Mutation> {
        if self.never_merges {
            return Merge::Keep;
        }
        match (old, new) {
            (Mutation::Create { id, pictures, .. }, Mutation::Update { text, .. }) => {
                Merge::IntoOlder(Mutation::Create {
                    id: *id,
                    text: text.clone(),
                    pictures: pictures.clone(),
                })
            }
            (Mutation::Update { .. }, Mutation::Update { .. }) => Merge::IntoOlder(new.clone()),
            (Mutation::Update { .. }, Mutation::Delete { .. })
            | (
                Mutation::Star { .. } | Mutation::Unstar { .. },
                Mutation::Star { .. } | Mutation::Unstar { .. },
            ) => Merge::IntoNewer(new.clone()),
            (Mutation::Create { .. }, Mutation::Delete { .. }) => Merge::Neither,
            _ => Merge::Keep,
        }
    }

    fn apply(&self, db: &Connection, mutation: &Mutation) -> rusqlite::Result<Applied> {
        let facts = self.facts(mutation);
        let needed = match mutation {
            Mutation::Create { .. } => None,
            Mutation::Update { id, .. } | Mutation::Delete { id } => Some(*id),
            Mutation::Star { id } | Mutation::Unstar { id } => Some(*id),
            Mutation::Line { note, .. } => Some(*note),
        };
        if let Some(id) = needed
            && text(db, id)?.is_none()
        {
            return Ok(Applied::Missing);
        }
        match mutation {
            Mutation::Create { text, .. } | Mutation::Update { text, .. } | Mutation::Line { text, .. } => {
                set(db, &facts.entity, Some(text))?;
            }
            Mutation::Star { .. } => set(db, &facts.entity, Some("*"))?,
            Mutation::Delete { .. } | Mutation::Unstar { .. } => set(db, &facts.entity, None)?,
        }
        Ok(Applied::Shown)
    }

    fn load(&self, db: &Connection, entity: &Entity) -> rusqlite::Result<Option<Vec<u8>>> {
        Ok(text(db, entity.id)?.map(String::into_bytes))
    }

    fn store(&self, db: &Connection, entity: &Entity, row: Option<&[u8]>) -> rusqlite::Result<()> {
        set(db, entity, row.map(String::from_utf8_lossy).as_deref())
    }

    fn request(&self, mutation: &Mutation, ids: &Ids<'_>) -> Result<Request, Unresolved> {
        let notes = |id: &LocalId| Target::resource("/notes/", &note(*id));
        let pictures = |pictures: &[Sha256]| -> Result<Vec<String>, Unresolved> {
            let name = |sha256| ids.upload(sha256).ok().flatten().ok_or(Unresolved);
            pictures.iter().map(name).collect()
        };
        Ok(match mutation {
            Mutation::Create {
                text,
                pictures: shown,
                ..
            } => Request::new(Method::Post, Target::path("/notes"))
                .with_body(json!({ "text": text, "pictures": pictures(shown)? })),
            Mutation::Update { id, text } => Request::new(Method::Patch, notes(id))
                .with_body(json!({ "text": text }))
                .guarded(),
            Mutation::Delete { id } => Request::new(Method::Delete, notes(id)),
            Mutation::Star { id } => Request::new(Method::Put, notes(id).then("/star")),
            Mutation::Unstar { id } => Request::new(Method::Delete, notes(id).then("/star")),
            Mutation::Line {
                note: of,
                text,
                pictures: shown,
                ..
            } => Request::new(Method::Post, notes(of).then("/lines"))
                .with_body(json!({ "text": text, "pictures": pictures(shown)? })),
        })
    }

    fn recognise(&self, response: &Response) -> Recognition {
        let recognition = crate::recognise::plain_rest(response);
        let Recognition::Problem(Problem { detail, .. }) = recognition else {
            return recognition;
        };
        let code = response
            .json::<serde_json::Value>()
            .ok()
            .and_then(|body| body["type"].as_str().map(str::to_owned))
            .unwrap_or_else(|| format!("http-{}", response.status));
        let kind = match code.as_str() {
            "in-progress" => ProblemKind::InProgress,
            "client-rewound" => ProblemKind::ClientRewound,
            "client-retired" => ProblemKind::ClientRetired,
            "exists" => ProblemKind::Exists,
            "upload-missing" => ProblemKind::UploadMissing,
            _ => ProblemKind::Other,
        };
        Recognition::Problem(Problem { kind, code, detail })
    }

    fn accept(
        &self,
        db: &Connection,
        mutation: &Mutation,
        response: &Response,
        _ids: &Ids<'_>,
    ) -> rusqlite::Result<Accepted> {
        let body: serde_json::Value = response.json().unwrap_or_default();
        let server_id = match self.facts(mutation).intent {
            Intent::Create => body["id"].as_str().map(|id| ServerId(id.to_owned())),
            _ => None,
        };
        if let (Some(text), Mutation::Create { id, .. } | Mutation::Update { id, .. }) =
            (body["text"].as_str(), mutation)
        {
            set(db, &note(*id), Some(text))?;
        }
        Ok(Accepted {
            server_id,
            version: response.header("etag").map(str::to_owned),
        })
    }

    fn observe(&self, observation: &Vec<Seen>, ids: &mut IdMap<'_>) -> rusqlite::Result<Vec<Observed>> {
        let row = |seen: &Seen| {
            let id = ids.local_id(&NOTE, &ServerId(seen.id.clone()), seen.key)?;
            let row = seen.text.clone().map(String::into_bytes);
            Ok(Observed {
                entity: note(id),
                row,
                version: seen.version.clone(),
            })
        };
        observation.iter().map(row).collect()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keys: self.keys,
            batches: self.batches.map(|items_max| Batches {
                path: "/batch".to_owned(),
                items_max,
                bytes_max: 1 << 20,
            }),
            uploads: self.uploads.map(|part_bytes_max| Uploads {
                path: "/uploads".to_owned(),
                part_bytes_max,
            }),
        }
    }

    fn probe(&self) -> HttpRequest {
        HttpRequest::bare(Method::Get, "/health")
    }

    fn look_up(&self, mutation: &Mutation, key: Key, _ids: &Ids<'_>) -> Option<Request> {
        let is_create = matches!(mutation, Mutation::Create { .. } | Mutation::Line { .. });
        let target = Target::path(format!("/created/{key}"));
        (self.look_up && is_create).then(|| Request::new(Method::Get, target))
    }

    fn looked_up(&self, _mutation: &Mutation, response: &Response) -> LookUp {
        match response.status {
            200 => LookUp::Done(response.clone()),
            404 => LookUp::NotDone,
            _ => LookUp::Unclear,
        }
    }

    fn retire(&self, client: ClientId) -> Option<HttpRequest> {
        self.keys
            .then(|| HttpRequest::bare(Method::Post, format!("/clients/{client}/retire")))
    }

    fn retired(&self, response: &Response) -> Option<Retirement> {
        let body: serde_json::Value = response.json().ok()?;
        Some(Retirement {
            highest_key: serde_json::from_value(body["highest_key"].clone()).ok()?,
            already: body["already"] == true,
        })
    }

    fn follow_up(&self, sent: &Mutation, wanted: &Mutation) -> Option<Mutation> {
        match (sent, wanted) {
            (
                Mutation::Create { id, .. } | Mutation::Update { id, .. },
                Mutation::Create { text, .. } | Mutation::Update { text, .. },
            ) => Some(Mutation::Update {
                id: *id,
                text: text.clone(),
            }),
            _ => None,
        }
    }

    fn compensation(&self, sent: &Mutation) -> Option<Mutation> {
        match sent {
            Mutation::Create { id, .. } => Some(Mutation::Delete { id: *id }),
            Mutation::Star { id } => Some(Mutation::Unstar { id: *id }),
            _ => None,
        }
    }
}
