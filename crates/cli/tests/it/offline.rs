//! Going offline and coming back.

use crate::world::World;

#[test]
fn what_is_written_offline_arrives_once_in_order() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.run(["offline"]).ok().says("Offline");
    let post = alice.json(["post", "first"]);
    assert_eq!(post["outcome"], "queued");
    let id = post["short"].as_str().unwrap();
    alice
        .run(["comment", id, "on it"])
        .ok()
        .says("queued")
        .says("Offline");
    alice.run(["like", id]).ok().says("queued");
    alice.run(["post", "second"]).ok().says("queued");
    assert_eq!(bob.feed(), Vec::<String>::new());
    alice.run(["sync"]).exits(4).says("outrigger online");
    assert_eq!(alice.queue(), (4, 0));
    alice.run(["status"]).ok().says("Offline").says("4 waiting");

    alice.run(["online"]).ok();
    alice.run(["sync"]).ok();
    assert_eq!(alice.queue(), (0, 0));
    assert_eq!(bob.feed(), ["second", "first"]);
    let thread = bob.json([
        "thread",
        bob.json(["feed", "--all"])["posts"][1]["id"].as_str().unwrap(),
    ]);
    assert_eq!(thread["comments"]["rows"][0]["text"], "on it");
    assert_eq!(thread["post"]["likes"], 1);
    alice.run(["sync"]).ok().says("nothing to send");
}

#[test]
fn while_the_server_is_down_everything_is_kept() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.stop_server();
    let written = alice.json(["post", "hello"]);
    assert_eq!(written["outcome"], "queued");
    assert_eq!(written["state"]["cause"], "unreachable");
    alice.run(["status"]).ok().says("Offline");
    alice.run(["sync"]).exits(4);
    alice.run(["sync", "--timeout", "0"]).exits(4);
    world.start_server();
    let done = alice.json(["sync"]);
    assert_eq!(done["ended"], "arrived");
    assert_eq!(done["sent"], 1);
    assert_eq!(bob.feed(), ["hello"]);
    alice.run(["status"]).ok().says("everything has arrived");
}

#[test]
fn what_undoes_what_was_never_sent_sends_nothing() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.run(["offline"]).ok();
    let post = alice.post("oops");
    alice.run(["post", "edit", &post, "oops!"]).ok();
    alice.run(["post", "delete", &post]).ok();
    assert_eq!(alice.queue(), (0, 0));
    alice.run(["online"]).ok();
    alice.run(["sync"]).ok().says("nothing to send");
    assert_eq!(bob.feed(), Vec::<String>::new());
}

#[test]
fn a_server_from_a_backup_stops_everything_until_it_is_accepted() {
    let world = World::new();
    let alice = world.person("alice");
    alice.post("before");
    world.stop_server();
    world.start_server_with(&["--restored"]);
    alice.run(["post", "after"]).ok().says("queued");
    alice
        .run(["status"])
        .ok()
        .says("Server restored. Tap to review")
        .says("outrigger accept-server");
    alice.run(["sync"]).exits(3);
    alice.run(["accept-server"]).ok();
    // What it may have lost was looked up there, and found.
    alice.run(["sync"]).ok();
    assert_eq!(alice.feed(), ["after", "before"]);
    alice.run(["accept-server"]).exits(1);
}
