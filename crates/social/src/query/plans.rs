//! The plans of the statements behind every screen: all of them walk an index, none sorts.

use outrigger_engine::Engine;
use outrigger_engine::time::{Monotonic, Now, Wall};
use outrigger_engine::{Limits, Options};
use rusqlite::Connection;
use std::sync::Arc;

use super::{conversation, post, profile};
use crate::{Social, resolve, wire};

fn engine() -> Engine<Social> {
    let me = wire::User {
        id: "usr_alice".to_owned(),
        name: "alice".to_owned(),
    };
    let options = Options {
        server: "http://server.test".to_owned(),
        account: me.id.clone(),
        seed: [1; 32],
        now: Now {
            wall: Wall(1),
            monotonic: Monotonic(1),
        },
        limits: Limits::default(),
        concurrency: 1,
        shared: false,
        durable: false,
    };
    let db = Connection::open_in_memory().expect("SQLite opens");
    Engine::open(db, Arc::new(Social::new(me)), options).expect("the engine opens")
}

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap_or_else(|error| panic!("{error}: {sql}"));
    // A plan does not depend on what is bound; nothing is.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("a plan has rows") {
        steps.push(row.get::<_, String>(3).expect("a step is a text"));
    }
    steps
}

#[test]
fn every_question_walks_an_index() {
    let engine = engine();
    let places = [
        resolve::USERS,
        resolve::POSTS,
        resolve::COMMENTS,
        resolve::CONVERSATIONS,
        resolve::MESSAGES,
    ];
    let questions = [
        post::EVERYONE,
        post::FOLLOWING,
        post::OF_AUTHOR,
        post::ONE,
        post::COMMENTS,
        post::ONE_COMMENT,
        conversation::CONVERSATIONS,
        conversation::MESSAGES,
        conversation::ONE_MESSAGE,
        profile::PROFILE,
        "SELECT sha256, media_type, size, server_id FROM media WHERE owner = ?1 ORDER BY ordinal LIMIT 100",
        "SELECT id FROM users WHERE name = ?1 LIMIT 1",
        "SELECT 1 FROM comments WHERE post = ?1 AND hidden = 1 AND (confirmed = 0 OR hidden = 1)",
        "SELECT max(position) FROM messages WHERE conversation = ?1",
    ];
    let questions = questions
        .into_iter()
        .chain(places.iter().flat_map(|place| [place.exact, place.tail]));
    for sql in questions {
        let steps = plan(engine.db(), sql);
        assert!(!steps.is_empty());
        for step in steps {
            assert!(!step.starts_with("SCAN"), "{step}\nin {sql}");
            assert!(!step.contains("TEMP B-TREE"), "{step}\nin {sql}");
        }
    }
}

/// The feed must come in the order of its index, from the cursor on.
#[test]
fn lists_begin_at_their_cursor() {
    let engine = engine();
    let begins = [
        (
            post::EVERYONE,
            "SEARCH p USING INDEX posts_position ((position,id)<(?,?))",
        ),
        (
            post::FOLLOWING,
            "SEARCH p USING INDEX posts_position ((position,id)<(?,?))",
        ),
        (
            post::OF_AUTHOR,
            "SEARCH p USING INDEX posts_author (author=? AND (position,id)<(?,?))",
        ),
        (
            post::COMMENTS,
            "SEARCH c USING INDEX comments_post (post=? AND (position,id)>(?,?))",
        ),
        (
            conversation::MESSAGES,
            "SEARCH m USING INDEX messages_conversation (conversation=? AND (position,id)<(?,?))",
        ),
        (
            conversation::CONVERSATIONS,
            "SEARCH c USING INDEX conversations_activity ((activity,id)<(?,?))",
        ),
    ];
    for (sql, begin) in begins {
        let steps = plan(engine.db(), sql);
        assert_eq!(steps.first().map(String::as_str), Some(begin), "{steps:#?}");
    }
}
