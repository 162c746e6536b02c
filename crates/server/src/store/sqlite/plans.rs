//! The plan of each hot query: an index is searched, no table is scanned, nothing but a page is sorted.
//!
//! Owns what is expected of the query planner. Only compiled for tests.

use rand::SeedableRng as _;
use rusqlite::types::Value;

use super::{SqliteStore, accounts, clients, comments, conversations, posts, uploads};

/// The plan of a query, one line for each step.
fn plan(sql: &str) -> Vec<String> {
    let store = SqliteStore::in_memory(&mut rand::rngs::StdRng::seed_from_u64(1)).unwrap();
    let connection = store.writer();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = vec![Value::Integer(1); statement.parameter_count()];
    let rows = statement
        .query_map(rusqlite::params_from_iter(values), |row| row.get(3))
        .unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// Checks that every step searches, and that these indexes are among those searched.
#[track_caller]
fn check(sql: &str, indexes: &[&str]) {
    let plan = plan(sql);
    for step in &plan {
        let scans = step.starts_with("SCAN");
        // What a query makes for itself is as small as the query, and the last is an index of just what it looks for.
        let is_own = ["CONSTANT ROW", "followee", "uploads_unswept"]
            .iter()
            .any(|it| step.contains(it));
        assert!(!scans || is_own, "{step}\n{plan:#?}");
    }
    for index in indexes {
        assert!(
            plan.iter().any(|step| step.contains(index)),
            "{index} is not used\n{plan:#?}"
        );
    }
}

#[test]
fn people_and_tokens() {
    check(
        accounts::PROFILE,
        &[
            "sqlite_autoindex_accounts_1",
            "PRIMARY KEY (follower=? AND followed=?)",
        ],
    );
    check(accounts::PROFILE_NAMED, &["sqlite_autoindex_accounts_2"]);
    check(accounts::TOKEN, &["PRIMARY KEY (hash=?)", "PRIMARY KEY (id=?)"]);
}

#[test]
fn keys() {
    check(
        clients::RECORD,
        &["records_by_key (account=? AND client=? AND key=?)"],
    );
    check(
        clients::KEY_OF_SEQUENCE,
        &["sqlite_autoindex_records_1 (account=? AND client=? AND sequence=?)"],
    );
    check(
        clients::FORGET,
        &["sqlite_autoindex_records_1 (account=? AND client=? AND sequence<?)"],
    );
    check(clients::HIGHEST, &["records_by_key (account=? AND client=?)"]);
    check(clients::CREATED, &["PRIMARY KEY (account=? AND key=?)"]);
}

#[test]
fn posts_and_comments() {
    let liked = "PRIMARY KEY (post=? AND account=?)";
    check(posts::POST, &["sqlite_autoindex_posts_1", liked]);
    check(posts::EVERYONE, &["p USING INTEGER PRIMARY KEY (rowid<?)", liked]);
    check(
        posts::BY_AUTHOR,
        &["posts_by_author (author=? AND position<?)", liked],
    );
    check(
        posts::FOLLOWING,
        &[
            "posts_by_author (author=? AND position<?)",
            "PRIMARY KEY (follower=?)",
            liked,
        ],
    );
    check(comments::COMMENT, &["sqlite_autoindex_comments_1"]);
    check(comments::COMMENTS, &["comments_by_post (post=? AND position>?)"]);
}

#[test]
fn conversations_and_messages() {
    check(
        conversations::CONVERSATION,
        &["PRIMARY KEY (account=? AND position=?)"],
    );
    check(
        conversations::CONVERSATION_WITH,
        &["sqlite_autoindex_conversations_2 (one=? AND other=?)"],
    );
    check(
        conversations::CONVERSATIONS,
        &["PRIMARY KEY (account=? AND position<?)"],
    );
    check(conversations::MESSAGE, &["sqlite_autoindex_messages_1"]);
    check(
        conversations::MESSAGES,
        &["messages_by_conversation (conversation=? AND position<?)"],
    );
}

#[test]
fn media() {
    check(uploads::UPLOAD, &["PRIMARY KEY (id=?)"]);
    check(
        uploads::BY_DIGEST,
        &["uploads_by_digest (account=? AND digest=? AND size=?)"],
    );
    check(uploads::MEDIA, &["attachments_by_upload (upload=?)"]);
    check(uploads::ATTACHED, &["PRIMARY KEY (holder=?)"]);
    check(uploads::EXPIRE, &["uploads_by_age (touched_at<?)"]);
    check(uploads::UNSWEPT, &["uploads_unswept"]);
}

#[test]
fn lists_are_read_in_their_order() {
    for sql in [
        posts::EVERYONE,
        posts::BY_AUTHOR,
        comments::COMMENTS,
        conversations::CONVERSATIONS,
        conversations::MESSAGES,
    ] {
        let plan = plan(sql);
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
    }
}
