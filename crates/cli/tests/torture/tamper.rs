//! The audit finds what it is there to find: a proof that cannot fail proves nothing.

use rusqlite::Connection;

use crate::play::Play;
use crate::rig::audit::Audit;
use crate::rig::ledger::{Kind, Thing};
use crate::rig::place;

/// What a server does wrong, as SQL on its database, and what the audit makes of it.
async fn check(wrong: &str, counted: impl Fn(&Audit) -> u64) {
    let play = Play::without_faults(11, 60).await;
    assert_eq!(play.audit().findings, Vec::<String>::new());
    let server = Connection::open(play.server_database()).unwrap();
    let changed = server.execute(wrong, []).unwrap();
    assert!(changed > 0, "{wrong}");
    let audit = play.audit();
    assert!(counted(&audit) > 0, "{wrong}: {:?}", audit.findings);
}

#[tokio::test]
async fn a_message_that_is_gone_is_lost() {
    let wrong = "DELETE FROM messages WHERE position = (SELECT max(position) FROM messages)";
    check(wrong, |audit| audit.total().lost).await;
}

#[tokio::test]
async fn a_post_without_its_pictures_has_lost_them() {
    check("DELETE FROM attachments", |audit| audit.total().lost).await;
}

#[tokio::test]
async fn a_comment_that_is_there_twice_is_doubled() {
    let wrong = "INSERT INTO comments (id, post, author, text, created_at, updated_at, version)
                 SELECT id || 'x', post, author, text, created_at, updated_at, version FROM comments LIMIT 1";
    check(wrong, |audit| audit.total().doubled).await;
}

#[tokio::test]
async fn an_edit_that_was_made_twice_is_doubled() {
    let wrong = "UPDATE posts SET version = version + 1 WHERE text LIKE '%edit%'";
    check(wrong, |audit| audit.total().doubled).await;
}

#[tokio::test]
async fn messages_in_another_order_are_out_of_order() {
    let wrong = "UPDATE messages SET position = -position";
    check(wrong, |audit| audit.total().out_of_order).await;
}

#[tokio::test]
async fn a_like_that_is_gone_is_lost() {
    let wrong = "DELETE FROM likes";
    check(wrong, |audit| audit.total().lost).await;
}

#[tokio::test]
async fn a_picture_that_was_uploaded_twice_is_doubled() {
    let columns = {
        let play = Play::without_faults(11, 60).await;
        let server = Connection::open(play.server_database()).unwrap();
        let mut names = server
            .prepare("SELECT name FROM pragma_table_info('uploads')")
            .unwrap();
        let names: Vec<String> = names
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        names
    };
    let values: Vec<_> = columns
        .iter()
        .map(|name| {
            if name == "id" {
                "id || 'x'".to_owned()
            } else {
                name.clone()
            }
        })
        .collect();
    let wrong = format!(
        "INSERT INTO uploads ({}) SELECT {} FROM uploads WHERE state = 'finished' LIMIT 1",
        columns.join(", "),
        values.join(", ")
    );
    check(&wrong, |audit| audit.total().doubled).await;
}

/// What was refused is nowhere: were it there after all, it would be found.
#[tokio::test]
async fn a_refused_write_that_was_done_is_found() {
    let mut play = Play::without_faults(12, 20).await;
    let is_message = |thing: &&Thing| thing.kind == Kind::Message && thing.is_there();
    let number = play.ledger.things.values().find(is_message).unwrap().deeds[0].number;
    play.ledger.refuse(number);
    assert!(!play.audit().findings.is_empty());
}

/// A write that a client forgot, as one that lost the end of its log does.
#[tokio::test]
async fn a_write_that_is_kept_nowhere_is_found() {
    let play = Play::without_faults(13, 20).await;
    assert_eq!(play.world.inspect(&play.ledger).unwrap(), Vec::<String>::new());
    let client = Connection::open(place::database(&play.world.client_folder())).unwrap();
    client
        .execute("DELETE FROM outrigger_journal WHERE entry = 3", [])
        .unwrap();
    assert_eq!(play.world.inspect(&play.ledger).unwrap().len(), 1);
}

/// A file that was not removed and is not remembered either.
#[tokio::test]
async fn a_file_that_nobody_knows_is_found() {
    let play = Play::without_faults(14, 20).await;
    std::fs::write(
        place::attachments(&play.world.client_folder()).join("stray"),
        b"?",
    )
    .unwrap();
    assert_eq!(play.audit().findings.len(), 1);
}
