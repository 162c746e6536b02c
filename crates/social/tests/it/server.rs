//! A small server with the semantics of `docs/protocol.md`, for one account: enough to answer what the app asks.
//!
//! Owns no persistence and checks no credentials. Everything in it is in the order of ids.

use outrigger_engine::http::{Body, Header, HttpRequest, Method, Response};
use outrigger_social::wire;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The signed-in user of every test.
pub(crate) fn alice() -> wire::User {
    wire::User {
        id: "usr_alice".to_owned(),
        name: "alice".to_owned(),
    }
}

/// Somebody else.
pub(crate) fn bob() -> wire::User {
    wire::User {
        id: "usr_bob".to_owned(),
        name: "bob".to_owned(),
    }
}

#[derive(Debug, Default)]
pub(crate) struct Server {
    made: u64,
    pub(crate) posts: BTreeMap<String, wire::Post>,
    pub(crate) comments: BTreeMap<String, wire::Comment>,
    pub(crate) messages: BTreeMap<String, wire::Message>,
    pub(crate) conversations: BTreeMap<String, wire::Conversation>,
    pub(crate) follows: BTreeSet<String>,
    pub(crate) uploads: BTreeMap<String, u64>,
    /// Comments that were deleted.
    pub(crate) deleted: u64,
    recorded: BTreeMap<String, Response>,
    /// Method and resolved path of everything that took effect or was refused, in order.
    pub(crate) log: Vec<String>,
}

/// A request, whether it came alone or in a batch.
struct Call<'a> {
    method: &'a str,
    path: String,
    body: Option<Value>,
    key: Option<String>,
    guard: Option<String>,
}

impl Server {
    pub(crate) fn answer(&mut self, request: &HttpRequest) -> Response {
        if request.path.starts_with("/v1/uploads") {
            return self.upload(request);
        }
        let body = match &request.body {
            Body::Bytes(bytes) => Some(serde_json::from_slice(bytes).expect("a JSON body")),
            Body::Empty | Body::FilePart { .. } => None,
        };
        if request.path == "/v1/batch" {
            return self.batch(body.expect("a batch has a body"));
        }
        self.call(Call {
            method: request.method.as_str(),
            path: request.path.clone(),
            body,
            key: header(&request.headers, "idempotency-key"),
            guard: header(&request.headers, "if-match"),
        })
    }

    /// Somebody else's post, as if written on another device.
    pub(crate) fn post_of(&mut self, author: wire::User, text: &str) -> String {
        let id = self.new_id("post");
        let at = self.time();
        let post = wire::Post {
            id: id.clone(),
            author,
            text: text.to_owned(),
            media: Vec::new(),
            counts: wire::Counts {
                likes: 0,
                comments: 0,
            },
            liked: false,
            created_at: at.clone(),
            updated_at: at,
            version: 1,
            key: None,
        };
        self.posts.insert(id.clone(), post);
        id
    }

    /// Somebody's comment, as if written on another device.
    pub(crate) fn comment_of(&mut self, author: wire::User, post: &str, text: &str) -> String {
        let id = self.new_id("cmt");
        let at = self.time();
        let on = self.posts.get_mut(post).expect("the post is there");
        on.counts.comments += 1;
        let comment = wire::Comment {
            id: id.clone(),
            post: post.to_owned(),
            author,
            text: text.to_owned(),
            created_at: at.clone(),
            updated_at: at,
            version: 1,
            counts: on.counts.clone(),
            key: None,
        };
        self.comments.insert(id.clone(), comment);
        id
    }

    /// A read says when it was made.
    fn dated(&self, mut response: Response) -> Response {
        let at: jiff::Timestamp = self.time().parse().expect("it is a time");
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at);
        let date = date.expect("it is a date");
        response.headers.push(("date".into(), date));
        response
    }

    pub(crate) fn feed(&self) -> Response {
        let mut items: Vec<_> = self.posts.values().cloned().collect();
        items.sort_by(|a, b| (&b.created_at, &b.id).cmp(&(&a.created_at, &a.id)));
        self.dated(ok(200, &wire::Page { items, next: None }))
    }

    pub(crate) fn post(&self, id: &str) -> Response {
        match self.posts.get(id) {
            Some(post) => ok(200, post),
            None => problem(404, "not-found"),
        }
    }

    pub(crate) fn comments_on(&self, post: &str) -> Response {
        let counts = &self.posts[post].counts;
        let items = self
            .comments
            .values()
            .filter(|comment| comment.post == post)
            .map(|comment| wire::Comment {
                counts: counts.clone(),
                ..comment.clone()
            })
            .collect();
        self.dated(ok(200, &wire::Page { items, next: None }))
    }

    pub(crate) fn profile(&self, user: &wire::User) -> Response {
        let followed = self.follows.contains(&user.id);
        ok(
            200,
            &wire::Profile {
                id: user.id.clone(),
                name: user.name.clone(),
                posts: self.posts.values().filter(|post| post.author == *user).count() as u64,
                followers: 7 + u64::from(followed),
                following: 0,
                followed,
            },
        )
    }

    fn new_id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:04}", self.made)
    }

    fn time(&self) -> String {
        format!("2026-07-01T10:{:02}:{:02}.000Z", self.made / 60, self.made % 60)
    }

    fn batch(&mut self, body: Value) -> Response {
        let batch: wire::Batch = serde_json::from_value(body).expect("a batch");
        let mut answers: BTreeMap<String, Response> = BTreeMap::new();
        let mut paths: BTreeMap<String, String> = BTreeMap::new();
        let mut responses = Vec::new();
        for request in batch.requests {
            let failed = request.depends_on.iter().any(|id| !answers[id].is_success());
            let refer = |text: &str, name: &str| match text.strip_prefix('$') {
                Some(reference) => {
                    let (id, rest) = reference.split_at(reference.find('/').unwrap_or(reference.len()));
                    let said = answers.get(id).and_then(|answer| answer.header(name));
                    let path = paths.get(id).map(String::as_str);
                    format!("{}{rest}", said.or(path).unwrap_or_default())
                }
                None => text.to_owned(),
            };
            let call = Call {
                method: &request.method,
                path: refer(&request.url, "location"),
                body: request.body.clone(),
                key: request.headers.get("idempotency-key").cloned(),
                guard: request.headers.get("if-match").map(|guard| refer(guard, "etag")),
            };
            paths.insert(request.id.clone(), call.path.clone());
            let answer = if failed {
                problem(424, "dependency-failed")
            } else {
                self.call(call)
            };
            responses.push(wire::BatchResponse {
                id: request.id.clone(),
                status: answer.status,
                headers: answer
                    .headers
                    .iter()
                    .filter(|(name, _)| name != "outrigger-epoch")
                    .map(|(name, value)| (name.to_string(), value.clone()))
                    .collect(),
                body: serde_json::from_slice(&answer.body).ok(),
            });
            answers.insert(request.id, answer);
        }
        ok(200, &wire::BatchResponses { responses })
    }

    fn call(&mut self, call: Call<'_>) -> Response {
        if let Some(recorded) = call.key.as_ref().and_then(|key| self.recorded.get(key)) {
            let mut replayed = recorded.clone();
            replayed
                .headers
                .push(("idempotency-replayed".into(), "true".to_owned()));
            return replayed;
        }
        let key = call.key.clone();
        let is_write = call.method != "GET";
        if is_write {
            self.log.push(format!("{} {}", call.method, call.path));
        }
        let answer = self.carry_out(call);
        if let Some(key) = key.filter(|_| is_write) {
            self.recorded.insert(key, answer.clone());
        }
        answer
    }

    fn carry_out(&mut self, call: Call<'_>) -> Response {
        let path = call.path.clone();
        let segments: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let text = || {
            let text = call.body.as_ref().and_then(|body| body["text"].as_str());
            text.unwrap_or_default().to_owned()
        };
        let key = call.key.as_ref().map(|key| key.trim_matches('"').to_owned());
        match (call.method, segments.as_slice()) {
            ("POST", ["posts"]) => {
                let id = self.post_of(alice(), &text());
                let uploads = call.body.as_ref().and_then(|body| body["media"].as_array());
                let post = self.posts.get_mut(&id).expect("it was just made");
                post.key = key;
                post.media = uploads.into_iter().flatten().map(media).collect();
                written(201, &format!("/v1/posts/{id}"), post, post.version)
            }
            ("PATCH", ["posts", id]) => match self.posts.get_mut(*id) {
                Some(post) if guarded(&call, post.version) => {
                    post.text = text();
                    post.version += 1;
                    written(200, "", post, post.version)
                }
                Some(_) => problem(412, "version-mismatch"),
                None => problem(404, "not-found"),
            },
            ("DELETE", ["posts", id]) => match self.posts.remove(*id) {
                Some(_) => {
                    self.comments.retain(|_, comment| comment.post != *id);
                    empty(204)
                }
                None => problem(404, "not-found"),
            },
            (method, ["posts", id, "like"]) => match self.posts.get_mut(*id) {
                Some(post) => {
                    post.counts.likes -= u64::from(post.liked);
                    post.liked = method == "PUT";
                    post.counts.likes += u64::from(post.liked);
                    written(200, "", post, post.version)
                }
                None => problem(404, "not-found"),
            },
            ("POST", ["posts", post, "comments"]) => {
                if !self.posts.contains_key(*post) {
                    return problem(404, "not-found");
                }
                let id = self.comment_of(alice(), post, &text());
                let comment = self.comments.get_mut(&id).expect("it was just made");
                comment.key = key;
                written(201, &format!("/v1/comments/{id}"), comment, 1)
            }
            ("PATCH", ["comments", id]) => match self.comments.get_mut(*id) {
                Some(comment) if guarded(&call, comment.version) => {
                    comment.text = text();
                    comment.version += 1;
                    comment.counts = self.posts[&comment.post].counts.clone();
                    written(200, "", comment, comment.version)
                }
                Some(_) => problem(412, "version-mismatch"),
                None => problem(404, "not-found"),
            },
            ("DELETE", ["comments", id]) => match self.comments.remove(*id) {
                Some(comment) => {
                    let post = self.posts.get_mut(&comment.post).expect("its post is there");
                    post.counts.comments -= 1;
                    self.deleted += 1;
                    empty(204)
                }
                None => problem(404, "not-found"),
            },
            (method, ["users", id, "follow"]) => {
                if method == "PUT" {
                    self.follows.insert((*id).to_owned());
                } else {
                    self.follows.remove(*id);
                }
                self.profile(&bob())
            }
            ("PUT", ["conversations", "with", _]) => {
                let id = "cnv_bob".to_owned();
                let conversation = self
                    .conversations
                    .entry(id.clone())
                    .or_insert(wire::Conversation {
                        id,
                        with: bob(),
                        last_message_at: None,
                        version: 1,
                    });
                written(200, "/v1/conversations/cnv_bob", conversation, 1)
            }
            ("POST", ["conversations", conversation, "messages"]) => {
                let id = self.new_id("msg");
                let uploads = call.body.as_ref().and_then(|body| body["media"].as_array());
                let message = wire::Message {
                    id: id.clone(),
                    conversation: (*conversation).to_owned(),
                    author: alice(),
                    text: text(),
                    media: uploads.into_iter().flatten().map(media).collect(),
                    created_at: self.time(),
                    version: 1,
                    key,
                };
                let answer = written(201, &format!("/v1/messages/{id}"), &message, 1);
                self.messages.insert(id, message);
                answer
            }
            ("DELETE", ["messages", id]) => match self.messages.remove(*id) {
                Some(_) => empty(204),
                None => problem(404, "not-found"),
            },
            ("GET", ["me"]) => ok(200, &alice()),
            _ => problem(404, "not-found"),
        }
    }

    fn upload(&mut self, request: &HttpRequest) -> Response {
        let mut answer = empty(204);
        match (request.method, &request.body) {
            (Method::Post, _) => {
                let id = self.new_id("upl");
                answer.status = 201;
                answer
                    .headers
                    .push(("location".into(), format!("/v1/uploads/{id}")));
                self.uploads.insert(id, 0);
            }
            (_, Body::FilePart { length, .. }) => {
                let id = request.path.rsplit('/').next().unwrap_or_default();
                *self.uploads.get_mut(id).expect("it was created") += length;
            }
            _ => answer.status = 200,
        }
        let id = request.path.rsplit('/').next().unwrap_or_default();
        let offset = self.uploads.get(id).copied().unwrap_or(0);
        answer.headers.push(("upload-offset".into(), offset.to_string()));
        answer
    }
}

fn media(id: &Value) -> wire::Media {
    wire::Media {
        id: id.as_str().unwrap_or_default().to_owned(),
        r#type: "image/png".to_owned(),
        size: 3,
        sha256: outrigger_engine::ids::Sha256::of(b"png").to_string(),
    }
}

fn guarded(call: &Call<'_>, version: u64) -> bool {
    call.guard
        .as_ref()
        .is_none_or(|guard| *guard == format!("\"{version}\""))
}

fn header(headers: &[Header], name: &str) -> Option<String> {
    headers
        .iter()
        .find_map(|(candidate, value)| (candidate == name).then(|| value.clone()))
}

fn empty(status: u16) -> Response {
    Response {
        status,
        headers: vec![("outrigger-epoch".into(), "\"e1\"".to_owned())],
        body: Vec::new(),
    }
}

pub(crate) fn ok(status: u16, body: &impl Serialize) -> Response {
    let mut response = empty(status);
    response
        .headers
        .push(("content-type".into(), "application/json".to_owned()));
    response.body = serde_json::to_vec(body).expect("it is JSON");
    response
}

fn written(status: u16, location: &str, body: &impl Serialize, version: u64) -> Response {
    let mut response = ok(status, body);
    response.headers.push(("etag".into(), format!("\"{version}\"")));
    if !location.is_empty() {
        response.headers.push(("location".into(), location.to_owned()));
    }
    response
}

pub(crate) fn problem(status: u16, name: &str) -> Response {
    let mut response = empty(status);
    response
        .headers
        .push(("content-type".into(), "application/problem+json".to_owned()));
    let told = json!({
        "type": format!("{}{name}", wire::PROBLEM_PREFIX),
        "title": name,
        "status": status,
        "detail": format!("the server says {name}"),
    });
    response.body = serde_json::to_vec(&told).expect("it is JSON");
    response
}
