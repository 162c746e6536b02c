//! Databases that cannot be used.

use crate::world::{Person, World};
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// It is refused with these words, also by what only reads, and left as it is.
fn check(alice: &Person, said: &str) {
    let before = std::fs::read(alice.database()).unwrap();
    alice.run(["post", "hello"]).exits(1).says(said);
    alice.run(["feed", "--offline"]).exits(1).says(said);
    alice.run(["queue", "list"]).exits(1).says(said);
    assert!(alice.run(["doctor"]).code > 0);
    assert_eq!(std::fs::read(alice.database()).unwrap(), before);
}

fn edit(database: &Path, sql: &str) {
    Connection::open(database).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_is_no_database_is_left_alone() {
    let world = World::new();
    let alice = world.person("alice");
    std::fs::write(alice.database(), "my novel\n".repeat(1_000)).unwrap();
    check(&alice, "is not a database");
}

#[test]
fn a_damaged_one_is_left_alone() {
    let world = World::new();
    let alice = world.person("alice");
    alice.post("hello");
    let mut bytes = std::fs::read(alice.database()).unwrap();
    let length = bytes.len();
    bytes[4_096..length].fill(0x5A);
    std::fs::write(alice.database(), bytes).unwrap();
    check(&alice, "is damaged");
    alice.run(["doctor"]).exits(1).says(".recover");
}

#[test]
fn one_of_a_newer_version_is_refused() {
    let world = World::new();
    let alice = world.person("alice");
    edit(&alice.database(), "PRAGMA user_version = 999");
    let said = "newer version";
    alice.run(["post", "hello"]).exits(1).says(said);
    alice.run(["status"]).exits(1).says(said);
}

#[test]
fn one_of_another_account_is_refused_before_anything_is_sent() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    std::fs::copy(alice.database(), bob.database()).unwrap();
    bob.run(["post", "hello"])
        .exits(1)
        .says("one database for each account");
    assert_eq!(alice.feed(), Vec::<String>::new());
}

#[test]
fn one_that_was_cut_is_left_alone() {
    let world = World::new();
    let alice = world.person("alice");
    alice.post("hello");
    let file = std::fs::File::options()
        .write(true)
        .open(alice.database())
        .unwrap();
    let length = file.metadata().unwrap().len();
    for part in [length / 2, length - 4_096, 5_000] {
        file.set_len(part).unwrap();
        check(&alice, "is damaged");
    }
}

#[test]
fn one_that_cannot_be_written_says_so() {
    let world = World::new();
    let alice = world.person("alice");
    let set =
        |mode| std::fs::set_permissions(alice.database(), std::fs::Permissions::from_mode(mode)).unwrap();
    // To root nothing is read-only.
    let nobody = world.without_privileges(&alice);
    set(0o400);
    nobody.run(["post", "hello"]).exits(1).says("cannot be written");
    set(0o600);
    nobody.run(["post", "hello"]).ok();
}

#[test]
fn the_doctor_finds_nothing_wrong_where_nothing_is() {
    let world = World::new();
    let alice = world.person("alice");
    alice
        .run(["doctor"])
        .ok()
        .says("whole")
        .says("reached, and ready")
        .says("nothing waits");
    std::fs::set_permissions(
        alice.home.join("session.json"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    alice.run(["doctor"]).exits(3).says("chmod 600");
    world.stop_server();
    alice.run(["doctor"]).exits(3).says("was not reached");
    let nobody = world.stranger("nobody");
    nobody.run(["doctor"]).exits(3).says("outrigger login NAME");
    assert!(!nobody.home.exists());
}
