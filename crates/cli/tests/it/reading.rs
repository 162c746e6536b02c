//! What is shown, with and without a network.

use crate::world::World;

#[test]
fn without_a_server_what_is_here_is_shown() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.post("hello");
    bob.run(["follow", "alice"]).ok();
    bob.run(["feed"]).ok().says("hello");
    world.stop_server();
    let feed = bob.run(["feed"]).ok().says("hello").says("this is what is here");
    assert!(feed.err.contains("not reached"), "{feed:#?}");
    bob.run(["feed", "--offline"]).ok().says("hello");
    bob.run(["feed", "--refresh"]).exits(4).says("--offline");
    bob.run(["profile", "alice"]).ok().says("followed by you");
    bob.run(["profile", "carol"])
        .exits(4)
        .says("was never seen on this device");
    let feed = bob.json(["feed", "--offline"]);
    assert_eq!(feed["fresh"], false);
    let post = feed["posts"][0]["id"].as_str().unwrap();
    bob.run(["comment", post, "later"])
        .ok()
        .says("queued")
        .says("Offline");
    let thread = bob.run(["thread", post, "--offline"]).ok().says("later");
    assert!(thread.out.contains('◷'), "{thread:#?}");
    assert_eq!(bob.json(["thread", post, "--offline"])["post"]["comments"], 1);
}

#[test]
fn what_is_not_for_a_terminal_has_no_colours() {
    let world = World::new();
    let alice = world.person("alice");
    alice.post("\u{1b}[31mred");
    let feed = alice.run(["feed"]).ok();
    assert!(!feed.out.contains('\u{1b}'), "{feed:#?}");
    assert!(feed.out.contains("red"));
}

#[test]
fn profiles_and_links_from_elsewhere_are_found() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.post("hello");
    let id = alice.json(["feed"])["posts"][0]["server_id"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.run(["thread", &id]).ok().says("hello");
    bob.run(["profile", "alice"]).ok().says("1 post").says("hello");
    alice.run(["profile"]).ok().says("@alice");
    alice.run(["conversations"]).ok().says("no conversations yet");
    alice.run(["post", "delete", &id]).ok();
    bob.run(["thread", &id]).exits(1);
}
