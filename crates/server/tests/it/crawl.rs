//! Every operation of the server's own document, tried by somebody whose business it is not: OWASP API1 and API5 (2023), and API2 without a token.
//!
//! The list of what is tried is checked against the document: an operation that is added must say here what a stranger may do with it.

mod operations;

use std::collections::{BTreeMap, BTreeSet};

use outrigger_server::exchange::{Body, Caller, Request};
use serde_json::{Value, json};

use operations::Stranger::{Cannot422, FindsOnlyOwn, May, MayNot, Sees404};
use operations::{Targets, cases, requests};

use crate::world::{Answer, Device, PNG, Person, World, key, post};

/// Name and whether a token is asked for, of every operation that the document has below `/v1`.
fn documented() -> BTreeMap<String, bool> {
    let document: Value = serde_json::from_str(&outrigger_server::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths
        .filter(|(path, _)| path.starts_with("/v1/"))
        .flat_map(|(_, item)| item.as_object().unwrap().values())
        .filter_map(|operation| {
            Some((
                operation["operationId"].as_str()?.to_owned(),
                &operation["security"],
            ))
        });
    operations
        .map(|(name, security)| (name, security.as_array().is_some_and(|it| !it.is_empty())))
        .collect()
}

/// Alice, who talks to Bob; and Eve.
struct Scene<'w> {
    alice: Person<'w>,
    bob: Person<'w>,
    eve: Person<'w>,
    targets: Targets,
}

fn last(url: &str) -> String {
    url.rsplit('/').next().unwrap().to_owned()
}

impl<'w> Scene<'w> {
    fn set(world: &'w World) -> Self {
        let (alice, bob, eve) = (world.sign_up("alice"), world.sign_up("bob"), world.sign_up("eve"));
        let device = Device::new(1);
        let post = alice.send(&device.stamp(post("mine"))).is(201).location();
        let comment = alice.post(&format!("{post}/comments"), json!({"text": "mine too"}));
        let conversation = alice.talks_to(&bob);
        let media = alice.uploads(PNG);
        let said = json!({"text": "psst", "media": [media]});
        let message = alice.post(&format!("{conversation}/messages"), said).location();
        let open_upload = alice.begins_upload(b"\x89PNG\r\n\x1a\n another").location();
        let targets = Targets {
            user: alice.id.clone(),
            comment: last(&comment.location()),
            post: last(&post),
            conversation: last(&conversation),
            message: last(&message),
            media,
            open_upload: last(&open_upload),
            key: key(1),
            client: device.client,
        };
        Self {
            alice,
            bob,
            eve,
            targets,
        }
    }

    /// All that Alice and Bob can read.
    fn state(&self) -> Vec<String> {
        let it = &self.targets;
        let urls = [
            "/v1/me".to_owned(),
            "/v1/feed".to_owned(),
            "/v1/conversations".to_owned(),
            format!("/v1/users/{}", it.user),
            format!("/v1/users/{}/posts", it.user),
            format!("/v1/posts/{}", it.post),
            format!("/v1/posts/{}/comments", it.post),
            format!("/v1/conversations/{}/messages", it.conversation),
            format!("/v1/media/{}", it.media),
            format!("/v1/created/{}", it.key),
        ];
        let mut state = Vec::new();
        for person in [&self.alice, &self.bob] {
            for url in &urls {
                let answer = person.get(url).response;
                let body = String::from_utf8_lossy(answer.bytes()).into_owned();
                state.push(format!("{url} {} {:?} {body}", answer.status, answer.body));
            }
        }
        state.push(self.alice.stands(&format!("/v1/uploads/{}", it.open_upload)));
        state
    }
}

/// What an answer tells: its status, its headers and its body.
fn told(answer: &Answer) -> (u16, BTreeMap<String, String>, String) {
    let response = &answer.response;
    let body = String::from_utf8_lossy(response.bytes()).into_owned();
    (response.status, response.headers.clone(), body)
}

/// The same, but for the id that the caller named: that it is repeated tells nothing.
fn told_of(answer: &Answer, targets: &Targets) -> (u16, BTreeMap<String, String>, String) {
    let (status, headers, body) = told(answer);
    (status, headers, body.replace(&targets.media, "it"))
}

fn in_batch(eve: &Person<'_>, request: &Request) -> Value {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let item = json!({"id": "1", "method": request.method, "url": request.url, "headers": request.headers, "body": body});
    eve.post("/v1/batch", json!({"requests": [item]})).ok()["responses"][0].clone()
}

#[test]
fn every_operation_says_what_a_stranger_may_do_with_it() {
    let tried: BTreeSet<String> = requests(&Targets::nothing())
        .into_keys()
        .map(str::to_owned)
        .collect();
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert_eq!(tried, documented, "try the new operation here");
    let walked = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let walked = std::fs::read_to_string(walked).unwrap();
    let missing: Vec<_> = documented
        .iter()
        .filter(|name| !walked.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "docs/security.md does not walk {missing:?}");
}

#[test]
fn a_stranger_gets_at_nothing_of_anybodys_with_any_operation() {
    let world = World::new();
    let scene = Scene::set(&world);
    let before = scene.state();
    let mut refused = 0;
    for (name, case) in cases(&scene.targets) {
        let eve = &scene.eve;
        match case.stranger {
            May | FindsOnlyOwn => continue,
            MayNot => {
                let answer = eve.send(&case.request).is(403);
                assert_eq!(
                    answer.response.problem.map(|it| it.name()),
                    Some("forbidden"),
                    "{name}"
                );
                assert_eq!(in_batch(eve, &case.request)["status"], 403, "{name} in a batch");
            }
            Sees404 | Cannot422 => {
                let unknown = case.unknown.expect("it names something");
                let (there, nothing) = (eve.send(&case.request), eve.send(&unknown));
                let expected = if matches!(case.stranger, Sees404) {
                    404
                } else {
                    422
                };
                assert_eq!(there.response.status, expected, "{name}");
                assert_eq!(
                    told_of(&there, &scene.targets),
                    told_of(&nothing, &Targets::nothing()),
                    "{name} tells what exists"
                );
                let (there, nothing) = (in_batch(eve, &case.request), in_batch(eve, &unknown));
                // Some cannot be part of a batch, which is told of both.
                assert!(
                    there["status"] == expected || there["status"] == 400,
                    "{name}: {there}"
                );
                let nothing = nothing.to_string().replace(&Targets::nothing().media, "it");
                assert_eq!(
                    there.to_string().replace(&scene.targets.media, "it"),
                    nothing,
                    "{name} in a batch tells what exists"
                );
            }
        }
        refused += 1;
    }
    assert_eq!(refused, 13, "as many as are refused above");
    assert_eq!(scene.state(), before, "nothing has changed");
}

#[test]
fn what_answers_for_the_caller_answers_for_nobody_else() {
    let world = World::new();
    let scene = Scene::set(&world);
    let (before, it) = (scene.state(), &scene.targets);
    let mut tried = 0;
    for (name, case) in cases(it) {
        if !matches!(case.stranger, FindsOnlyOwn) {
            continue;
        }
        tried += 1;
        // Ends the session, so that one goes on.
        let eve = if name == "signOut" {
            world.sign_up("eve2")
        } else {
            scene.eve.clone()
        };
        let answer = eve.send(&case.request);
        let body = String::from_utf8_lossy(answer.response.bytes()).into_owned();
        let headers = format!("{:?}", answer.response.headers);
        for secret in [
            &it.conversation,
            &it.message,
            &it.media,
            &it.open_upload,
            &it.user,
            &scene.alice.access,
        ] {
            assert!(
                !body.contains(secret.as_str()) && !headers.contains(secret.as_str()),
                "{name}: {body}"
            );
        }
        match name {
            "retireClient" => assert_eq!(answer.ok()["highest_key"], Value::Null),
            "createUpload" => assert_eq!(answer.is(201).header("upload-offset"), "0"),
            "listConversations" => assert_eq!(answer.ids().len(), 0),
            "me" => assert_eq!(answer.ok()["name"], "eve"),
            "signIn" => drop(answer.is(401).refused("wrong-password")),
            "refresh" => drop(answer.is(400)),
            _ => assert!(answer.response.is_success(), "{name}: {body}"),
        }
    }
    assert_eq!(tried, 10);
    // Alice's client is not retired, her keys are known, her session goes on.
    assert_eq!(scene.state(), before);
    let device = Device::new(1);
    device.sequence.set(1);
    scene.alice.send(&device.stamp(post("still here"))).is(201);
}

#[test]
fn what_is_public_shows_nothing_that_is_not_and_changes_nobodys_words() {
    let world = World::new();
    let scene = Scene::set(&world);
    let it = &scene.targets;
    let mut tried = 0;
    for (name, case) in cases(it) {
        if !matches!(case.stranger, May) {
            continue;
        }
        tried += 1;
        let answer = scene.eve.send(&case.request);
        let body = String::from_utf8_lossy(answer.response.bytes()).into_owned();
        assert!(answer.response.is_success(), "{name}: {body}");
        for private in [
            it.conversation.as_str(),
            it.message.as_str(),
            it.media.as_str(),
            "psst",
            "password",
            "orr_",
            "ora_",
        ] {
            assert!(!body.contains(private), "{name}: {body}");
        }
    }
    assert_eq!(tried, 12);
    let mine = scene.alice.get(&format!("/v1/posts/{}", it.post)).ok();
    assert_eq!(
        (&mine["text"], &mine["author"]["id"]),
        (&json!("mine"), &json!(it.user))
    );
    let comments = scene.alice.get(&format!("/v1/posts/{}/comments", it.post)).ok();
    let authors: Vec<_> = comments["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["author"]["name"])
        .collect();
    assert_eq!(authors, ["alice", "eve"]);
}

#[test]
fn without_a_good_token_only_a_session_can_be_begun() {
    let world = World::new();
    let scene = Scene::set(&world);
    let before = scene.state();
    let ended = world.sign_up("gone");
    ended.delete("/v1/sessions/current").is(204);
    let callers = [
        Caller::anonymous(),
        Caller::bearer(""),
        Caller::bearer("ora_0000000000000000000000000000000000000000000"),
        // What is for refreshing is good for nothing else.
        Caller::bearer(scene.alice.refresh.as_str()),
        Caller::bearer(ended.access.as_str()),
    ];
    let documented = documented();
    let mut without = BTreeSet::new();
    for (name, case) in cases(&scene.targets) {
        for caller in &callers {
            let answer = world.call(caller, &case.request);
            if !documented[name] {
                without.insert(name);
                let problem = answer.response.problem.map(|it| it.name());
                assert_ne!(problem, Some("unauthorized"), "{name} needs no token");
                break;
            }
            let answer = answer.is(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
            assert!(matches!(&answer.response.body, Body::Bytes(_)), "{name}");
        }
    }
    assert_eq!(without, BTreeSet::from(["refresh", "signIn", "signUp"]));
    assert_eq!(scene.state(), before);
}
