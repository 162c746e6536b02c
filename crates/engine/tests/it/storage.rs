//! Databases that are full, foreign, newer, or nobody's.

use outrigger_engine::ids::CallId;
use outrigger_engine::scenario::{Mutation, Notes};
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Effect, Engine, Error, ErrorKind, Event, Options, Reply, Write};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

use crate::backend::Backend;
use crate::world::{self, Fault, World, id};

const NOW: Now = Now {
    wall: Wall(1_700_000_000_000),
    monotonic: Monotonic(0),
};

fn options(server: &str, account: &str) -> Options {
    Options {
        server: server.to_owned(),
        account: account.to_owned(),
        ..world::options(NOW, 1)
    }
}

fn open(path: &Path, server: &str, account: &str) -> Result<Engine<Notes>, Error> {
    Engine::open(
        Connection::open(path).unwrap(),
        Arc::new(Notes::default()),
        options(server, account),
    )
}

fn create(name: &str, size: usize) -> Event<Notes> {
    let mutation = Mutation::Create {
        id: id(name),
        text: "x".repeat(size),
        pictures: Vec::new(),
    };
    Event::Mutate {
        call: CallId(1),
        writes: vec![Write::from(mutation)],
    }
}

fn check_foreign(result: Result<Engine<Notes>, Error>, says: &str) {
    let error = result.err().expect("it must be refused");
    assert_eq!(error.kind(), ErrorKind::Foreign, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn a_database_belongs_to_one_server_and_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    open(&path, "https://a.example", "ann").unwrap();
    check_foreign(open(&path, "https://b.example", "ann"), "https://a.example");
    check_foreign(open(&path, "https://a.example", "bob"), "account");
    open(&path, "https://a.example", "ann").unwrap();
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.db");
    open(&path, "s", "ann")
        .unwrap()
        .handle(NOW, &[create("note", 3)])
        .unwrap();
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    check_foreign(open(&path, "s", "ann"), "newer version");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 1)
        .unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE outrigger_identity SET app_migrations = 9", [])
        .unwrap();
    check_foreign(open(&path, "s", "ann"), "newer version of notes");
}

#[test]
fn another_programs_database_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE recipes (id INTEGER)")
        .unwrap();
    check_foreign(open(&path, "s", "ann"), "another program");
    let text = folder.path().join("text.db");
    std::fs::write(
        &text,
        "this is a letter to my aunt, long enough to be read as a header ".repeat(40),
    )
    .unwrap();
    check_foreign(open(&text, "s", "ann"), "not a database");
}

/// A real `SQLITE_FULL`: the database may not grow by another page.
fn fill(engine: &Engine<Notes>, spare_pages: i64) {
    let pages: i64 = engine
        .db()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    engine
        .db()
        .pragma_update_and_check(None, "max_page_count", pages + spare_pages, |_| Ok(()))
        .unwrap();
}

#[test]
fn a_full_disk_refuses_the_write_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(&folder.path().join("notes.db"), "s", "ann").unwrap();
    engine.handle(NOW, &[create("small", 10)]).unwrap();
    fill(&engine, 0);
    let error = engine.handle(NOW, &[create("large", 100_000)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DiskFull);
    let rows: i64 = engine
        .db()
        .query_row("SELECT count(*) FROM outrigger_queue", [], |row| row.get(0))
        .unwrap();
    let shown: i64 = engine
        .db()
        .query_row("SELECT count(*) FROM note", [], |row| row.get(0))
        .unwrap();
    assert_eq!((rows, shown), (1, 1));
    engine.handle(NOW, &[Event::Reserve { held: false }]).unwrap();
    let effects = engine.handle(NOW, &[create("again", 1)]).unwrap();
    let refused = |effect: &Effect| matches!(effect, Effect::Reply { reply: Err(error), .. } if error.kind() == ErrorKind::DiskFull);
    assert!(effects.iter().any(refused), "on the reserve nothing new comes in");
    let stage = Event::Stage {
        call: CallId(1),
        files: vec!["cat".to_owned()],
    };
    let effects = engine.handle(NOW, &[stage]).unwrap();
    assert!(
        effects.iter().any(refused),
        "nor is a file copied for what would be refused"
    );
    engine
        .db()
        .pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
        .unwrap();
    engine.handle(NOW, &[Event::Reserve { held: true }]).unwrap();
    let effects = engine.handle(NOW, &[create("large", 100_000)]).unwrap();
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Reply {
            reply: Ok(Reply::Written(_)),
            ..
        }
    )));
    let check: String = engine
        .db()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}

/// An answer that cannot be recorded changes nothing; the same event may come again once there is space, and the effect is still one.
#[test]
fn a_disk_that_is_full_at_the_acknowledgement_loses_and_doubles_nothing() {
    let notes = Notes {
        keys: true,
        ..Notes::default()
    };
    let mut world = World::new(notes, Backend::default());
    let long = "x".repeat(3_000);
    world
        .write(Mutation::Create {
            id: id("a"),
            text: long.clone(),
            pictures: Vec::new(),
        })
        .unwrap();
    fill(&world.engine, 0);
    let mut refused = 0;
    for n in 0..50 {
        let mutation = Mutation::Create {
            id: id(&format!("b{n}")),
            text: long.clone(),
            pictures: Vec::new(),
        };
        let event = Event::Mutate {
            call: CallId(n),
            writes: vec![Write::from(mutation)],
        };
        refused += i32::from(world.engine.handle(NOW, &[event]).is_err());
    }
    assert!(refused > 0);
    world
        .engine
        .db()
        .pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
        .unwrap();
    world.kill();
    world.deliver(Fault::AnswerLost);
    world.heal();
    assert_eq!(
        world.backend.effects.len() as u64,
        world.backend.notes.len() as u64
    );
    assert_eq!(world.status.pending, 0);
}

#[test]
fn every_hot_query_walks_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder.path().join("notes.db"), "s", "ann").unwrap();
    let check = |sql: &str, index: &str| {
        let mut statement = engine.db().prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = statement.parameter_count();
        let nothing: Vec<&dyn rusqlite::ToSql> = vec![&1_i64; count];
        let plan: Vec<String> = statement
            .query_map(nothing.as_slice(), |row| row.get::<_, String>(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let plan = plan.join("; ");
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(
            !plan.contains("SCAN outrigger") || plan.contains("USING"),
            "{sql}: {plan}"
        );
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    };
    check(
        "SELECT place FROM outrigger_queue WHERE state = 1 AND due <= ?1 ORDER BY due, place LIMIT ?2",
        "queue_moving",
    );
    check(
        "SELECT due FROM outrigger_queue WHERE state = 1 ORDER BY due, place LIMIT 1",
        "queue_moving",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE lane = ?1 AND lane <> entity AND in_lane = 1 AND place < ?2 ORDER BY place DESC LIMIT 1",
        "queue_lane",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE entity = ?1 AND lane = ?1 AND in_lane = 1 AND place > ?2 ORDER BY place ASC LIMIT 1",
        "queue_entity",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE entity = ?1 ORDER BY place",
        "queue_entity",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE mutation = ?1",
        "queue_mutation",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE key <= ?1 AND key <> mutation AND upload IS NULL",
        "queue_key",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE mutation <= ?1 AND key = mutation AND upload IS NULL",
        "queue_mutation",
    );
    check(
        "SELECT entity FROM outrigger_queue WHERE key = ?1 AND key <> mutation AND entity_kind = ?2",
        "queue_key",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE state = 2",
        "queue_moving",
    );
    check(
        "SELECT place FROM outrigger_queue WHERE state = 3 AND place > ?1 ORDER BY place LIMIT ?2",
        "queue_parked",
    );
    check(
        "UPDATE outrigger_queue SET due = ?1 WHERE state = 1 AND due > ?1",
        "queue_moving",
    );
    check(
        "SELECT place, kind FROM outrigger_edge WHERE blocker = ?1 ORDER BY place",
        "edge_blocker",
    );
    check(
        "SELECT blocker FROM outrigger_edge WHERE place = ?1 ORDER BY blocker",
        "PRIMARY KEY",
    );
    check(
        "SELECT place FROM outrigger_mention WHERE entity = ?1 ORDER BY place",
        "PRIMARY KEY",
    );
    check(
        "DELETE FROM outrigger_mention WHERE entity = ?1 AND place = ?2",
        "PRIMARY KEY",
    );
    check(
        "SELECT min(sequence) FROM outrigger_sent",
        "SEARCH outrigger_sent",
    );
    check(
        "SELECT sha256 FROM outrigger_attachment_use WHERE place = ?1",
        "attachment_use_place",
    );
    check(
        "SELECT mutation FROM outrigger_merged WHERE into_mutation = ?1",
        "merged_into",
    );
}
