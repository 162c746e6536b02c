//! Batches: references, dependencies, and an outcome for each item.

use serde_json::{Value, json};

use crate::world::{Answer, Device, Person, World, key, post};

fn send(person: &Person<'_>, items: Value) -> Answer {
    person.post("/v1/batch", json!({"requests": items}))
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let responses = answer.json();
    responses["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["status"].as_u64().unwrap())
        .collect()
}

/// Sends items and compares their statuses.
#[track_caller]
fn check(person: &Person<'_>, items: Value, expected: &[u64]) -> Value {
    let answer = send(person, items).is(200);
    assert_eq!(statuses(&answer), expected, "{}", answer.json());
    answer.json()["responses"].clone()
}

#[test]
fn references_lead_to_what_was_made() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let mut edit = device.item("3", "PATCH", "$1", json!({"text": "edited"}));
    edit["headers"]["if-match"] = json!("$1");
    let items = json!([
        device.item("1", "POST", "/v1/posts", json!({"text": "made"})),
        device.item("2", "POST", "$1/comments", json!({"text": "first"})),
        edit,
        {"id": "4", "method": "GET", "url": "$1/comments?limit=1"},
        {"id": "5", "method": "GET", "url": "$4"},
    ]);
    let responses = check(&alice, items, &[201, 201, 200, 200, 200]);
    assert_eq!(responses[2]["headers"]["etag"], "\"2\"");
    assert_eq!(responses[3]["body"]["items"][0]["text"], "first");
    assert_eq!(
        responses[4]["body"]["items"][0]["text"], "first",
        "a URL without Location is the URL itself"
    );
    assert_eq!(
        responses[0]["headers"]["location"],
        format!("/v1/posts/{}", responses[0]["body"]["id"].as_str().unwrap())
    );
}

#[test]
fn a_failed_item_fails_what_depends_on_it_and_nothing_else() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let mut items = json!([
        device.item("1", "POST", "/v1/posts", json!({"text": ""})),
        device.item("2", "POST", "$1/comments", json!({"text": "x"})),
        device.item("3", "POST", "/v1/posts", json!({"text": "alone"})),
        device.item("4", "POST", "/v1/posts", json!({"text": "waits"})),
    ]);
    items[3]["dependsOn"] = json!(["2"]);
    let responses = check(&alice, items, &[422, 424, 201, 424]);
    assert_eq!(
        responses[3]["body"]["type"],
        "urn:outrigger:problem:dependency-failed"
    );
    assert_eq!(alice.get("/v1/feed").ids().len(), 1);
    // What was not tried is not recorded.
    let tried_later = device.stamp_as(post("waits"), 4, &key(4));
    assert!(!alice.send(&tried_later).is(201).is_replayed());
}

#[test]
fn a_repeated_batch_answers_as_before() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let items = json!([
        device.item("1", "POST", "/v1/posts", json!({"text": "made"})),
        device.item("2", "POST", "$1/comments", json!({"text": "first"})),
        device.item("3", "POST", "/v1/posts", json!({"text": ""})),
    ]);
    let first = check(&alice, items.clone(), &[201, 201, 422]);
    let again = check(&alice, items, &[201, 201, 422]);
    for item in 0..3 {
        assert_eq!(first[item]["body"], again[item]["body"]);
        assert_eq!(again[item]["headers"]["idempotency-replayed"], "true");
    }
    assert_eq!(alice.get("/v1/feed").ids().len(), 1);
}

#[test]
fn a_key_is_the_same_alone_and_in_a_batch() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let items = json!([
        device.item("1", "POST", "/v1/posts", json!({"text": "made"})),
        device.item("2", "POST", "$1/comments", json!({"text": "first"})),
    ]);
    let responses = check(&alice, items, &[201, 201]);
    let url = format!(
        "{}/comments",
        responses[0]["headers"]["location"].as_str().unwrap()
    );
    let comment = outrigger_server::exchange::Request::new("POST", url).json(&json!({"text": "first"}));
    let alone = alice.send(&device.stamp_as(comment, 2, &key(2))).is(201);
    assert!(alone.is_replayed(), "the fingerprint is over the resolved path");
    assert_eq!(alone.json(), responses[1]["body"]);
}

#[test]
fn a_client_that_goes_back_in_time_is_recognised_item_by_item() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    for _ in 0..2 {
        alice.send(&device.stamp(post("x"))).is(201);
    }
    let ack = format!("\"{}\";ack=1", device.client);
    let body = json!({"requests": [
        device.item("1", "POST", "/v1/posts", json!({"text": "new"})),
        {"id": "2", "method": "POST", "url": "/v1/posts", "body": {"text": "x"}, "headers": device.stamp_as(post("x"), 1, &key(1)).headers},
    ]});
    let request = outrigger_server::exchange::Request::new("POST", "/v1/batch")
        .json(&body)
        .header("outrigger-client", ack);
    let answer = alice.send(&request).is(200);
    assert_eq!(answer.header("outrigger-watermark"), "0");
    assert_eq!(statuses(&answer), [201, 409]);
}

#[test]
fn what_cannot_be_in_a_batch_fails_alone() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let items = json!([
        {"id": "1", "method": "POST", "url": "/v1/batch", "body": {"requests": []}},
        {"id": "2", "method": "POST", "url": "/v1/uploads"},
        {"id": "3", "method": "POST", "url": "$4/comments", "body": {"text": "forward"}},
        {"id": "4", "method": "POST", "url": "/v1/posts", "body": {"text": "x"}},
        {"id": "5", "method": "POST", "url": "/v1/posts", "body": {"text": "x"}, "dependsOn": ["nobody"]},
        {"id": "6", "method": "DELETE", "url": "/v1/posts"},
        {"id": "7", "method": "GET", "url": "/nowhere"},
        {"id": "8", "method": "DELETE", "url": "/v1/sessions/current"},
        {"id": "9", "method": "POST", "url": "/v1/posts"},
        {"id": "10", "method": "PATCH", "url": "$4", "headers": {"if-match": "$7"}, "body": {"text": "x"}},
    ]);
    check(&alice, items, &[400, 400, 400, 201, 400, 405, 404, 400, 400, 424]);
}

#[test]
fn a_batch_that_cannot_be_answered_by_item_is_refused_whole() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let item = |id: usize| json!({"id": id.to_string(), "method": "POST", "url": "/v1/posts", "body": {"text": "x"}});
    send(&alice, json!([item(1), item(1)]))
        .is(400)
        .refused("malformed");
    send(&alice, (0..=100).map(item).collect())
        .is(413)
        .refused("too-large");
    alice
        .post("/v1/batch", json!({"requests": 1}))
        .is(400)
        .refused("malformed");
    assert_eq!(alice.get("/v1/feed").ids().len(), 0);
    check(&alice, json!([]), &[]);
    check(&alice, (0..100).map(item).collect(), &[201; 100]);
}

#[test]
fn a_batch_costs_as_much_as_its_items() {
    let rate = outrigger_server::Rate {
        per_second: 1.0,
        burst: 10.0,
    };
    let settings = outrigger_server::Settings {
        account_rate: Some(rate),
        ..Default::default()
    };
    let world = World::with(settings);
    let alice = world.sign_up("alice");
    let items = |count: usize| -> Value {
        (0..count)
            .map(|id| json!({"id": id.to_string(), "method": "GET", "url": "/v1/me"}))
            .collect()
    };
    check(&alice, items(8), &[200; 8]);
    let refused = send(&alice, items(5)).is(429).refused("rate-limited");
    assert_eq!(refused.header("retry-after"), "3");
    world.pass(std::time::Duration::from_secs(3));
    check(&alice, items(4), &[200; 4]);
}
