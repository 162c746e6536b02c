//! What a drain is measured on: a server with people who have written, and a device that knows them and has writes of its own waiting.
//!
//! Owns both folders and the copies that rounds begin with: prepared once, so that rounds are equal. Never measures.

use outrigger_engine::App;
use outrigger_engine::ids::{Entity, LocalId};
use outrigger_social::id::{ConversationId, PostId};
use outrigger_social::reads::{self, Scope, ServerCursor};
use outrigger_social::{Mutation, Observation, Read, Social, wire};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

use crate::direct::{Direct, Manner, Owner};
use crate::error::Error;
use crate::http::{Answered, Http};
use crate::place;
use crate::process::Server;
use crate::workload::{self, CONVERSATIONS, FEED_POSTS, Targets};

const PASSWORD: &str = "correct horse";

/// The world, at rest.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    binary: PathBuf,
    pub(crate) me: wire::User,
    pub(crate) token: String,
    /// What waits on the device, in order.
    pub(crate) writes: Vec<Mutation>,
}

/// A copy of a server, running.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) folder: PathBuf,
    pub(crate) server: Server,
}

impl World {
    pub(crate) async fn new(folder: &Path, binary: &Path, workload: workload::Order) -> Result<Self, Error> {
        let folder = folder.join("world");
        fs::create_dir_all(folder.join("device")).map_err(Error::io("make a folder"))?;
        let server = Server::start(binary, &folder.join("server"), Duration::ZERO).await?;
        let url = server.url();
        let (me, token) = sign_up(&url, "me").await?;
        let http = Http::new(&url, Some(&token))?;
        populate(&url, &http).await?;
        let mut world = Self {
            folder,
            binary: binary.to_owned(),
            me,
            token,
            writes: Vec::new(),
        };
        let owner = world.owner(&url);
        let app = Social::new(world.me.clone());
        let mut device = Direct::open(&world.database(), app, &owner, Manner::QUICK)?;
        device.set_online(false)?;
        let targets = read(&http, &mut device).await?;
        drop(http);
        world.writes = workload::writes(&targets, workload.seed, workload.items);
        device.write_all(world.writes.iter().cloned())?;
        device.close()?;
        server.stop().await?;
        Ok(world)
    }

    /// The device's database.
    pub(crate) fn database(&self) -> PathBuf {
        device_database(&self.folder)
    }

    /// The server's data.
    pub(crate) fn server_data(&self) -> PathBuf {
        self.folder.join("server")
    }

    /// Starts a copy of a server.
    pub(crate) async fn run(&self, data: &Path, name: &str, delay: Duration) -> Result<Running, Error> {
        let folder = self.folder.join(name);
        place::copy(data, &folder.join("server"))?;
        let server = Server::start(&self.binary, &folder.join("server"), delay).await?;
        Ok(Running { folder, server })
    }

    /// Copies the device to a running server's folder, and tells it where that server is. The address is the one thing in which rounds differ.
    pub(crate) fn copy_device(&self, to: &Running) -> Result<PathBuf, Error> {
        place::copy(&self.folder.join("device"), &to.folder.join("device"))?;
        let database = device_database(&to.folder);
        let db = Connection::open(&database)?;
        db.execute(
            "UPDATE outrigger_identity SET server = ?1",
            [to.server.url().as_str()],
        )?;
        Ok(database)
    }

    /// Whose database the device's is, with the server at this address.
    pub(crate) fn owner(&self, server: &Url) -> Owner {
        Owner {
            server: server.as_str().to_owned(),
            account: self.me.id.clone(),
        }
    }
}

impl Running {
    /// Ends it and gives back what it left behind.
    pub(crate) async fn stop(self) -> Result<PathBuf, Error> {
        self.server.stop().await?;
        Ok(self.folder)
    }

    /// Ends it and removes what it left behind.
    pub(crate) async fn end(self) -> Result<(), Error> {
        place::remove(&self.stop().await?)
    }
}

fn device_database(folder: &Path) -> PathBuf {
    folder.join("device/outrigger.db")
}

/// The database of a server's folder.
pub(crate) fn server_database(folder: &Path) -> PathBuf {
    folder.join("outrigger.db")
}

async fn sign_up(server: &Url, name: &str) -> Result<(wire::User, String), Error> {
    let body = json!({ "name": name, "password": PASSWORD });
    let session = Http::new(server, None)?
        .ask("POST", "/v1/accounts", Some(&body))
        .await?;
    let session: wire::Session = serde_json::from_slice(&session.body)
        .map_err(|error| Error::Unmeasured(format!("the server gave no session: {error}")))?;
    Ok((session.account.clone(), session.access_token.clone()))
}

/// Friends, their posts, and a conversation with each of them.
async fn populate(server: &Url, me: &Http) -> Result<(), Error> {
    let mut conversations = Vec::new();
    for number in 0..CONVERSATIONS {
        let (friend, token) = sign_up(server, &format!("friend{number}")).await?;
        let posts = (0..FEED_POSTS / CONVERSATIONS)
            .map(|post| json!({ "text": format!("post number {post} of {}", friend.name), "media": [] }));
        let posts = posts.map(|body| ("POST", "/v1/posts".to_owned(), Some(body)));
        batch(&Http::new(server, Some(&token))?, posts.collect()).await?;
        conversations.push(("PUT", format!("/v1/conversations/with/{}", friend.id), None));
    }
    batch(me, conversations).await
}

async fn batch(http: &Http, requests: Vec<(&str, String, Option<Value>)>) -> Result<(), Error> {
    let requests = requests
        .into_iter()
        .enumerate()
        .map(|(index, (method, url, body))| {
            let mut item = json!({ "id": index.to_string(), "method": method, "url": url, "headers": {} });
            if let Some(body) = body {
                item["body"] = body;
            }
            item
        });
    let body = json!({ "requests": requests.collect::<Vec<_>>() });
    http.ask("POST", "/v1/batch", Some(&body)).await.map(|_| ())
}

/// Reads the feed and the conversations to their ends, by the ordinary reads.
async fn read<A: App<Observation = Observation>>(
    http: &Http,
    device: &mut Direct<A>,
) -> Result<Targets, Error> {
    let feed = |answer: &Answered| Observation::feed(&answer.response());
    let read = pages(http, device, |cursor| reads::feed(Scope::Everyone, cursor), feed).await?;
    let posts = of_kind(&read, &PostId::KIND).map(PostId).collect();
    let list = |answer: &Answered| Observation::conversations(&answer.response());
    let read = pages(http, device, reads::conversations, list).await?;
    let conversations: Vec<ConversationId> = of_kind(&read, &ConversationId::KIND)
        .map(ConversationId)
        .collect();
    let targets = Targets { posts, conversations };
    if (targets.posts.len(), targets.conversations.len()) == (FEED_POSTS, CONVERSATIONS) {
        Ok(targets)
    } else {
        Err(Error::Unmeasured(
            "the device did not read all that there is".to_owned(),
        ))
    }
}

fn of_kind<'a>(
    entities: &'a [Entity],
    kind: &'a outrigger_engine::ids::Kind,
) -> impl Iterator<Item = LocalId> + 'a {
    entities
        .iter()
        .filter(move |entity| entity.kind == *kind)
        .map(|entity| entity.id)
}

async fn pages<A: App<Observation = Observation>>(
    http: &Http,
    device: &mut Direct<A>,
    path: impl Fn(Option<&ServerCursor>) -> String,
    understand: impl Fn(&Answered) -> Result<Read, outrigger_social::ReadError>,
) -> Result<Vec<Entity>, Error> {
    let mut entities = Vec::new();
    let mut cursor = None;
    loop {
        let answer = http.ask("GET", &path(cursor.as_ref()), None).await?;
        let read = understand(&answer)
            .map_err(|error| Error::Unmeasured(format!("a page cannot be read: {error}")))?;
        entities.extend(device.observe(read.observation)?);
        cursor = read.next;
        if cursor.is_none() {
            return Ok(entities);
        }
    }
}

/// How many of the user's own things a server holds: posts, comments, likes, messages.
pub(crate) fn arrived(server_data: &Path, me: &str) -> Result<[usize; 4], Error> {
    let db = Connection::open(server_database(server_data))?;
    let count = |sql: &str| db.query_row(sql, [me], |row| row.get::<_, usize>(0));
    Ok([
        count("SELECT count(*) FROM posts WHERE author = ?1")?,
        count("SELECT count(*) FROM comments WHERE author = ?1")?,
        count("SELECT count(*) FROM likes WHERE account = ?1")?,
        count("SELECT count(*) FROM messages WHERE author = ?1")?,
    ])
}

/// How many of each a workload makes.
pub(crate) fn expected(writes: &[Mutation]) -> [usize; 4] {
    let count = |is_it: fn(&Mutation) -> bool| writes.iter().filter(|write| is_it(write)).count();
    [
        count(|write| matches!(write, Mutation::Post(_))),
        count(|write| matches!(write, Mutation::Comment(_))),
        count(|write| matches!(write, Mutation::Like(_))),
        count(|write| matches!(write, Mutation::Message(_))),
    ]
}
