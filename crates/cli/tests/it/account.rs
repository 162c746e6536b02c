//! Signing up and in.

use crate::world::{Ended, World};

#[test]
fn who_signs_up_is_signed_in_and_their_secrets_are_theirs() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let alice = world.stranger("alice");
    alice.run(["signup", "alice"]).ok().says("signed in as alice");
    alice.run(["status"]).ok().says("everything has arrived");
    let mode = |name: &str| {
        let found = std::fs::metadata(alice.home.join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode("session.json"), 0o600);
    assert_eq!(mode("."), 0o700);
    let account = std::fs::read_to_string(alice.home.join("account.json")).unwrap();
    assert!(!account.contains("token"), "{account}");
    assert!(alice.database().exists());
    assert!(alice.database().with_file_name("files").is_dir());
}

#[test]
fn a_name_is_taken_once_and_a_wrong_password_opens_nothing() {
    let world = World::new();
    let alice = world.person("alice");
    let other = world.stranger("other");
    other.run(["signup", "alice"]).exits(2).says("this name is taken");
    other
        .type_in(["login", "alice", "--password-stdin"], "wrong password\n")
        .exits(5)
        .says("the name or the password is wrong");
    other.run(["status"]).exits(5).says("outrigger login NAME");
    assert!(!other.home.join("session.json").exists());
    other
        .type_in(["login", "alice", "--password-stdin"], "correct horse battery\n")
        .ok();
    // Signing in again as oneself is no mistake; as somebody else it is.
    alice.run(["login", "alice"]).ok();
    alice
        .run(["login", "bob"])
        .exits(1)
        .says("alice is signed in here")
        .says("outrigger logout");
}

#[test]
fn what_cannot_be_a_name_or_a_password_is_said_before_anybody_is_asked() {
    let world = World::new();
    world.stop_server();
    let alice = world.stranger("alice");
    alice
        .run(["signup", "Alice!"])
        .exits(1)
        .says("2 to 32 of the characters");
    alice
        .type_in(["signup", "alice", "--password-stdin"], "short\n")
        .exits(1)
        .says("8 to 128 characters");
    alice.run(["signup", "alice"]).exits(4).says("was not reached");
    alice
        .run(["login", "alice", "--server", "nowhere"])
        .exits(2)
        .says("http://127.0.0.1:8420");
}

#[test]
fn without_a_terminal_a_password_must_be_given() {
    let world = World::new();
    let alice = world.stranger("alice");
    let mut command = alice.command(["signup", "alice"]);
    let ended = command.env_remove("OUTRIGGER_PASSWORD").output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("--password-stdin"), "{said}");
}

#[test]
fn an_error_for_a_program_is_json_too() {
    let world = World::new();
    let ended = world.stranger("nobody").run(["feed", "--json"]).exits(5);
    let error: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(error["error"]["kind"], "signed_out");
    assert_eq!(error["error"]["exit"], 5);
    assert!(ended.out.is_empty());
}

#[test]
fn where_the_session_has_ended_everything_waits_for_the_next_one() {
    let world = World::new();
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    alice.post("before");
    let file = alice.home.join("session.json");
    let mut session: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    session["access_token"] = "nonsense".into();
    session["refresh_token"] = "nonsense".into();
    std::fs::write(&file, session.to_string()).unwrap();

    let written = alice.json(["post", "after"]);
    assert_eq!(written["outcome"], "queued");
    assert_eq!(written["state"]["cause"], "sign_in");
    alice
        .run(["status"])
        .ok()
        .says("Signed out. Tap to sign in")
        .says("outrigger login NAME");
    alice.run(["sync"]).exits(5);
    alice
        .run(["feed"])
        .ok()
        .says("before")
        .says("this is what is here");
    alice
        .run(["feed", "--refresh"])
        .exits(5)
        .says("outrigger login NAME");
    alice.run(["logout", "--send"]).exits(5);
    alice.run(["login", "alice"]).ok();
    alice.run(["sync"]).ok();
    assert_eq!(bob.feed(), ["after", "before"]);
}

#[test]
fn a_password_that_others_could_read_on_its_way_is_warned_of() {
    let world = World::new();
    let warning = "the password goes through the network unprotected";
    // What is not on this machine is asked for through a proxy, which is none: nothing leaves this machine here.
    world.stop_server();
    let alice = world.stranger("alice");
    let says = |server: &str| {
        let mut command = alice.command(["login", "alice", "--server", server]);
        for variable in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env(variable, alice.server());
        }
        command.env_remove("no_proxy").env_remove("NO_PROXY");
        let ended = Ended::of(command.output().unwrap()).exits(4);
        ended.err.contains(warning) || ended.out.contains(warning)
    };
    assert!(says("http://outrigger.example"));
    assert!(says("http://192.0.2.1:8420"));
    assert!(!says("https://outrigger.example"));
    assert!(!says(alice.server()));
    alice
        .command(["signup", "alice", "--server", "http://outrigger.example"])
        .env("http_proxy", alice.server())
        .output()
        .map(Ended::of)
        .unwrap()
        .says(warning);
}
