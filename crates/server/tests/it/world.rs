//! The cast and its vocabulary: a server in memory, people with devices, time that moves when told.

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;
use std::time::Duration;

use outrigger_server::blobs::MemoryBlobs;
use outrigger_server::exchange::{Caller, Request, Response};
use outrigger_server::ids::{Now, Timestamp};
use outrigger_server::store::sqlite::SqliteStore;
use outrigger_server::{Argon2id, PasswordCost, PasswordHasher, Server, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and then some pixels";

pub(crate) struct World {
    pub(crate) server: Server<SqliteStore, MemoryBlobs>,
    random: RefCell<StdRng>,
    now: Cell<Duration>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings {
            account_rate: None,
            session_rate: None,
            ..Settings::default()
        })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::with_passwords(settings, Box::new(Argon2id::new(PasswordCost::LEAST)))
    }

    pub(crate) fn with_passwords(settings: Settings, passwords: Box<dyn PasswordHasher>) -> Self {
        let mut random = StdRng::seed_from_u64(7);
        let store = SqliteStore::in_memory(&mut random).unwrap();
        let server = Server::new(store, MemoryBlobs::default(), passwords, settings, &mut random).unwrap();
        Self {
            server,
            random: RefCell::new(random),
            now: Cell::new(Duration::ZERO),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let wall = Timestamp::from_millis(1_800_000_000_000).plus(self.now.get());
        Now {
            wall,
            monotonic: self.now.get(),
        }
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.now.set(self.now.get() + duration);
    }

    pub(crate) fn call(&self, caller: &Caller, request: &Request) -> Answer {
        let response = self
            .server
            .handle(self.now(), &mut *self.random.borrow_mut(), caller, request);
        check_documented(request, &response);
        Answer { response }
    }

    pub(crate) fn anonymous(&self, url: &str, body: Value) -> Answer {
        self.call(&Caller::anonymous(), &Request::new("POST", url).json(&body))
    }

    pub(crate) fn sign_up(&self, name: &str) -> Person<'_> {
        let session = self.anonymous("/v1/accounts", json!({"name": name, "password": "correct horse"}));
        Person::of(self, &session.created())
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person<'w> {
    pub(crate) world: &'w World,
    pub(crate) id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl<'w> Person<'w> {
    pub(crate) fn of(world: &'w World, session: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            world,
            id: text(&session["account"]["id"]),
            access: text(&session["access_token"]),
            refresh: text(&session["refresh_token"]),
        }
    }

    pub(crate) fn send(&self, request: &Request) -> Answer {
        self.world.call(&Caller::bearer(self.access.as_str()), request)
    }

    pub(crate) fn get(&self, url: &str) -> Answer {
        self.send(&Request::new("GET", url))
    }

    pub(crate) fn put(&self, url: &str) -> Answer {
        self.send(&Request::new("PUT", url))
    }

    pub(crate) fn delete(&self, url: &str) -> Answer {
        self.send(&Request::new("DELETE", url))
    }

    pub(crate) fn post(&self, url: &str, body: Value) -> Answer {
        self.send(&Request::new("POST", url).json(&body))
    }

    pub(crate) fn patch(&self, url: &str, body: Value) -> Answer {
        self.send(&Request::new("PATCH", url).json(&body))
    }

    /// Posts; the URL of the post.
    pub(crate) fn says(&self, text: &str) -> String {
        self.post("/v1/posts", json!({"text": text})).location()
    }

    /// Opens a conversation; its URL.
    pub(crate) fn talks_to(&self, other: &Person<'_>) -> String {
        self.put(&format!("/v1/conversations/with/{}", other.id))
            .location()
    }

    /// Uploads bytes in one piece; the id.
    pub(crate) fn uploads(&self, bytes: &[u8]) -> String {
        let url = self.begins_upload(bytes).location();
        self.appends(&url, 0, bytes).is(204);
        url.rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) fn begins_upload(&self, bytes: &[u8]) -> Answer {
        self.send(&new_upload("image/png", bytes))
    }

    pub(crate) fn appends(&self, url: &str, offset: usize, bytes: &[u8]) -> Answer {
        self.send(&append(url, offset, bytes))
    }

    /// Where an upload stands.
    pub(crate) fn stands(&self, url: &str) -> String {
        self.send(&Request::new("HEAD", url))
            .is(200)
            .header("upload-offset")
    }
}

pub(crate) fn append(url: &str, offset: usize, bytes: &[u8]) -> Request {
    let mut request = Request::new("PATCH", url)
        .header("content-type", "application/offset+octet-stream")
        .header("upload-offset", offset.to_string())
        .header("tus-resumable", "1.0.0");
    request.body = bytes.to_vec().into();
    request
}

pub(crate) fn new_upload(media_type: &str, bytes: &[u8]) -> Request {
    Request::new("POST", "/v1/uploads")
        .header("upload-length", bytes.len().to_string())
        .header("upload-metadata", upload_metadata(media_type, bytes))
        .header("tus-resumable", "1.0.0")
}

pub(crate) fn upload_metadata(media_type: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let digest: String = sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("type {},sha256 {}", base64(media_type), base64(&digest))
}

/// A client: gives keys and sequences to requests.
pub(crate) struct Device {
    pub(crate) client: String,
    pub(crate) sequence: Cell<u64>,
    pub(crate) ack: Cell<u64>,
}

impl Device {
    pub(crate) fn new(number: u64) -> Self {
        let client = format!("0198c0aa-0000-7000-8000-{number:012}");
        Self {
            client,
            sequence: Cell::new(0),
            ack: Cell::new(0),
        }
    }

    /// Gives a request the next sequence and a key of its own.
    pub(crate) fn stamp(&self, request: Request) -> Request {
        self.sequence.set(self.sequence.get() + 1);
        self.stamp_as(request, self.sequence.get(), &key(self.sequence.get()))
    }

    pub(crate) fn stamp_as(&self, request: Request, sequence: u64, key: &str) -> Request {
        let (client, ack) = (&self.client, self.ack.get());
        request.header("idempotency-key", format!("\"{key}\"")).header(
            "outrigger-client",
            format!("\"{client}\";seq={sequence};ack={ack}"),
        )
    }

    /// The same as headers of a batch item.
    pub(crate) fn item(&self, id: &str, method: &str, url: &str, body: Value) -> Value {
        let stamped = self.stamp(Request::new(method, url));
        json!({"id": id, "method": method, "url": url, "headers": stamped.headers, "body": body})
    }
}

/// The key that a device gives to a sequence.
pub(crate) fn key(sequence: u64) -> String {
    format!("0198c0de-0000-7000-8000-{sequence:012}")
}

pub(crate) fn post(text: &str) -> Request {
    Request::new("POST", "/v1/posts").json(&json!({"text": text}))
}

/// What was answered, and what a test says about it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) response: Response,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(self.response.bytes()).into_owned();
        assert_eq!(self.response.status, status, "{body}");
        self
    }

    /// Is a problem of that name, and in its form.
    #[track_caller]
    pub(crate) fn refused(self, name: &str) -> Self {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["type"], format!("urn:outrigger:problem:{name}"), "{body}");
        assert_eq!(body["status"], self.response.status);
        self
    }

    #[track_caller]
    pub(crate) fn created(self) -> Value {
        self.is(201).json()
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.is(200).json()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.response.bytes()).unwrap()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> String {
        self.response
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .clone()
    }

    #[track_caller]
    pub(crate) fn location(&self) -> String {
        self.header("location")
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.response.headers.contains_key("idempotency-replayed")
    }

    /// The ids on a page.
    #[track_caller]
    pub(crate) fn ids(self) -> Vec<String> {
        let page = self.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Whatever is answered, the OpenAPI document says so: the status, and the problem's type.
fn check_documented(request: &Request, response: &Response) {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&outrigger_server::openapi()).unwrap());
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), request.path().split('/'));
        template.clone().count() == path.clone().count()
            && template
                .zip(path)
                .all(|(expected, found)| expected.starts_with('{') || expected == found)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let method = request.method.to_ascii_lowercase();
    // The most exact first: a name before a parameter.
    let mut operations: Vec<_> = paths
        .iter()
        .filter(|(template, item)| fits(template) && item.get(&method).is_some())
        .collect();
    operations.sort_by_key(|(template, _)| template.matches('{').count());
    let Some((template, item)) = operations.first() else {
        return;
    };
    let documented = &item[&method]["responses"][response.status.to_string()];
    assert!(
        documented.is_object(),
        "{method} {template} answers {}, undocumented",
        response.status
    );
    if let Some(problem) = response.problem.filter(|_| method != "head") {
        let schema = &documented["content"]["application/problem+json"]["schema"];
        let types = schema["allOf"][1]["properties"]["type"]["enum"]
            .as_array()
            .unwrap();
        let name = format!("urn:outrigger:problem:{}", problem.name());
        assert!(
            types.iter().any(|it| *it == name),
            "{method} {template} answers {name}, undocumented"
        );
    }
}
