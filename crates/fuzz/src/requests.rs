//! What anybody says to the server: any method, any path, any headers and body, from somebody who is signed in.
//!
//! Owns the world that requests come to. Whatever they say, the server does not fail: no 5xx, no panic, and every refusal is a problem of the closed list.

use std::time::Duration;

use outrigger_server::blobs::MemoryBlobs;
use outrigger_server::exchange::{Caller, Request, Response};
use outrigger_server::ids::{Now, Timestamp};
use outrigger_server::store::sqlite::SqliteStore;
use outrigger_server::{Argon2id, PasswordCost, Server, Settings};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::messages::{self, Message};

/// Handles one request after another. A first line is `METHOD url`; `{post}`, `{comment}`, `{conversation}`, `{upload}`, `{user}` and `{epoch}` anywhere stand for what
/// is there, and `{token}` for the caller's refresh token.
pub fn handled(bytes: &[u8]) {
    let mut world = World::new();
    for message in messages::read(bytes) {
        let request = world.request(&message);
        let response = world.call(&request);
        check(&request, &response);
    }
}

struct World {
    server: Server<SqliteStore, MemoryBlobs>,
    random: StdRng,
    caller: Caller,
    names: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let mut random = StdRng::seed_from_u64(7);
        let store = SqliteStore::in_memory(&mut random).expect("BUG: there is memory");
        let settings = Settings {
            account_rate: None,
            session_rate: None,
            ..Settings::default()
        };
        let passwords = Box::new(Argon2id::new(PasswordCost::LEAST));
        let server = Server::new(store, MemoryBlobs::default(), passwords, settings, &mut random)
            .expect("BUG: a new server starts");
        let names = vec![("{epoch}", server.epoch().to_owned())];
        let mut world = Self {
            server,
            random,
            caller: Caller::anonymous(),
            names,
        };
        world.furnish();
        world
    }

    /// Two people, a post with a comment, a conversation, an upload that has begun.
    fn furnish(&mut self) {
        let sign_up = |name: &str| {
            Request::new("POST", "/v1/accounts").json(&json!({"name": name, "password": "correct horse"}))
        };
        let bob = self.made(&sign_up("bob"));
        let alice = self.made(&sign_up("alice"));
        self.caller = Caller::bearer(text(&alice["access_token"]));
        self.names.push(("{token}", text(&alice["refresh_token"])));
        let user = text(&bob["account"]["id"]);
        let post = self.made(&Request::new("POST", "/v1/posts").json(&json!({"text": "hello"})));
        let post = text(&post["id"]);
        let url = format!("/v1/posts/{post}/comments");
        let comment = self.made(&Request::new("POST", url).json(&json!({"text": "hello"})));
        let conversation = self.made(&Request::new("PUT", format!("/v1/conversations/with/{user}")));
        let upload = Request::new("POST", "/v1/uploads")
            .header("upload-length", "8")
            .header(
                "upload-metadata",
                "type aW1hZ2UvcG5n,sha256 NGM0YjZhM2JlMTMxNGFiODYxMzhiZWY0MzE0ZGRlMDIyZTYwMDk2MGQ4Njg5YTJjOGY4NjMxODAyZDIwZGFiNg==",
            );
        let upload = self.call(&upload);
        let upload = upload.headers.get("location").cloned().unwrap_or_default();
        assert!(!upload.is_empty(), "BUG: an upload begins");
        self.names.extend([
            ("{user}", user),
            ("{comment}", text(&comment["id"])),
            ("{conversation}", text(&conversation["id"])),
            ("{upload}", upload),
            ("{post}", post),
        ]);
    }

    fn made(&mut self, request: &Request) -> Value {
        let response = self.call(request);
        assert!(
            response.is_success(),
            "BUG: the world cannot be furnished: {response:?}"
        );
        serde_json::from_slice(response.bytes()).expect("BUG: an answer is JSON")
    }

    fn call(&mut self, request: &Request) -> Response {
        let now = Now {
            wall: Timestamp::from_millis(1_800_000_000_000),
            monotonic: Duration::ZERO,
        };
        self.server.handle(now, &mut self.random, &self.caller, request)
    }

    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.names {
            filled = filled.replace(name, value);
        }
        filled
    }

    fn request(&self, message: &Message) -> Request {
        let first = self.filled(&message.first);
        let (method, url) = first.split_once(' ').unwrap_or(("GET", &first));
        let mut request = Request::new(method, url);
        for (name, value) in &message.headers {
            request.headers.insert(name.clone(), self.filled(value));
        }
        request.body = match std::str::from_utf8(&message.body) {
            Ok(text) => self.filled(text).into_bytes().into(),
            Err(_) => message.body.clone().into(),
        };
        request
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn check(request: &Request, response: &Response) {
    assert!(
        (200..500).contains(&response.status),
        "{} {}: {}",
        request.method,
        request.url,
        response.status
    );
    let has_problem_type = response
        .headers
        .get("content-type")
        .is_some_and(|it| it == "application/problem+json");
    if response.status >= 400 {
        let problem: Value = serde_json::from_slice(response.bytes()).expect("a problem is JSON");
        let kind = problem["type"].as_str().unwrap_or_default();
        assert!(
            has_problem_type && kind.starts_with("urn:outrigger:problem:"),
            "{problem}"
        );
    }
    for value in response.headers.values() {
        assert!(
            value.bytes().all(|byte| (0x20..0x7F).contains(&byte)),
            "a header that no wire carries: {value:?}"
        );
    }
    if request.path() == "/v1/batch" && response.status == 200 {
        let batch: Value = serde_json::from_slice(response.bytes()).expect("a batch is JSON");
        let items = batch["responses"].as_array().expect("a batch has answers");
        for item in items {
            assert!(
                item["status"]
                    .as_u64()
                    .is_some_and(|status| (200..500).contains(&status)),
                "{item}"
            );
        }
    }
}
