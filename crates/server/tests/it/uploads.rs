//! Uploads: offsets tell the truth, what is readable is whole, the same bytes are sent once.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use outrigger_server::blobs::{BlobError, Blobs, MemoryBlobs};
use outrigger_server::exchange::{Body, Caller, Request};
use outrigger_server::ids::{Now, Timestamp, UploadId};
use outrigger_server::store::sqlite::SqliteStore;
use outrigger_server::{Argon2id, PasswordCost, Server, Settings};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;

use crate::world::{Device, PNG, World, append, new_upload};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_file_arrives_in_pieces_and_is_shown() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let begun = alice.begins_upload(PNG).is(201);
    let url = begun.location();
    assert_eq!(
        (begun.header("upload-offset"), alice.stands(&url)),
        ("0".to_owned(), "0".to_owned())
    );
    assert_eq!(
        alice.appends(&url, 0, &PNG[..10]).is(204).header("upload-offset"),
        "10"
    );
    assert_eq!(alice.stands(&url), "10");
    let last = alice.appends(&url, 10, &PNG[10..]).is(204);
    assert_eq!(last.header("upload-offset"), PNG.len().to_string());
    let id = url.rsplit('/').next().unwrap();
    let shown = alice.get(&format!("/v1/media/{id}")).is(200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "private"),
    ] {
        assert_eq!(shown.header(name), value);
    }
    assert!(matches!(shown.response.body, Body::Blob { size, .. } if size == PNG.len() as u64));
    let post = alice
        .post("/v1/posts", json!({"text": "look", "media": [id]}))
        .created();
    assert_eq!(post["media"][0]["size"], PNG.len());
}

#[test]
fn a_wrong_offset_changes_nothing() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let url = alice.begins_upload(PNG).location();
    alice.appends(&url, 0, &PNG[..10]).is(204);
    for offset in [0, 9, 11] {
        let refused = alice
            .appends(&url, offset, b"xx")
            .is(409)
            .refused("offset-mismatch");
        assert_eq!(refused.header("upload-offset"), "10");
    }
    alice.appends(&url, 10, &PNG[10..]).is(204);
    alice.appends(&url, PNG.len(), b"").is(204);
    alice.appends(&url, 0, PNG).is(409);
}

#[test]
fn other_bytes_than_announced_are_refused_and_gone() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let url = alice.begins_upload(PNG).location();
    let mut other = PNG.to_vec();
    other[20] ^= 1;
    alice
        .appends(&url, 0, &other)
        .is(422)
        .refused("checksum-mismatch");
    alice.appends(&url, 0, PNG).is(410).refused("upload-gone");
    alice.send(&Request::new("HEAD", &url)).is(410);
    let id = url.rsplit('/').next().unwrap();
    alice.get(&format!("/v1/media/{id}")).is(404);
    alice
        .post("/v1/posts", json!({"text": "x", "media": [id]}))
        .is(422)
        .refused("upload-missing");
}

#[test]
fn a_file_is_what_it_is_declared_to_be() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let page = b"<html><script>alert(1)</script></html>";
    alice
        .send(&new_upload("text/html", page))
        .is(415)
        .refused("unsupported-media-type");
    let url = alice.send(&new_upload("image/png", page)).is(201).location();
    alice
        .appends(&url, 0, page)
        .is(415)
        .refused("unsupported-media-type");
    alice.send(&Request::new("HEAD", &url)).is(410);
}

#[test]
fn sizes_are_bounded() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let sized = |length: u64| new_upload("image/png", PNG).header("upload-length", length.to_string());
    alice
        .send(&sized(32 * 1024 * 1024 + 1))
        .is(413)
        .refused("too-large");
    alice.send(&sized(0)).is(422).refused("invalid");
    alice.send(&sized(32 * 1024 * 1024)).is(201);
    let url = alice.begins_upload(PNG).location();
    alice
        .appends(&url, 0, &[PNG, b"more"].concat())
        .is(413)
        .refused("too-large");
    assert_eq!(alice.stands(&url), "0");
}

#[test]
fn the_same_bytes_are_sent_once() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let first = alice.uploads(PNG);
    let again = alice.begins_upload(PNG).is(201);
    assert_eq!(again.location(), format!("/v1/uploads/{first}"));
    assert_eq!(again.header("upload-offset"), PNG.len().to_string());
}

#[test]
fn an_upload_is_begun_once_for_its_key() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let request = Device::new(1).stamp(new_upload("image/png", PNG));
    let first = alice.send(&request).is(201);
    let again = alice.send(&request).is(201);
    assert!(again.is_replayed());
    assert_eq!(first.location(), again.location());
    let created = alice.get(&format!("/v1/created/{}", crate::world::key(1))).ok();
    assert_eq!(
        (&created["kind"], &created["object"]["size"]),
        (&json!("upload"), &json!(PNG.len()))
    );
}

#[test]
fn an_upload_that_nothing_names_expires() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let open = alice.begins_upload(b"\x89PNG\r\n\x1a\nopen").location();
    let loose = alice.uploads(PNG);
    let named = alice.uploads(b"\x89PNG\r\n\x1a\nnamed");
    alice
        .post("/v1/posts", json!({"text": "x", "media": [named]}))
        .is(201);
    world.pass(DAY + Duration::from_secs(1));
    let alice = sign_in(&world);
    alice.begins_upload(b"\x89PNG\r\n\x1a\nfresh").is(201);
    while world.server.sweep(world.now()).unwrap() {}
    alice
        .send(&Request::new("HEAD", &open))
        .is(410)
        .refused("upload-gone");
    alice.get(&format!("/v1/media/{loose}")).is(404);
    alice
        .post("/v1/posts", json!({"text": "x", "media": [loose]}))
        .is(422)
        .refused("upload-missing");
    alice.get(&format!("/v1/media/{named}")).is(200);
    assert_eq!(alice.begins_upload(PNG).header("upload-offset"), "0");
}

#[test]
fn naming_bytes_again_gives_them_another_day() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let id = alice.uploads(PNG);
    world.pass(DAY);
    let alice = sign_in(&world);
    alice.begins_upload(PNG).is(201);
    world.pass(Duration::from_secs(3600));
    while world.server.sweep(world.now()).unwrap() {}
    let alice = sign_in(&world);
    alice
        .post("/v1/posts", json!({"text": "x", "media": [id]}))
        .is(201);
}

#[test]
fn an_upload_can_be_removed_while_nothing_shows_it() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let open = alice.begins_upload(PNG).location();
    alice.delete(&open).is(204);
    alice.delete(&open).is(410).refused("upload-gone");
    let id = alice.uploads(PNG);
    let post = alice
        .post("/v1/posts", json!({"text": "x", "media": [id]}))
        .location();
    let url = format!("/v1/uploads/{id}");
    alice.delete(&url).is(403).refused("forbidden");
    alice.delete(&post).is(204);
    alice.delete(&url).is(204);
}

#[test]
fn the_protocol_is_tus() {
    let world = World::new();
    let alice = world.sign_up("alice");
    let described = alice.send(&Request::new("OPTIONS", "/v1/uploads")).is(204);
    assert_eq!(described.header("tus-version"), "1.0.0");
    assert_eq!(described.header("tus-extension"), "creation,termination");
    let url = alice.begins_upload(PNG).location();
    let other = append(&url, 0, PNG).header("tus-resumable", "0.2.2");
    assert_eq!(
        alice
            .send(&other)
            .is(412)
            .refused("tus-version")
            .header("tus-version"),
        "1.0.0"
    );
    let plain = append(&url, 0, PNG).header("content-type", "image/png");
    alice.send(&plain).is(415).refused("unsupported-media-type");
    let head = alice.send(&Request::new("HEAD", &url)).is(200);
    assert_eq!(head.header("cache-control"), "no-store");
    assert_eq!(head.header("tus-resumable"), "1.0.0");
    assert_eq!(head.header("upload-length"), PNG.len().to_string());
    for broken in [
        Request::new("POST", "/v1/uploads"),
        new_upload("image/png", PNG).header("upload-metadata", "type aW1hZ2UvcG5n"),
        new_upload("image/png", PNG).header("upload-metadata", "type !,sha256 !"),
    ] {
        alice.send(&broken).is(400).refused("malformed");
    }
}

fn sign_in(world: &World) -> crate::world::Person<'_> {
    let session = world.anonymous(
        "/v1/sessions",
        json!({"name": "alice", "password": "correct horse"}),
    );
    crate::world::Person::of(world, &session.created())
}

/// A disk that fails once, at the step that is named.
#[derive(Default)]
struct Failing {
    disk: MemoryBlobs,
    at: Mutex<Option<&'static str>>,
}

impl Failing {
    fn step(&self, step: &'static str, id: &UploadId) -> Result<(), BlobError> {
        let mut at = self.at.lock().unwrap();
        if *at != Some(step) {
            return Ok(());
        }
        *at = None;
        Err(BlobError {
            action: step,
            id: id.clone(),
            is_full: step == "write",
            message: "on purpose".to_owned(),
        })
    }
}

impl Blobs for Failing {
    fn write_part(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Result<(), BlobError> {
        self.step("write", id)?;
        self.disk.write_part(id, offset, bytes)
    }

    fn sync_part(&self, id: &UploadId) -> Result<(), BlobError> {
        self.step("sync", id)?;
        self.disk.sync_part(id)
    }

    fn read_part(&self, id: &UploadId, length: u64, each: &mut dyn FnMut(&[u8])) -> Result<(), BlobError> {
        self.step("check", id)?;
        self.disk.read_part(id, length, each)
    }

    fn publish(&self, id: &UploadId, length: u64) -> Result<(), BlobError> {
        self.step("publish", id)?;
        self.disk.publish(id, length)
    }

    fn remove_part(&self, id: &UploadId) -> Result<(), BlobError> {
        self.step("tidy", id)?;
        self.disk.remove_part(id)
    }

    fn parts(&self) -> Result<Vec<UploadId>, BlobError> {
        self.disk.parts()
    }

    fn remove(&self, id: &UploadId) -> Result<(), BlobError> {
        self.disk.remove(id)
    }

    fn read(&self, id: &UploadId, offset: u64, length: u64) -> Result<Bytes, BlobError> {
        self.disk.read(id, offset, length)
    }
}

#[test]
fn a_disk_that_fails_is_not_believed() {
    for (step, status) in [
        ("write", 503),
        ("sync", 500),
        ("check", 500),
        ("publish", 500),
        ("tidy", 204),
    ] {
        let mut random = StdRng::seed_from_u64(1);
        let store = SqliteStore::in_memory(&mut random).unwrap();
        let passwords = Box::new(Argon2id::new(PasswordCost::LEAST));
        let server = Server::new(
            store,
            Failing::default(),
            passwords,
            Settings::default(),
            &mut random,
        )
        .unwrap();
        let now = Now {
            wall: Timestamp::from_millis(1_800_000_000_000),
            monotonic: Duration::ZERO,
        };
        let mut call = |caller: &Caller, request: &Request| server.handle(now, &mut random, caller, request);
        let credentials = json!({"name": "alice", "password": "correct horse"});
        let session = call(
            &Caller::anonymous(),
            &Request::new("POST", "/v1/accounts").json(&credentials),
        );
        let session: serde_json::Value = serde_json::from_slice(session.bytes()).unwrap();
        let alice = Caller::bearer(session["access_token"].as_str().unwrap());
        let url = call(&alice, &new_upload("image/png", PNG)).headers["location"].clone();
        assert_eq!(call(&alice, &append(&url, 0, &PNG[..9])).status, 204);

        *server.blobs().at.lock().unwrap() = Some(step);
        assert_eq!(call(&alice, &append(&url, 9, &PNG[9..])).status, status, "{step}");
        let offset: usize = call(&alice, &Request::new("HEAD", &url)).headers["upload-offset"]
            .parse()
            .unwrap();
        // Only when everything but tidying up was done does the offset say that it was.
        assert_eq!(offset, if step == "tidy" { PNG.len() } else { 9 }, "{step}");
        assert_eq!(
            call(&alice, &append(&url, offset, &PNG[offset..])).status,
            204,
            "{step}"
        );
        let id = UploadId::named(url.rsplit('/').next().unwrap());
        let media = call(&alice, &Request::new("GET", format!("/v1/media/{id}")));
        assert_eq!(media.status, 200);
        assert_eq!(server.blobs().read(&id, 0, 1_000).unwrap(), PNG);
        server.tidy().unwrap();
        assert_eq!(server.blobs().parts().unwrap(), [], "{step}");
    }
}
