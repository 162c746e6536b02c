//! The audit finds what it is there to find: a proof that cannot fail proves nothing.

use rusqlite::Connection;

use crate::play::Play;
use crate::rig::audit::Audit;

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
