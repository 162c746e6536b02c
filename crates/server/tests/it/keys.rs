//! Keys: a mutation is applied at most once, and answered the same each time.

use outrigger_server::exchange::Request;
use serde_json::json;

use crate::world::{Device, World, key, post};

#[test]
fn a_repeated_request_is_answered_byte_for_byte_and_applied_once() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let request = Device::new(1).stamp(post("once"));
    let first = alice.send(&request).is(201);
    let again = alice.send(&request).is(201);
    assert!(!first.is_replayed() && again.is_replayed());
    assert_eq!(first.response.bytes(), again.response.bytes());
    for header in ["etag", "location", "content-type"] {
        assert_eq!(first.header(header), again.header(header));
    }
    assert_eq!(alice.get("/v1/feed").ids().len(), 1);
}

#[test]
fn a_repeated_request_is_answered_as_it_was_even_when_the_object_changed_since() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let request = Device::new(1).stamp(post("first"));
    let first = alice.send(&request).is(201);
    alice.patch(&first.location(), json!({"text": "second"})).is(200);
    alice.delete(&first.location()).is(204);
    assert_eq!(alice.send(&request).response.bytes(), first.response.bytes());
    assert_eq!(alice.get("/v1/feed").ids().len(), 0);
}

#[test]
fn a_key_stands_for_one_request() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    alice.send(&device.stamp(post("this"))).is(201);
    alice
        .send(&device.stamp_as(post("that"), 1, &key(1)))
        .is(422)
        .refused("key-reused");
    let other_path = Request::new("POST", "/v1/posts/x/comments").json(&json!({"text": "this"}));
    alice
        .send(&device.stamp_as(other_path, 1, &key(1)))
        .is(422)
        .refused("key-reused");
    let other_headers = post("this").header("accept-language", "de");
    assert!(
        alice
            .send(&device.stamp_as(other_headers, 1, &key(1)))
            .is(201)
            .is_replayed()
    );
}

#[test]
fn unknown_fields_do_not_change_a_request() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let later = Request::new("POST", "/v1/posts").json(&json!({"mood": 1, "text": "x", "media": []}));
    alice.send(&device.stamp(later)).is(201);
    assert!(
        alice
            .send(&device.stamp_as(post("x"), 1, &key(1)))
            .is(201)
            .is_replayed()
    );
}

#[test]
fn a_key_is_looked_up_before_the_precondition() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let url = alice.says("one");
    let edit = Request::new("PATCH", &url)
        .json(&json!({"text": "two"}))
        .header("if-match", "\"1\"");
    let request = Device::new(1).stamp(edit);
    assert_eq!(alice.send(&request).is(200).header("etag"), "\"2\"");
    // The version has risen: only the key makes this the answer of before.
    assert_eq!(alice.send(&request).is(200).header("etag"), "\"2\"");
}

#[test]
fn definitive_rejections_are_recorded() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let device = Device::new(1);
    let url = alice.says("one");
    let bobs = bob.says("mine");
    let rejections = [
        (422, post("")),
        (404, Request::new("DELETE", "/v1/posts/post_none")),
        (403, Request::new("DELETE", &bobs)),
        (
            412,
            Request::new("PATCH", &url)
                .json(&json!({"text": "x"}))
                .header("if-match", "\"9\""),
        ),
        (
            415,
            Request {
                body: "text".into(),
                ..Request::new("POST", "/v1/posts")
            },
        ),
        (
            400,
            Request {
                body: "{".into(),
                ..post("x")
            },
        ),
        (
            422,
            Request::new("POST", "/v1/posts").json(&json!({"text": "x", "media": ["upl_none"]})),
        ),
    ];
    for (status, request) in rejections {
        let request = device.stamp(request);
        let first = alice.send(&request).is(status);
        let again = alice.send(&request).is(status);
        assert!(again.is_replayed(), "{request:?}");
        assert_eq!(first.response.bytes(), again.response.bytes());
    }
}

#[test]
fn a_recorded_rejection_stays_when_the_request_would_succeed_now() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let request = Device::new(1).stamp(Request::new("PUT", "/v1/users/usr_later/follow"));
    alice.send(&request).is(404);
    alice.put(&format!("/v1/users/{}/follow", bob.id)).is(200);
    assert!(alice.send(&request).is(404).is_replayed());
}

#[test]
fn what_is_of_the_moment_is_not_recorded() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let request = Device::new(1).stamp(post("x"));
    let nobody = outrigger_server::exchange::Caller::bearer("ora_nobody");
    world.call(&nobody, &request).is(401).refused("unauthorized");
    assert!(!alice.send(&request).is(201).is_replayed());
}

#[test]
fn rates_are_not_recorded() {
    let rate = outrigger_server::Rate {
        per_second: 1.0,
        burst: 1.0,
    };
    let settings = outrigger_server::Settings {
        account_rate: Some(rate),
        ..Default::default()
    };
    let world = World::with(settings);
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    alice.send(&device.stamp(post("first"))).is(201);
    let second = device.stamp(post("second"));
    assert_eq!(
        alice
            .send(&second)
            .is(429)
            .refused("rate-limited")
            .header("retry-after"),
        "1"
    );
    world.pass(std::time::Duration::from_secs(1));
    assert!(!alice.send(&second).is(201).is_replayed());
}

#[test]
fn keys_belong_to_an_account_and_a_client() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let request = Device::new(1).stamp(post("mine"));
    alice.send(&request).is(201);
    assert!(
        !bob.send(&request).is(201).is_replayed(),
        "to another account the key is unknown"
    );
    let id = alice.send(&request).is(201).created()["id"].clone();
    let like = |device: u64| {
        let request = Request::new("PUT", format!("/v1/posts/{}/like", id.as_str().unwrap()));
        alice.send(&Device::new(device).stamp_as(request, 2, &key(2)))
    };
    assert!(!like(1).is(200).is_replayed() && like(1).is(200).is_replayed());
    assert!(!like(2).is(200).is_replayed(), "and to another client");
}

#[test]
fn headers_of_keys_are_read_strictly() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let client = "\"0198c0aa-0000-7000-8000-000000000001\";seq=1";
    let keyed = |key: &str, client: &str| {
        post("x")
            .header("idempotency-key", key)
            .header("outrigger-client", client)
    };
    let bare = post("x").header("idempotency-key", format!("\"{}\"", key(1)));
    alice.send(&bare).is(400).refused("client-required");
    alice
        .send(&keyed("unquoted", client))
        .is(400)
        .refused("malformed");
    alice
        .send(&keyed("\"not-a-uuid\"", client))
        .is(400)
        .refused("malformed");
    let quoted = format!("\"{}\"", key(1));
    alice
        .send(&keyed(&quoted, "\"x\";seq=1"))
        .is(400)
        .refused("malformed");
    alice
        .send(&keyed(&quoted, client.trim_end_matches(";seq=1")))
        .is(400)
        .refused("malformed");
    assert_eq!(alice.get("/v1/feed").ids().len(), 0);
}

#[test]
fn without_a_key_a_request_is_applied_as_it_comes() {
    let world = World::new();
    let alice = world.sign_up("alice");
    alice.says("twice");
    alice.says("twice");
    assert_eq!(alice.get("/v1/feed").ids().len(), 2);
}

#[test]
fn what_a_key_created_is_found_by_it() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let device = Device::new(1);
    let made = alice.send(&device.stamp(post("x"))).created();
    let created = alice.get(&format!("/v1/created/{}", key(1))).ok();
    assert_eq!((&created["kind"], &created["id"]), (&json!("post"), &made["id"]));
    assert_eq!(created["object"], made);
    assert_eq!(made["key"], key(1));
    bob.get(&format!("/v1/created/{}", key(1))).is(404);
    alice.get("/v1/created/nothing").is(404).refused("not-found");
    let url = format!("/v1/posts/{}", made["id"].as_str().unwrap());
    assert!(bob.get(&url).ok().get("key").is_none(), "a key is for its author");
    alice.delete(&url).is(204);
    let deleted = alice.get(&format!("/v1/created/{}", key(1))).ok();
    assert_eq!((&deleted["id"], &deleted["object"]), (&made["id"], &json!(null)));
}

/// A write waits in two copies of a database. One sends it, and forgets it by acknowledging it; the other, under the same client id and a later sequence.
#[test]
fn a_forgotten_key_creates_nothing_again() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let (device, copy) = (Device::new(1), Device::new(1));
    alice.send(&device.stamp_as(post("once"), 1, &key(1))).is(201);
    device.ack.set(1);
    alice.send(&device.stamp_as(post(""), 2, &key(2))).is(422);
    let again = copy.stamp_as(post("once"), 3, &key(1));
    alice.send(&again).is(409).refused("client-rewound");
    alice.send(&again).is(409).refused("client-rewound");
    assert_eq!(alice.get("/v1/feed").ids().len(), 1);
}

/// The other goes on under an id of its own: its key is among those that the retirement of that id tells, so it looks up what became of it.
#[test]
fn a_key_creates_once_under_whatever_client_id() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let (device, copy) = (Device::new(1), Device::new(2));
    alice.send(&device.stamp_as(post("once"), 1, &key(7))).is(201);
    alice
        .send(&copy.stamp_as(post("once"), 1, &key(7)))
        .is(409)
        .refused("client-rewound");
    assert_eq!(alice.get("/v1/feed").ids().len(), 1);
    let retired = alice
        .post(&format!("/v1/clients/{}/retire", copy.client), json!(null))
        .ok();
    assert_eq!(retired["highest_key"], key(7));
    let found = alice.get(&format!("/v1/created/{}", key(7))).ok();
    assert_eq!(found["object"]["text"], "once");
    let bob = world.sign_up("bob");
    bob.send(&copy.stamp_as(post("his own"), 1, &key(7))).is(201);
}
