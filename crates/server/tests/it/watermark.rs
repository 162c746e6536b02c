//! Watermarks: what is forgotten, and how a client that went back in time is recognised.

use outrigger_server::exchange::Request;
use serde_json::json;

use crate::world::{Answer, Device, Person, World, key, post};

fn watermark(answer: &Answer) -> u64 {
    answer.header("outrigger-watermark").parse().unwrap()
}

/// Posts `count` times, acknowledging all but the newest.
fn posts(person: &Person<'_>, device: &Device, count: u64) {
    for _ in 0..count {
        device.ack.set(device.sequence.get());
        person.send(&device.stamp(post("x"))).is(201);
    }
}

#[test]
fn each_answer_carries_the_watermark_held_before() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    assert_eq!(watermark(&alice.send(&device.stamp(post("1")))), 0);
    device.ack.set(1);
    assert_eq!(watermark(&alice.send(&device.stamp(post("2")))), 0);
    assert_eq!(
        watermark(&alice.send(&device.stamp(post("")))),
        1,
        "a rejection carries it too"
    );
    let read = Request::new("GET", "/v1/me").header("outrigger-client", format!("\"{}\"", device.client));
    assert_eq!(watermark(&alice.send(&read)), 1);
}

#[test]
fn the_watermark_never_falls() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    posts(&alice, &device, 3);
    device.ack.set(0);
    assert_eq!(watermark(&alice.send(&device.stamp(post("late")))), 2);
    assert_eq!(watermark(&alice.send(&device.stamp(post("later")))), 2);
}

#[test]
fn keys_above_the_watermark_are_kept_and_those_below_forgotten() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    posts(&alice, &device, 3);
    assert!(
        alice
            .send(&device.stamp_as(post("x"), 3, &key(3)))
            .is(201)
            .is_replayed()
    );
    alice
        .send(&device.stamp_as(post("x"), 2, &key(2)))
        .is(409)
        .refused("client-rewound");
    assert_eq!(alice.get("/v1/feed").ids().len(), 3);
    assert_eq!(
        alice.get(&format!("/v1/created/{}", key(1))).ok()["kind"],
        "post",
        "found all the same"
    );
}

#[test]
fn a_client_restored_from_an_older_copy_is_recognised() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    posts(&alice, &device, 3);
    let below = device.stamp_as(post("new"), 2, &key(102));
    alice.send(&below).is(409).refused("client-rewound");
    let known_sequence = device.stamp_as(post("new"), 3, &key(103));
    alice.send(&known_sequence).is(409).refused("client-rewound");
    assert_eq!(alice.get("/v1/feed").ids().len(), 3);
    let free = device.stamp_as(post("new"), 104, &key(104));
    alice.send(&free).is(201);
    assert!(
        alice
            .send(&device.stamp_as(post("new"), 104, &key(104)))
            .is_replayed()
    );
}

#[test]
fn a_retired_client_is_refused_for_ever() {
    let world = World::new();
    let (alice, bob) = (world.sign_up("alice"), world.sign_up("bob"));
    let device = Device::new(1);
    posts(&alice, &device, 3);
    let retire = format!("/v1/clients/{}/retire", device.client);
    assert_eq!(
        alice.post(&retire, json!({})).ok(),
        json!({"highest_key": key(3), "already": false})
    );
    assert_eq!(
        alice.post(&retire, json!({})).ok(),
        json!({"highest_key": key(3), "already": true}),
        "idempotent"
    );
    alice
        .send(&device.stamp(post("x")))
        .is(409)
        .refused("client-retired");
    alice
        .send(&device.stamp_as(post("x"), 3, &key(3)))
        .is(409)
        .refused("client-retired");
    let read = Request::new("GET", "/v1/me").header("outrigger-client", format!("\"{}\"", device.client));
    alice.send(&read).is(409).refused("client-retired");
    let plain = post("x").header("outrigger-client", format!("\"{}\"", device.client));
    alice.send(&plain).is(409).refused("client-retired");
    assert_eq!(alice.get("/v1/feed").ids().len(), 3);
    bob.send(&Device::new(1).stamp(post("x"))).is(201);
}

#[test]
fn a_client_never_heard_of_can_be_retired() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(9);
    let retire = format!("/v1/clients/{}/retire", device.client);
    assert_eq!(
        alice.post(&retire, json!({})).ok(),
        json!({"highest_key": null, "already": false})
    );
    alice
        .send(&device.stamp(post("x")))
        .is(409)
        .refused("client-retired");
    alice.post("/v1/clients/none/retire", json!({})).is(404);
}

#[test]
fn forgotten_keys_leave_the_highest_behind() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    posts(&alice, &device, 3);
    device.ack.set(3);
    let read_only = Request::new("PUT", "/v1/users/usr_none/follow")
        .header("outrigger-client", format!("\"{}\";ack=3", device.client));
    alice.send(&read_only).is(404);
    let retired = alice
        .post(&format!("/v1/clients/{}/retire", device.client), json!({}))
        .ok();
    assert_eq!(retired["highest_key"], key(3));
}

#[test]
fn what_was_acknowledged_to_a_former_life_is_not_heeded() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let device = Device::new(1);
    let first = alice.send(&device.stamp(post("1")));
    let epoch = first.header("outrigger-epoch");
    device.ack.set(1);
    let another = format!("\"{}\"", key(9));
    let of_another_life = device.stamp(post("2")).header("outrigger-epoch", another);
    assert_eq!(watermark(&alice.send(&of_another_life).is(201)), 0);
    let of_this_one = device.stamp(post("3")).header("outrigger-epoch", epoch);
    assert_eq!(
        watermark(&alice.send(&of_this_one).is(201)),
        0,
        "not raised by the one before"
    );
    assert_eq!(
        watermark(&alice.send(&device.stamp(post("4"))).is(201)),
        1,
        "raised by this one"
    );
    let of_none = device.stamp(post("5")).header("outrigger-epoch", "yesterday");
    alice.send(&of_none).is(400).refused("malformed");
}
