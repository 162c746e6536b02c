//! Two people trying each other's things: nothing is read, changed or even told to exist.

use outrigger_server::exchange::Request;
use serde_json::json;

use crate::world::{Device, PNG, World};

#[test]
fn what_others_wrote_is_seen_but_not_changed() {
    let world = World::new();
    let (alice, eve) = (world.sign_up("alice"), world.sign_up("eve"));
    let post = alice.says("mine");
    let comment = alice
        .post(&format!("{post}/comments"), json!({"text": "mine"}))
        .location();
    eve.get(&post).is(200);
    for url in [&post, &comment] {
        eve.patch(url, json!({"text": "hers"}))
            .is(403)
            .refused("forbidden");
        eve.delete(url).is(403).refused("forbidden");
    }
    assert_eq!(alice.get(&post).ok()["text"], "mine");
}

#[test]
fn a_conversation_of_two_does_not_exist_for_a_third() {
    let world = World::new();
    let (alice, bob, eve) = (world.sign_up("alice"), world.sign_up("bob"), world.sign_up("eve"));
    let conversation = alice.talks_to(&bob);
    let upload = alice.uploads(PNG);
    let message = alice.post(
        &format!("{conversation}/messages"),
        json!({"text": "psst", "media": [upload]}),
    );
    let message = message.location();
    eve.get(&format!("{conversation}/messages"))
        .is(404)
        .refused("not-found");
    eve.post(&format!("{conversation}/messages"), json!({"text": "me too"}))
        .is(404);
    eve.delete(&message).is(404);
    eve.get(&format!("/v1/media/{upload}")).is(404);
    assert_eq!(eve.get("/v1/conversations").ids().len(), 0);
    bob.get(&format!("/v1/media/{upload}")).is(200);
    bob.delete(&message).is(403).refused("forbidden");
    assert_eq!(bob.get(&format!("{conversation}/messages")).ids().len(), 1);
}

#[test]
fn an_upload_is_its_accounts() {
    let world = World::new();
    let (alice, eve) = (world.sign_up("alice"), world.sign_up("eve"));
    let open = alice.begins_upload(PNG).location();
    eve.send(&Request::new("HEAD", &open)).is(404);
    eve.appends(&open, 0, PNG).is(404);
    eve.delete(&open).is(404);
    let finished = alice.uploads(PNG);
    eve.get(&format!("/v1/media/{finished}")).is(404);
    let theft = eve.post("/v1/posts", json!({"text": "mine now", "media": [finished]}));
    theft.is(422).refused("upload-missing");
    let same_bytes = eve.begins_upload(PNG);
    assert_eq!(
        same_bytes.header("upload-offset"),
        "0",
        "what others have is not told"
    );
    alice
        .post("/v1/posts", json!({"text": "", "media": [finished]}))
        .is(201);
    eve.get(&format!("/v1/media/{finished}")).is(200);
}

#[test]
fn a_batch_opens_no_door() {
    let world = World::new();
    let (alice, bob, eve) = (world.sign_up("alice"), world.sign_up("bob"), world.sign_up("eve"));
    let conversation = alice.talks_to(&bob);
    let post = alice.says("mine");
    let device = Device::new(1);
    let answers = eve
        .post(
            "/v1/batch",
            json!({"requests": [
                device.item("1", "PATCH", &post, json!({"text": "hers"})),
                device.item("2", "DELETE", &post, json!(null)),
                device.item("3", "POST", &format!("{conversation}/messages"), json!({"text": "x"})),
                {"id": "4", "method": "GET", "url": format!("{conversation}/messages")},
            ]}),
        )
        .ok();
    let statuses: Vec<_> = answers["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["status"])
        .collect();
    assert_eq!(statuses, [403, 403, 404, 404]);
}

#[test]
fn a_client_id_is_anothers_business() {
    let world = World::new();
    let (alice, eve) = (world.sign_up("alice"), world.sign_up("eve"));
    let device = Device::new(1);
    alice.send(&device.stamp(crate::world::post("x"))).is(201);
    let retired = eve
        .post(&format!("/v1/clients/{}/retire", device.client), json!({}))
        .ok();
    assert_eq!(retired["highest_key"], json!(null));
    alice.send(&device.stamp(crate::world::post("y"))).is(201);
}

#[test]
fn without_a_good_token_nothing_is_answered() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let post = alice.says("x");
    let nobody = outrigger_server::exchange::Caller::anonymous();
    for (method, url) in [
        ("GET", post.as_str()),
        ("DELETE", &post),
        ("GET", "/v1/me"),
        ("POST", "/v1/batch"),
    ] {
        let answer = world
            .call(&nobody, &Request::new(method, url))
            .is(401)
            .refused("unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}
