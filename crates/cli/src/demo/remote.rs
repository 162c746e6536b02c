//! The server's database, read as a file: what one account has in it.
//!
//! Owns the queries. Never judges what it finds.

use outrigger_engine::ids::Sha256;
use outrigger_social::id::UserId;
use rusqlite::Connection;
use std::collections::BTreeMap;

use super::ledger::{Kind, On, Presence, Tag, Thing};
use super::trouble::Trouble;

/// One row that carries a tag.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) server_id: String,
    pub(crate) presence: Presence,
    pub(crate) version: u64,
    /// What it is on: the text of a post of the account's, or the id of another's.
    pub(crate) on: Option<String>,
    pub(crate) pictures: Vec<Sha256>,
}

/// What an account has on the server.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    tagged: BTreeMap<Tag, Vec<Found>>,
    /// What is liked: the text of a post of the account's, or the id of another's.
    likes: Vec<String>,
    follows: Vec<UserId>,
    conversations: BTreeMap<String, Vec<Tag>>,
    /// How often each content was uploaded to its end.
    pub(crate) finished_uploads: BTreeMap<String, u64>,
}

impl Remote {
    /// What the server has of a thing: one row for each time that it is there.
    pub(crate) fn of(&self, tag: Tag, thing: &Thing) -> Vec<Found> {
        let count = match (thing.kind, &thing.on) {
            (Kind::Like, On::Theirs(_, server_id)) => count(&self.likes, |on| on == server_id),
            (Kind::Like, On::Own(post)) => count(&self.likes, |on| Tag::of(on) == Some(*post)),
            (Kind::Follow, On::Person(user)) => count(&self.follows, |followed| followed == user),
            _ => return self.tagged.get(&tag).cloned().unwrap_or_default(),
        };
        let tie = Found {
            server_id: String::new(),
            presence: Presence::Set,
            version: 1,
            on: None,
            pictures: Vec::new(),
        };
        vec![tie; count]
    }

    /// Every tag that stands on the server.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Tag> {
        self.tagged.keys().copied()
    }

    /// The messages of each conversation, in the server's order.
    pub(crate) fn conversations(&self) -> impl Iterator<Item = (&String, &Vec<Tag>)> {
        self.conversations.iter()
    }

    /// What stands there more than once.
    pub(crate) fn doubled(&self) -> Vec<Tag> {
        let doubled = self.tagged.iter().filter(|(_, found)| found.len() > 1);
        doubled.map(|(tag, _)| *tag).collect()
    }
}

fn count<T>(all: &[T], is_it: impl Fn(&T) -> bool) -> usize {
    all.iter().filter(|one| is_it(one)).count()
}

/// Reads what an account has, in one snapshot.
pub(crate) fn read(db: &Connection, account: &str) -> Result<Remote, Trouble> {
    let snapshot = db.unchecked_transaction()?;
    let mut remote = Remote::default();
    // A post of the account's is named by its text, which carries its tag; another's by its id.
    for sql in [
        "SELECT id, text, version, NULL, NULL FROM posts WHERE author = ?1",
        "SELECT c.id, c.text, c.version, iif(p.author = ?1, p.text, p.id), NULL
         FROM comments AS c JOIN posts AS p ON p.id = c.post WHERE c.author = ?1",
        "SELECT id, text, 1, NULL, conversation FROM messages WHERE author = ?1 ORDER BY position",
    ] {
        let mut statement = snapshot.prepare(sql)?;
        let mut rows = statement.query([account])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(1)?;
            let Some(tag) = Tag::of(&text) else { continue };
            let server_id: String = row.get(0)?;
            if let Some(conversation) = row.get::<_, Option<String>>(4)? {
                remote.conversations.entry(conversation).or_default().push(tag);
            }
            let found = Found {
                presence: Presence::Says(text),
                version: row.get(2)?,
                on: row.get(3)?,
                pictures: pictures(&snapshot, &server_id)?,
                server_id,
            };
            remote.tagged.entry(tag).or_default().push(found);
        }
    }
    remote.likes = column(
        &snapshot,
        "SELECT iif(p.author = ?1, p.text, p.id) FROM likes AS l JOIN posts AS p ON p.id = l.post WHERE l.account = ?1",
        account,
    )?;
    let follows = column(
        &snapshot,
        "SELECT followed FROM follows WHERE follower = ?1",
        account,
    )?;
    remote.follows = follows.iter().map(|id| UserId::of_server(id)).collect();
    for digest in column(
        &snapshot,
        "SELECT digest FROM uploads WHERE account = ?1 AND state = 'finished'",
        account,
    )? {
        *remote.finished_uploads.entry(digest).or_default() += 1;
    }
    Ok(remote)
}

fn column(db: &Connection, sql: &str, account: &str) -> Result<Vec<String>, Trouble> {
    let mut statement = db.prepare(sql)?;
    let values = statement.query_map([account], |row| row.get(0))?;
    Ok(values.collect::<Result<_, _>>()?)
}

fn pictures(db: &Connection, holder: &str) -> Result<Vec<Sha256>, Trouble> {
    let digests = column(
        db,
        "SELECT u.digest FROM attachments AS a JOIN uploads AS u ON u.id = a.upload WHERE a.holder = ?1 ORDER BY a.place",
        holder,
    )?;
    Ok(digests
        .into_iter()
        .filter_map(|text| text.try_into().ok())
        .collect())
}
