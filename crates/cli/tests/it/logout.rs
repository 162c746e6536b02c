//! Signing out with something that has not arrived.

use crate::world::World;

#[test]
fn with_nothing_pending_nobody_is_asked() {
    let world = World::new();
    let alice = world.person("alice");
    alice.post("hello");
    let told = alice.json(["logout"]);
    assert_eq!(told["ended_on_server"], true);
    assert!(!alice.home.join("session.json").exists());
    alice.run(["feed", "--offline"]).exits(5);
    alice.run(["login", "alice"]).ok();
    alice.run(["feed", "--offline"]).ok().says("hello");
}

#[test]
fn what_has_not_arrived_needs_a_decision() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.run(["offline"]).ok();
    alice.post("kept");
    alice
        .run(["logout"])
        .exits(3)
        .says("1 write has not arrived")
        .says("--send, --keep or --discard");
    alice.run(["logout", "--send"]).exits(4).says("still signed in");
    alice.run(["logout", "--keep"]).ok().says("1 write kept here");
    alice.run(["login", "alice"]).ok();
    assert_eq!(alice.queue(), (1, 0));
    alice.run(["online"]).ok();
    alice.run(["logout", "--send"]).ok();
    assert_eq!(bob.feed(), ["kept"]);
}

#[test]
fn discarding_leaves_nothing_on_the_device() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.stop_server();
    alice.post("never");
    let database = alice.database();
    let staying = alice.start(["run"]);
    // A running one has the database open: what it has open is not removed.
    let mut staying = staying;
    staying.line_with("Offline");
    alice
        .run(["logout", "--discard"])
        .exits(3)
        .says("another outrigger is running");
    assert_eq!(staying.end(rustix::process::Signal::INT), 130);
    alice
        .run(["logout", "--discard"])
        .ok()
        .says("1 write discarded")
        .says("the server was not told");
    assert!(!database.exists());
    assert!(!alice.home.join("account.json").exists());
    world.start_server();
    alice.run(["login", "alice"]).ok();
    assert_eq!(alice.queue(), (0, 0));
    assert_eq!(bob.feed(), Vec::<String>::new());
}
