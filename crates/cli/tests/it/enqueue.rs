//! Writes from files.

use crate::world::{PNG, Person, World};

#[test]
fn a_good_file_is_queued_whole() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.file("cat.png", PNG);
    let lines = r#"{"v":1,"op":"posts.create","text":"one","images":["cat.png"],"as":"one"}

{"v":1,"op":"comments.create","post":"@one","text":"on one"}
{"v":1,"op":"posts.like","post":"@one"}
{"v":1,"op":"posts.create","text":"two"}
"#;
    let file = world.file("writes.jsonl", lines.as_bytes());
    alice.run(["enqueue", &file]).ok().says("4 lines queued");
    alice.run(["sync"]).ok();
    // The first one waits for its picture, and nothing waits for it.
    let mut feed = bob.feed();
    feed.sort();
    assert_eq!(feed, ["one", "two"]);
    let line = r#"{"v":1,"op":"posts.create","text":"three"}"#;
    alice.type_in(["enqueue", "-"], line).ok().says("1 line queued");
    alice.run(["sync"]).ok();
    assert_eq!(bob.feed().len(), 3);
}

#[test]
fn of_a_bad_file_nothing_is_queued_unless_it_is_to_go_on() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    let lines = r#"{"v":1,"op":"posts.create","text":"good"}
{"v":2,"op":"posts.create","text":"from the future"}
{"v":1,"op":"posts.explode","text":"?"}
{"v":1,"op":"posts.create","text":" "}
{"v":1,"op":"posts.like","post":"@nobody"}
{"v":1,"op":"posts.create","text":"x","images":["nothing.png"]}
not json
"#;
    let file = world.file("writes.jsonl", lines.as_bytes());
    alice
        .run(["enqueue", &file])
        .exits(1)
        .says("line 2: version 2")
        .says("line 3: the operation")
        .says("line 7")
        .says("nothing was queued");
    assert_eq!(alice.queue(), (0, 0));
    let ended = alice.run(["enqueue", &file, "--keep-going", "--json"]).exits(1);
    let told = ended.json();
    assert_eq!(told["queued"], 1);
    let lines: Vec<u64> = told["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    assert_eq!(alice.queue(), (1, 0));
    let missing = world.path("missing.jsonl");
    alice
        .run(["enqueue", missing.to_str().unwrap()])
        .exits(1)
        .says("cannot read");
}

#[test]
fn a_line_that_contradicts_an_earlier_one_is_named() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    let lines = r#"{"v":1,"op":"posts.create","text":"gone soon","as":"p"}
{"v":1,"op":"posts.delete","post":"@p"}
{"v":1,"op":"comments.create","post":"@p","text":"hello?"}
"#;
    let file = world.file("writes.jsonl", lines.as_bytes());
    alice.run(["enqueue", &file]).exits(1).says("line 3");
    assert_eq!(alice.queue(), (0, 0));
    let told = alice.run(["enqueue", &file, "--keep-going"]).exits(1);
    told.says("2 lines queued").says("line 3");
}

/// The copies stayed for an hour, once more for each try.
#[test]
fn of_a_line_that_is_not_queued_no_copy_stays() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    world.file("cat.png", PNG);
    let lines = r#"{"v":1,"op":"posts.create","text":"good","images":["cat.png"]}
{"v":1,"op":"posts.like","post":"@nobody"}
"#;
    let file = world.file("writes.jsonl", lines.as_bytes());
    alice.run(["enqueue", &file]).exits(1).says("nothing was queued");
    assert_eq!(copies(&alice), 0);
    world.file("not-a-picture.png", b"words");
    let picture = world.path("cat.png");
    let words = world.path("not-a-picture.png");
    let images = [picture.to_str().unwrap(), words.to_str().unwrap()];
    alice
        .run(["post", "two of them", "--image", images[0], "--image", images[1]])
        .exits(1);
    assert_eq!((alice.queue(), copies(&alice)), ((0, 0), 0));
    alice.run(["enqueue", &file, "--keep-going"]).exits(1);
    assert_eq!((alice.queue(), copies(&alice)), ((2, 0), 1));
}

/// How many files wait on a device.
fn copies(person: &Person) -> usize {
    let accounts = std::fs::read_dir(&person.home).unwrap();
    let folders =
        accounts.filter_map(|account| std::fs::read_dir(account.unwrap().path().join("files")).ok());
    folders.map(Iterator::count).sum()
}
