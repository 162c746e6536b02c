//! Posts, comments, likes, follows and messages, from one device to another.

use crate::world::{PNG, World, short};

#[test]
fn what_one_writes_the_other_reads() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let picture = world.file("cat.png", PNG);
    let written = alice.json(["post", "hello", "--image", &picture]);
    assert_eq!(written["outcome"], "sent");
    assert_eq!(written["operation"], "post.create");

    bob.run(["follow", "@alice"]).ok().says("sent");
    bob.run(["feed"])
        .ok()
        .says("@alice")
        .says("hello")
        .says("image/png");
    alice.run(["feed"]).ok().says("✓");
    let post = bob.json(["feed"])["posts"][0]["id"].as_str().unwrap().to_owned();
    bob.run(["like", &post]).ok().says("post.like");
    let comment = short(&bob.json(["comment", &post, "hi alice"]));

    let thread = alice.json(["thread", &short(&written)]);
    assert_eq!(thread["post"]["likes"], 1);
    assert_eq!(thread["comments"]["rows"][0]["text"], "hi alice");
    bob.run(["comment", "edit", &comment, "hello alice"]).ok();
    bob.run(["unlike", &post]).ok();
    let thread = alice.json(["thread", &short(&written)]);
    assert_eq!(thread["post"]["likes"], 0);
    assert_eq!(thread["comments"]["rows"][0]["text"], "hello alice");
    bob.run(["comment", "delete", &comment]).ok();
    alice.run(["post", "edit", &short(&written), "goodbye"]).ok();
    assert_eq!(bob.feed(), ["goodbye"]);
    alice.run(["post", "delete", &short(&written)]).ok();
    assert_eq!(bob.feed(), Vec::<String>::new());
    bob.run(["unfollow", "alice"]).ok();
}

#[test]
fn messages_go_both_ways() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let picture = world.file("cat.png", PNG);
    alice.run(["message", "bob", "psst"]).ok().says("message.send");
    alice
        .run(["message", "bob", "look", "--media", &picture])
        .ok()
        .says("sent");
    bob.run(["conversations"]).ok().says("@alice").says("look");
    bob.run(["message", "alice", "I see"]).ok().says("sent");
    let said = alice.json(["conversation", "bob"]);
    let texts: Vec<&str> = said["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["I see", "look", "psst"]);
    let last = said["messages"][1]["id"].as_str().unwrap();
    alice.run(["message", "delete", last]).ok();
    alice
        .run(["message", "alice", "hm"])
        .exits(1)
        .says("nobody can write to themselves");
}

#[test]
fn what_breaks_a_rule_is_said_at_once_and_nothing_is_queued() {
    let world = World::new();
    let alice = world.person("alice");
    let check = |args: &[&str], code, said: &str| {
        alice.run(args.iter().copied()).exits(code).says(said);
    };
    let (empty, text) = (
        world.file("empty.png", b""),
        world.file("notes.png", b"no picture"),
    );
    let large = world.file("large.png", PNG);
    let file = std::fs::File::options().write(true).open(&large).unwrap();
    file.set_len(32 * 1024 * 1024 + 1).unwrap();
    let missing = world.path("missing.png");
    let folder = world.path("homes");
    check(
        &["post", "x", "--image", missing.to_str().unwrap()],
        1,
        "missing.png is not there",
    );
    check(
        &["post", "x", "--image", folder.to_str().unwrap()],
        1,
        "is not a file",
    );
    check(&["post", "x", "--image", &empty], 1, "empty.png is empty");
    check(&["post", "x", "--image", &text], 1, "attach a PNG");
    check(&["post", "x", "--image", &large], 1, "of at most 33554432");
    check(&["post", "  "], 1, "write something");
    check(&["post", &"x".repeat(5_001)], 1, "5001 characters");
    check(&["comment", "12345678", "hi"], 1, "no post");
    check(&["like", "nonsense"], 1, "no post");
    check(&["follow", "nobody"], 1, "nobody");
    check(&["follow", "alice"], 1, "nobody can follow themselves");
    assert_eq!(alice.queue(), (0, 0));
}
