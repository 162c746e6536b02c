//! Looking into the queue, and deciding on what needs one.

use crate::world::{Person, World, short};
use serde_json::Value;

/// Alice has a comment that the server will not take: its post was deleted meanwhile.
fn rejected(world: &World) -> (Person, Value) {
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let post = bob.post("soon gone");
    alice.run(["feed", "--all"]).ok();
    let seen = alice.json(["feed", "--all"])["posts"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.run(["post", "delete", &post]).ok();
    let ended = alice.run(["comment", &seen, "too late", "--json"]).exits(3);
    let written = ended.json();
    assert_eq!(written["outcome"], "parked");
    assert_eq!(written["parked"]["reason"], "rejected");
    (alice, written)
}

#[test]
fn what_was_rejected_waits_for_a_decision() {
    let world = World::new();
    let (alice, written) = rejected(&world);
    let id = short(&written);
    assert_eq!(alice.queue(), (0, 1));
    alice
        .run(["status"])
        .ok()
        .says("Sync failed. Tap to retry")
        .says("1 needs you")
        .says("queue retry --all");
    alice.run(["queue", "list", "--failed"]).ok().says("rejected");
    alice
        .run(["queue", "show", &id])
        .ok()
        .says("too late")
        .says("outrigger queue discard");
    alice.run(["sync"]).exits(3);
    alice.run(["queue", "retry", &id]).exits(3).says("rejected");
    alice
        .run(["queue", "retry", "--all"])
        .exits(3)
        .says("1 write tried again");
    alice.run(["queue", "edit", &id, "still too late"]).exits(3);
    alice.run(["queue", "show", &id]).ok().says("still too late");
    alice.run(["queue", "discard", &id]).ok().says("discarded");
    assert_eq!(alice.queue(), (0, 0));
    alice.run(["status"]).ok().says("everything has arrived");
    alice
        .run(["queue", "retry", &id])
        .exits(1)
        .says("nothing in the queue");
}

#[test]
fn what_waits_can_be_changed_and_taken_back() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.run(["offline"]).ok();
    let post = alice.post("helo");
    alice.run(["comment", &post, "mine"]).ok();
    let other = alice.post("never mind");
    alice
        .run(["queue", "list"])
        .ok()
        .says("post.create")
        .says("after ");
    alice.run(["queue", "edit", &post, "hello"]).ok().says("queued");
    alice.run(["like", &other]).ok();
    let gone = alice.json(["queue", "discard", &other]);
    assert_eq!(gone["gone"].as_array().unwrap().len(), 2);
    alice.run(["queue", "edit", "not-an-id", "x"]).exits(2);
    alice.run(["online"]).ok();
    alice.run(["sync"]).ok();
    assert_eq!(bob.feed(), ["hello"]);
}

#[test]
fn it_can_be_taken_along_as_lines() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    alice.post("my secret");
    alice.post("another");
    let path = world.path("queue.jsonl");
    let path = path.to_str().unwrap();
    alice
        .run(["queue", "export", path])
        .ok()
        .says("2 writes exported");
    let lines = std::fs::read_to_string(path).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["payload"]["post"]["create"]["text"], "my secret");
    alice.run(["queue", "export", path]).exits(1).says("exists");
    let lines = alice.run(["queue", "export", "--without-payloads"]).ok().out;
    assert_eq!(lines.lines().count(), 2);
    assert!(!lines.contains("secret"), "{lines}");
}
