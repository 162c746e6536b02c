//! Posts, comments, likes, follows, conversations and messages, one by one.

use outrigger_server::exchange::Request;
use outrigger_social::limits;
use serde_json::{Value, json};

use crate::world::{PNG, World};

#[test]
fn a_post_is_made_read_changed_and_deleted() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let made = alice.post("/v1/posts", json!({"text": "hi"})).is(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let url = made.location();
    let read = alice.get(&url).is(200);
    assert_eq!(read.json(), made.json());
    world.pass(std::time::Duration::from_secs(1));
    let edited = alice.patch(&url, json!({"text": "ho"})).is(200);
    assert_eq!(
        (edited.header("etag"), &edited.json()["text"]),
        ("\"2\"".to_owned(), &json!("ho"))
    );
    assert_ne!(edited.json()["updated_at"], edited.json()["created_at"]);
    alice.delete(&url).is(204);
    alice.get(&url).is(404);
    alice.delete(&url).is(404);
}

#[test]
fn texts_are_bounded_in_characters() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let long = |count: usize| "é".repeat(count);
    alice
        .post("/v1/posts", json!({"text": long(limits::POST_TEXT_MAX)}))
        .is(201);
    for text in [long(limits::POST_TEXT_MAX + 1), " \n".to_owned(), String::new()] {
        let refused = alice
            .post("/v1/posts", json!({"text": text}))
            .is(422)
            .refused("invalid");
        assert_eq!(refused.json()["errors"][0]["field"], "text");
    }
    let upload = alice.uploads(PNG);
    let url = alice
        .post("/v1/posts", json!({"text": "", "media": [upload]}))
        .is(201)
        .location();
    alice.patch(&url, json!({"text": ""})).is(200);
    let many = vec![upload; limits::POST_MEDIA_MAX + 1];
    let refused = alice
        .post("/v1/posts", json!({"text": "x", "media": many}))
        .is(422);
    assert_eq!(refused.json()["errors"][0]["field"], "media");
}

#[test]
fn an_older_version_is_not_overwritten() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let url = alice.says("one");
    let edit = |tag: &str, text: &str| {
        Request::new("PATCH", &url)
            .json(&json!({"text": text}))
            .header("if-match", tag)
    };
    alice.send(&edit("\"1\"", "two")).is(200);
    let refused = alice
        .send(&edit("\"1\"", "three"))
        .is(412)
        .refused("version-mismatch");
    assert_eq!(refused.header("etag"), "\"2\"", "it carries the newer one");
    alice.send(&edit("*", "three")).is(200);
    alice
        .send(&Request::new("DELETE", &url).header("if-match", "\"1\""))
        .is(412);
}

#[test]
fn likes_are_counted_once_each() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let url = alice.says("x");
    let like = format!("{url}/like");
    let seen = |value: Value| (value["counts"]["likes"].clone(), value["liked"].clone());
    bob.put(&like).is(200);
    assert_eq!(seen(bob.put(&like).ok()), (json!(1), json!(true)));
    assert_eq!(seen(alice.get(&url).ok()), (json!(1), json!(false)));
    bob.delete(&like).is(200);
    assert_eq!(seen(bob.delete(&like).ok()), (json!(0), json!(false)));
    bob.put("/v1/posts/post_none/like").is(404);
}

#[test]
fn comments_are_counted_and_go_with_their_post() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let url = alice.says("x");
    let comments = format!("{url}/comments");
    let made = bob.post(&comments, json!({"text": "first"})).is(201);
    assert_eq!(made.json()["counts"]["comments"], 1);
    let second = alice
        .post(&comments, json!({"text": "second"}))
        .is(201)
        .location();
    assert_eq!(alice.get(&url).ok()["counts"]["comments"], 2);
    alice.patch(&second, json!({"text": "2nd"})).is(200);
    alice.patch(&second, json!({"text": " "})).is(422);
    alice.delete(&second).is(204);
    assert_eq!(alice.get(&url).ok()["counts"]["comments"], 1);
    alice.delete(&url).is(204);
    bob.get(&comments).is(404);
    bob.patch(&made.location(), json!({"text": "still?"})).is(404);
}

#[test]
fn follows_shape_the_feed_and_are_counted() {
    let world = World::new();
    let (alice, bob, eve) = (world.sign_up("alice"), world.sign_up("bob"), world.sign_up("eve"));
    let own = alice.says("own");
    let bobs = bob.says("bobs");
    eve.says("eves");
    let follow = format!("/v1/users/{}/follow", bob.id);
    alice.put(&follow).is(200);
    let profile = alice.put(&follow).ok();
    assert_eq!(
        (&profile["followers"], &profile["followed"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(alice.get(&format!("/v1/users/{}", alice.id)).ok()["following"], 1);
    let id = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    assert_eq!(alice.get("/v1/feed").ids(), [id(&bobs), id(&own)]);
    assert_eq!(alice.get("/v1/feed?scope=everyone").ids().len(), 3);
    alice.delete(&follow).is(200);
    assert_eq!(alice.get("/v1/feed?scope=following").ids(), [id(&own)]);
    alice.put(&format!("/v1/users/{}/follow", alice.id)).is(422);
    alice.put("/v1/users/usr_none/follow").is(404);
    alice.get("/v1/feed?scope=nobody").is(400).refused("malformed");
}

#[test]
fn people_are_found_by_name() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    assert_eq!(
        alice.get("/v1/users?name=bob").ids(),
        std::slice::from_ref(&bob.id)
    );
    assert_eq!(alice.get("/v1/users?name=nobody").ids().len(), 0);
    alice.get("/v1/users").is(400);
    assert_eq!(alice.get("/v1/me").ok(), json!({"id": alice.id, "name": "alice"}));
    bob.says("x");
    assert_eq!(alice.get(&format!("/v1/users/{}/posts", bob.id)).ids().len(), 1);
    alice.get("/v1/users/usr_none/posts").is(404);
}

#[test]
fn two_have_one_conversation() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let conversation = alice.talks_to(&bob);
    assert_eq!(bob.talks_to(&alice), conversation);
    assert_eq!(
        alice.get("/v1/conversations").ok()["items"][0]["with"]["name"],
        "bob"
    );
    assert_eq!(
        bob.get("/v1/conversations").ok()["items"][0]["with"]["name"],
        "alice"
    );
    alice.put(&format!("/v1/conversations/with/{}", alice.id)).is(422);
    alice.put("/v1/conversations/with/usr_none").is(404);
}

#[test]
fn messages_are_sent_read_and_deleted() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let messages = format!("{}/messages", alice.talks_to(&bob));
    let first = alice.post(&messages, json!({"text": "hi"})).is(201);
    let second = bob.post(&messages, json!({"text": "ho"})).created();
    let listed = alice.get(&messages).ok();
    assert_eq!(
        (&listed["items"][0]["text"], &listed["items"][1]["text"]),
        (&json!("ho"), &json!("hi"))
    );
    let shown = &bob.get("/v1/conversations").ok()["items"][0];
    assert_eq!(shown["last_message_at"], second["created_at"]);
    assert_eq!(shown["version"], 3);
    alice.delete(&first.location()).is(204);
    alice.delete(&first.location()).is(404);
    assert_eq!(alice.get(&messages).ids().len(), 1);
    let upload = alice.uploads(PNG);
    alice
        .post(&messages, json!({"text": "", "media": [upload]}))
        .is(201);
    alice.post(&messages, json!({"text": "", "media": []})).is(422);
    alice
        .post(&messages, json!({"text": "x", "media": [upload, upload]}))
        .is(422);
}

#[test]
fn unknown_addresses_and_methods_are_problems() {
    let world = World::new();
    let alice = world.sign_up("alice");
    alice.get("/v2/posts").is(404).refused("not-found");
    let refused = alice
        .send(&Request::new("PUT", "/v1/posts"))
        .is(405)
        .refused("method-not-allowed");
    assert_eq!(refused.header("allow"), "POST");
    assert_eq!(
        refused.header("outrigger-epoch"),
        format!("\"{}\"", world.server.epoch())
    );
}
