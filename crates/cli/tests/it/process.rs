//! Processes: two on one home, one that is interrupted, one that nobody reads.

use crate::world::World;
use rustix::process::Signal;
use std::io::Read as _;
use std::process::Stdio;

#[test]
fn two_on_one_home_send_everything_once() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut staying = alice.start(["run"]);
    staying.line_with("everything has arrived");
    for number in 1..=5 {
        alice.run(["post", &format!("post {number}"), "--no-wait"]).ok();
    }
    alice.run(["sync"]).ok();
    assert_eq!(bob.feed().len(), 5);
    assert_eq!(staying.end(Signal::INT), 130);
    alice.run(["post", "after"]).ok().says("sent");
    assert_eq!(bob.feed().len(), 6);
}

#[test]
fn an_interrupted_one_loses_nothing() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.stop_server();
    let mut staying = alice.start(["run", "--json"]);
    staying.line_with("\"kind\":\"idle\"");
    alice.run(["post", "kept", "--no-wait"]).ok().says("queued");
    staying.line_with("\"pending\":1");
    assert_eq!(staying.end(Signal::INT), 130);
    let mut watching = alice.start(["status", "--watch"]);
    watching.line_with("Offline");
    assert_eq!(watching.end(Signal::TERM), 143);
    world.start_server();
    alice.run(["sync"]).ok();
    assert_eq!(bob.feed(), ["kept"]);
}

#[test]
fn a_killed_one_loses_nothing() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let mut staying = alice.start(["run"]);
    staying.line_with("everything has arrived");
    alice.run(["post", "kept", "--no-wait"]).ok();
    staying.kill();
    // The lease of the dead one need not be waited for.
    alice.run(["sync", "--timeout", "20"]).ok();
    assert_eq!(bob.feed(), ["kept"]);
}

#[test]
fn where_nobody_reads_it_ends_quietly() {
    let world = World::new();
    let alice = world.person("alice");
    alice.run(["offline"]).ok();
    let lines = "{\"v\":1,\"op\":\"posts.create\",\"text\":\"hello\"}\n".repeat(3_000);
    alice.type_in(["enqueue", "-"], &lines).ok();
    let mut command = alice.command(["queue", "export"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[test]
fn the_shell_and_the_manual_are_served() {
    let world = World::new();
    let nobody = world.stranger("nobody");
    nobody.run(["completions", "bash"]).ok().says("outrigger");
    let folder = world.path("man");
    nobody.run(["man", folder.to_str().unwrap()]).ok();
    assert!(folder.join("outrigger-queue-retry.1").exists());
    nobody.run(["--help"]).ok().says("Exit codes:");
    nobody.run(["post"]).exits(2);
    nobody.run(["dance"]).exits(2);
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let world = World::new();
    let nobody = world.stranger("nobody");
    let data = world.path("server");
    nobody
        .run([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            data.to_str().unwrap(),
        ])
        .exits(1)
        .says("in use by another server");
}
