//! The proof: both databases, read as files, against the ledger of what the user did.
//!
//! Owns what counts as lost, doubled and out of order. Trusts no program's word: it reads rows.

use outrigger_engine::ids::{LocalId, MutationId};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ledger::{Kind, Ledger, On, Presence, Standing, Tag, Thing, What};
use super::remote::{self, Found, Remote};
use super::trouble::Trouble;

/// The rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    Posts,
    Edits,
    Comments,
    Likes,
    Follows,
    Messages,
    Deletes,
    Pictures,
}

impl Row {
    /// Those that are writes, in the order in which they are shown.
    pub(crate) const WRITES: [Self; 7] = [
        Self::Posts,
        Self::Edits,
        Self::Comments,
        Self::Likes,
        Self::Follows,
        Self::Messages,
        Self::Deletes,
    ];

    /// Its name.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Pictures => "pictures",
            Self::Edits => "edits",
            Self::Comments => "comments",
            Self::Likes => "likes, unlikes",
            Self::Follows => "follows, unfollows",
            Self::Messages => "messages",
            Self::Deletes => "deletes",
        }
    }

    fn of(kind: Kind, what: &What) -> Self {
        match (what, kind) {
            (What::Change(_), _) => Self::Edits,
            (What::Remove, _) => Self::Deletes,
            (_, Kind::Post) => Self::Posts,
            (_, Kind::Comment) => Self::Comments,
            (_, Kind::Message) => Self::Messages,
            (_, Kind::Like) => Self::Likes,
            (_, Kind::Follow) => Self::Follows,
        }
    }
}

/// What became of the writes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Score {
    pub(crate) written: u64,
    pub(crate) taken_back: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) out_of_order: u64,
}

impl Score {
    /// How many are where they belong.
    pub(crate) fn arrived(&self) -> u64 {
        self.written.saturating_sub(self.taken_back + self.lost)
    }

    fn add(&mut self, other: &Self) {
        self.written += other.written;
        self.taken_back += other.taken_back;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.out_of_order += other.out_of_order;
    }
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audit {
    pub(crate) scores: BTreeMap<Row, Score>,
    /// Each thing that is not as it must be, in words.
    pub(crate) findings: Vec<String>,
}

impl Audit {
    /// All that was written; the pictures that came along are no writes of their own.
    pub(crate) fn writes(&self) -> Score {
        let mut writes = Score::default();
        let scores = self.scores.iter().filter(|(row, _)| **row != Row::Pictures);
        scores.for_each(|(_, score)| writes.add(score));
        writes
    }

    /// All kinds together, with the pictures.
    pub(crate) fn total(&self) -> Score {
        let mut total = Score::default();
        self.scores.values().for_each(|score| total.add(score));
        total
    }

    fn score(&mut self, row: Row) -> &mut Score {
        self.scores.entry(row).or_default()
    }

    fn lost(&mut self, row: Row, finding: String) {
        self.score(row).lost += 1;
        self.findings.push(finding);
    }

    fn doubled(&mut self, row: Row, finding: String) {
        self.score(row).doubled += 1;
        self.findings.push(finding);
    }

    fn out_of_order(&mut self, row: Row, finding: String) {
        self.score(row).out_of_order += 1;
        self.findings.push(finding);
    }
}

/// Opens a database to read it, whoever else has it open.
pub(crate) fn open(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(db)
}

/// Compares the ledger with the server's database and, once everything is said to have arrived, with the client's.
pub(crate) fn audit(
    ledger: &Ledger,
    account: &str,
    server: &Connection,
    client: &Connection,
) -> Result<Audit, Trouble> {
    let remote = remote::read(server, account)?;
    let mut audit = audit_server(ledger, &remote, client)?;
    compare_client(&mut audit, ledger, &remote, client)?;
    check_integrity(&mut audit, "server", server)?;
    check_integrity(&mut audit, "client", client)?;
    Ok(audit)
}

/// Compares the ledger with what the server has. The client's database says only what was late.
pub(crate) fn audit_server(ledger: &Ledger, remote: &Remote, client: &Connection) -> Result<Audit, Trouble> {
    let mut audit = Audit::default();
    for (tag, thing) in &ledger.things {
        count_deeds(&mut audit, thing);
        let found = remote.of(*tag, thing);
        compare(&mut audit, ledger, *tag, thing, &found);
    }
    compare_order(&mut audit, ledger, remote, &parked(client)?);
    compare_uploads(&mut audit, remote);
    let known: BTreeSet<Tag> = ledger.things.keys().copied().collect();
    for tag in remote.tags().filter(|tag| !known.contains(tag)) {
        audit
            .findings
            .push(format!("the server has #{}, which nobody wrote", tag.0));
    }
    Ok(audit)
}

/// Compares the ledger with both databases in the middle of everything: whatever was acknowledged is kept on one side, and nothing is doubled.
pub(crate) fn inspect(
    ledger: &Ledger,
    account: &str,
    server: &Connection,
    client: &Connection,
) -> Result<Vec<String>, Trouble> {
    let mut findings = Vec::new();
    let remote = remote::read(server, account)?;
    for tag in remote.doubled() {
        findings.push(format!("#{} is on the server more than once", tag.0));
    }
    for (number, mutations) in &ledger.acknowledged {
        for mutation in mutations {
            if !is_kept(client, *mutation)? {
                findings.push(format!(
                    "write {number} ({mutation}) was acknowledged and is gone"
                ));
            }
        }
    }
    Ok(findings)
}

/// Whether a client's database still knows of a mutation, or of the one that stands for it: it waits, or its outcome is recorded.
pub(crate) fn is_kept(client: &Connection, mutation: MutationId) -> Result<bool, Trouble> {
    let mut statement = client.prepare_cached(
        "WITH one (id) AS (SELECT coalesce((SELECT into_mutation FROM outrigger_merged WHERE mutation = ?1), ?1))
         SELECT 1 FROM one JOIN outrigger_queue AS q ON q.mutation = one.id
         UNION ALL SELECT 1 FROM one JOIN outrigger_journal AS j ON j.mutation = one.id",
    )?;
    Ok(statement.exists([mutation])?)
}

fn count_deeds(audit: &mut Audit, thing: &Thing) {
    for deed in &thing.deeds {
        let score = audit.score(Row::of(thing.kind, &deed.what));
        score.written += u64::from(matches!(deed.standing, Standing::Written | Standing::TakenBack));
        score.taken_back += u64::from(deed.standing == Standing::TakenBack);
    }
}

/// One thing: whether the server has it once, as it was left.
fn compare(audit: &mut Audit, ledger: &Ledger, tag: Tag, thing: &Thing, found: &[Found]) {
    let Some(first) = thing.deeds.first() else { return };
    let row = Row::of(thing.kind, &first.what);
    let name = format!("{:?} #{}", thing.kind, tag.0).to_lowercase();
    for _ in found.iter().skip(1) {
        audit.doubled(row, format!("{name} is on the server {} times", found.len()));
    }
    let actual = found
        .first()
        .map_or(Presence::Absent, |found| found.presence.clone());
    let ends = ledger.ends(thing);
    if !ends.contains(&actual) {
        misplaced(audit, thing, &name, &actual, &ends);
        return;
    }
    let Some(found) = found.first() else { return };
    let edits = thing
        .deeds
        .iter()
        .filter(|deed| matches!(deed.what, What::Change(_)));
    if found.version > 1 + edits.count() as u64 + thing.foreign_edits {
        audit.doubled(
            Row::Edits,
            format!("{name} was edited more often than anybody did"),
        );
    }
    if found.on.as_ref().is_some_and(|on| !is_on(ledger, thing, on)) {
        audit.out_of_order(row, format!("{name} is on something else"));
    }
    if thing.pictures.is_empty() && found.pictures.is_empty() {
        return;
    }
    audit.score(Row::Pictures).written += thing.pictures.len() as u64;
    let (mut wanted, mut there) = (thing.pictures.clone(), found.pictures.clone());
    if wanted == there {
        return;
    }
    wanted.sort();
    there.sort();
    if wanted == there {
        audit.out_of_order(
            Row::Pictures,
            format!("{name} shows its pictures in another order"),
        );
    } else {
        audit.lost(Row::Pictures, format!("{name} does not show its pictures"));
    }
}

/// A thing that does not stand as it may: which of its deeds went wrong.
fn misplaced(audit: &mut Audit, thing: &Thing, name: &str, actual: &Presence, ends: &[Presence]) {
    let finding = format!("{name} is {actual:?}, not {ends:?}");
    let was_once = |text: &str| {
        thing
            .deeds
            .iter()
            .any(|deed| matches!(&deed.what, What::Make(said) | What::Change(said) if said == text))
    };
    let last = thing
        .deeds
        .iter()
        .rfind(|deed| deed.standing == Standing::Written);
    match (last, actual) {
        (Some(last), Presence::Says(text)) if was_once(text) && last.what != What::Remove => {
            audit.out_of_order(Row::Edits, finding);
        }
        (Some(last), _) => {
            let row = match thing.deeds.first() {
                Some(first) if *actual == Presence::Absent => Row::of(thing.kind, &first.what),
                _ => Row::of(thing.kind, &last.what),
            };
            audit.lost(row, finding);
        }
        (None, _) => audit.findings.push(finding),
    }
}

/// Whether a thing is on what it was put on, given the server's word for that.
fn is_on(ledger: &Ledger, thing: &Thing, on: &str) -> bool {
    match &thing.on {
        On::Theirs(_, server_id) => server_id == on,
        On::Own(post) => {
            let text = ledger.things.get(post).map(|_| *post);
            Tag::of(on) == text
        }
        On::Nothing | On::Person(_) => true,
    }
}

/// Messages of a conversation stand in the order in which they were written. One that was parked, or whose picture was, holds nobody up: it is
/// shown as late, and arrives so.
fn compare_order(audit: &mut Audit, ledger: &Ledger, remote: &Remote, parked: &[LocalId]) {
    let is_late = |tag: &&Tag| {
        ledger
            .things
            .get(tag)
            .is_some_and(|thing| was_parked(thing, parked))
    };
    for (conversation, tags) in remote.conversations() {
        let in_time: Vec<Tag> = tags.iter().filter(|tag| !is_late(tag)).copied().collect();
        for pair in in_time.windows(2) {
            if let [before, after] = pair
                && first_number(ledger, *before) > first_number(ledger, *after)
            {
                let finding = format!("message #{} stands before #{}", before.0, after.0);
                audit.out_of_order(Row::Messages, finding);
            }
        }
        let people: BTreeSet<_> = tags
            .iter()
            .filter_map(|tag| match ledger.things.get(tag).map(|thing| &thing.on) {
                Some(On::Person(user)) => Some(*user),
                _ => None,
            })
            .collect();
        if people.len() > 1 {
            audit
                .findings
                .push(format!("messages to several people are in {conversation}"));
        }
    }
}

/// Whether a thing, or the upload of a picture of it, waited for the user. An upload is named by the beginning of its digest.
fn was_parked(thing: &Thing, parked: &[LocalId]) -> bool {
    let is_picture_of = |id: &LocalId| {
        let pictures = &mut thing.pictures.iter();
        pictures.any(|picture| picture.0[..6] == id.0.as_bytes()[..6])
    };
    parked.iter().any(|id| *id == thing.id || is_picture_of(id))
}

/// What was ever parked, by the client's journal.
fn parked(client: &Connection) -> Result<Vec<LocalId>, Trouble> {
    let mut statement =
        client.prepare("SELECT entity FROM outrigger_journal WHERE outcome ->> '$.outcome' = 'parked'")?;
    let parked = statement.query_map([], |row| row.get(0))?;
    Ok(parked.collect::<Result<_, _>>()?)
}

fn first_number(ledger: &Ledger, tag: Tag) -> u64 {
    let thing = ledger.things.get(&tag);
    thing
        .and_then(|thing| thing.deeds.first())
        .map_or(0, |deed| deed.number)
}

/// The same bytes are on the server once.
fn compare_uploads(audit: &mut Audit, remote: &Remote) {
    for (digest, count) in &remote.finished_uploads {
        for _ in 1..*count {
            audit.doubled(
                Row::Pictures,
                format!("picture {digest} was uploaded {count} times"),
            );
        }
    }
}

/// The client holds nothing back, and shows what the server has.
fn compare_client(
    audit: &mut Audit,
    ledger: &Ledger,
    remote: &Remote,
    client: &Connection,
) -> Result<(), Trouble> {
    for (table, what) in [
        ("outrigger_queue", "writes wait"),
        ("outrigger_base", "base rows are left"),
        ("outrigger_attachment", "attachments are left"),
    ] {
        let count: i64 = client.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        if count > 0 {
            audit
                .findings
                .push(format!("{count} {what} in the client's database"));
        }
    }
    let mut shown = BTreeMap::new();
    for (kind, table) in [
        (Kind::Post, "posts"),
        (Kind::Comment, "comments"),
        (Kind::Message, "messages"),
    ] {
        let hidden = if kind == Kind::Message { "0" } else { "hidden" };
        let sql = format!(
            "SELECT id, text, confirmed, {hidden}, (SELECT server_id FROM outrigger_id WHERE local_id = id) FROM {table}"
        );
        let mut statement = client.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: LocalId = row.get(0)?;
            let (text, confirmed, hidden): (String, bool, bool) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let server_id: Option<String> = row.get(4)?;
            shown.insert(id, (text, confirmed && !hidden, server_id));
        }
    }
    for (tag, thing) in &ledger.things {
        if matches!(thing.kind, Kind::Like | Kind::Follow) {
            continue;
        }
        let here = shown.get(&thing.id);
        let there = remote.of(*tag, thing);
        let agree = match (here, there.first()) {
            (None, None) => true,
            (Some((text, true, Some(server_id))), Some(found)) => {
                *server_id == found.server_id && Presence::Says(text.clone()) == found.presence
            }
            _ => false,
        };
        if !agree {
            let there = there.first().map(|found| &found.presence);
            audit.findings.push(format!(
                "#{}: the client shows {here:?}, the server has {there:?}",
                tag.0
            ));
        }
    }
    compare_ties(audit, ledger, remote, client)
}

/// Likes and follows are shown as the server has them.
fn compare_ties(
    audit: &mut Audit,
    ledger: &Ledger,
    remote: &Remote,
    client: &Connection,
) -> Result<(), Trouble> {
    let mut shown: BTreeSet<LocalId> = BTreeSet::new();
    for sql in ["SELECT post FROM likes", "SELECT user FROM follows"] {
        let mut statement = client.prepare(sql)?;
        for id in statement.query_map([], |row| row.get(0))? {
            shown.insert(id?);
        }
    }
    for (tag, thing) in &ledger.things {
        let target = match (&thing.on, thing.kind) {
            (On::Theirs(post, _), Kind::Like) => post.0,
            (On::Person(user), Kind::Follow) => user.0,
            _ => continue,
        };
        if shown.contains(&target) == remote.of(*tag, thing).is_empty() {
            audit.findings.push(format!(
                "#{}: client and server differ about a like or follow",
                tag.0
            ));
        }
    }
    Ok(())
}

pub(crate) fn check_integrity(audit: &mut Audit, whose: &str, db: &Connection) -> Result<(), Trouble> {
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if said != "ok" {
        audit
            .findings
            .push(format!("the {whose}'s database is damaged: {said}"));
    }
    Ok(())
}
