//! Accounts and tokens: rotation forgives a lost answer, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use outrigger_server::exchange::Request;
use outrigger_server::{Argon2id, PasswordCost, PasswordHasher};
use rand::CryptoRng;
use serde_json::{Value, json};

use crate::world::{Answer, Person, World};

fn refresh(world: &World, token: &str) -> Answer {
    world.anonymous("/v1/sessions/refresh", json!({"refresh_token": token}))
}

fn refreshed<'w>(world: &'w World, person: &Person<'_>) -> Person<'w> {
    Person::of(world, &refresh(world, &person.refresh).ok())
}

#[test]
fn names_and_passwords_are_checked() {
    let world = World::new();
    world.sign_up("alice");
    let sign_up = |name: &str, password: &str| {
        world.anonymous("/v1/accounts", json!({"name": name, "password": password}))
    };
    sign_up("alice", "long enough").is(409).refused("name-taken");
    for (name, password) in [("A", "long enough"), ("bob!", "long enough"), ("bob", "short")] {
        sign_up(name, password).is(422).refused("invalid");
    }
    let sign_in = |name: &str, password: &str| {
        world.anonymous("/v1/sessions", json!({"name": name, "password": password}))
    };
    sign_in("alice", "correct horse").is(201);
    sign_in("alice", "incorrect").is(401).refused("wrong-password");
    sign_in("nobody", "incorrect").is(401).refused("wrong-password");
    sign_in("alice", "x").is(401).refused("wrong-password");
}

/// Argon2id, which remembers what it verified.
struct Remembering {
    argon2: Argon2id,
    verified: Arc<Mutex<Vec<(String, String)>>>,
}

impl PasswordHasher for Remembering {
    fn hash(&self, password: &str, random: &mut dyn CryptoRng) -> String {
        self.argon2.hash(password, random)
    }

    fn verify(&self, password: &str, hash: &str) -> bool {
        let asked = (password.to_owned(), hash.to_owned());
        self.verified.lock().unwrap().push(asked);
        self.argon2.verify(password, hash)
    }
}

/// Without a clock: it is the same work, at the same cost.
#[test]
fn an_unknown_name_is_as_much_work_as_a_wrong_password() {
    let verified = Arc::new(Mutex::new(Vec::new()));
    let passwords = Remembering {
        argon2: Argon2id::new(PasswordCost::LEAST),
        verified: Arc::clone(&verified),
    };
    let world = World::with_passwords(outrigger_server::Settings::default(), Box::new(passwords));
    world.sign_up("alice");
    let mut answers = Vec::new();
    let mut work = |name: &str| {
        let answer = world.anonymous("/v1/sessions", json!({"name": name, "password": "incorrect"}));
        answers.push(answer.is(401).refused("wrong-password").json());
        let mut verified = verified.lock().unwrap();
        assert_eq!(verified.len(), 1, "{name}: {verified:?}");
        verified.remove(0)
    };
    let (of_alice, of_nobody) = (work("alice"), work("nobody"));
    assert_eq!((&*of_alice.0, &*of_nobody.0), ("incorrect", "incorrect"));
    assert_ne!(of_alice.1, of_nobody.1);
    // All but the salt and the hash, which are as long.
    let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(cost(&of_alice.1)[1], "argon2id");
    assert_eq!(cost(&of_alice.1), cost(&of_nobody.1));
    assert_eq!(of_alice.1.len(), of_nobody.1.len());
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_session_is_refreshed() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let next = refreshed(&world, &alice);
    assert_eq!(next.id, alice.id);
    assert_ne!((&next.access, &next.refresh), (&alice.access, &alice.refresh));
    next.get("/v1/me").is(200);
    alice.get("/v1/me").is(200); // Until it expires: requests in flight do not fail.
    world.pass(Duration::from_secs(15 * 60));
    alice.get("/v1/me").is(401);
}

#[test]
fn a_lost_answer_is_given_again_until_its_tokens_are_shown() {
    for shows_access in [true, false] {
        let world = World::new();
        let alice = world.sign_up("alice");
        let next = refreshed(&world, &alice);
        let again = refreshed(&world, &alice);
        assert_eq!((&next.access, &next.refresh), (&again.access, &again.refresh));
        if shows_access {
            next.get("/v1/me").is(200);
        } else {
            refreshed(&world, &next);
        }
        refresh(&world, &alice.refresh).is(400).refused("invalid-grant");
        // Two hold it: the family has ended, for both.
        next.get("/v1/me").is(401);
        refresh(&world, &next.refresh).is(400).refused("invalid-grant");
    }
}

#[test]
fn an_answer_that_was_lost_for_long_still_carries_a_fresh_access_token() {
    let world = World::new();
    let alice = world.sign_up("alice");
    refreshed(&world, &alice);
    world.pass(Duration::from_secs(3600));
    refreshed(&world, &alice).get("/v1/me").is(200);
}

#[test]
fn a_much_older_token_ends_the_family() {
    let world = World::new();
    let first = world.sign_up("alice");
    let second = refreshed(&world, &first);
    let third = refreshed(&world, &second);
    refresh(&world, &first.refresh).is(400).refused("invalid-grant");
    refresh(&world, &third.refresh).is(400).refused("invalid-grant");
}

#[test]
fn another_session_of_the_account_is_another_family() {
    let world = World::new();
    let phone = world.sign_up("alice");
    let session = world.anonymous(
        "/v1/sessions",
        json!({"name": "alice", "password": "correct horse"}),
    );
    let laptop = Person::of(&world, &session.created());
    laptop.delete("/v1/sessions/current").is(204);
    laptop.get("/v1/me").is(401);
    refresh(&world, &laptop.refresh).is(400).refused("invalid-grant");
    phone.get("/v1/me").is(200);
}

#[test]
fn refresh_tokens_end_by_themselves_and_strangers_have_none() {
    let world = World::new();
    let alice = world.sign_up("alice");
    refresh(&world, "orr_unknown").is(400).refused("invalid-grant");
    refresh(&world, &alice.access).is(400).refused("invalid-grant");
    world.pass(Duration::from_secs(366 * 24 * 3600));
    refresh(&world, &alice.refresh).is(400).refused("invalid-grant");
    while world.server.sweep(world.now()).unwrap() {}
    refresh(&world, &alice.refresh).is(400).refused("invalid-grant");
}

#[test]
fn sign_ins_are_rated_by_address() {
    let rate = outrigger_server::Rate {
        per_second: 1.0,
        burst: 2.0,
    };
    let settings = outrigger_server::Settings {
        session_rate: Some(rate),
        ..Default::default()
    };
    let world = World::with(settings);
    world.sign_up("alice");
    let guess = || world.anonymous("/v1/sessions", json!({"name": "alice", "password": "incorrect"}));
    guess().is(401);
    guess().is(429).refused("rate-limited");
}

#[test]
fn guesses_at_a_name_are_rated_whoever_makes_them_and_keep_out_nobody_who_is_in() {
    let rate = outrigger_server::Rate {
        per_second: 0.1,
        burst: 3.0,
    };
    let world = World::with(outrigger_server::Settings {
        session_rate: None,
        guess_rate: Some(rate),
        ..Default::default()
    });
    let alice = world.sign_up("alice");
    let peer = std::cell::Cell::new(0u8);
    let sign_in = |name: &str, password: &str| {
        peer.set(peer.get() + 1);
        let caller = outrigger_server::exchange::Caller {
            peer: Some([203, 0, 113, peer.get()].into()),
            ..Default::default()
        };
        let body = json!({"name": name, "password": password});
        world.call(&caller, &Request::new("POST", "/v1/sessions").json(&body))
    };
    for _ in 0..10 {
        sign_in("alice", "correct horse").is(201);
    }
    for _ in 0..3 {
        sign_in("alice", "incorrect").is(401);
    }
    let refused = sign_in("alice", "incorrect").is(429).refused("rate-limited");
    assert_eq!(refused.header("retry-after"), "10");
    // Else a right guess would be told from a wrong one.
    sign_in("alice", "correct horse").is(429);
    sign_in("nobody", "incorrect").is(401);
    alice.get("/v1/me").is(200);
    refreshed(&world, &alice).get("/v1/me").is(200);
    world.pass(Duration::from_secs(10));
    sign_in("alice", "correct horse").is(201);
}

#[test]
fn problems_repeat_nothing_of_what_was_sent() {
    let world = World::new();
    let broken = Request {
        body: r#"{"name": "alice", "password": 12345678}"#.into(),
        ..Request::new("POST", "/v1/accounts")
    };
    let answer = world.call(
        &outrigger_server::exchange::Caller::anonymous(),
        &broken.header("content-type", "application/json"),
    );
    let problem: Value = answer.is(400).refused("malformed").json();
    assert!(!problem.to_string().contains("12345678"));
}
