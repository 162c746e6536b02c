//! Uploads: offsets tell the truth, what is readable is whole, the same bytes are sent once.

use std::time::Duration;

use outrigger_server::exchange::{Body, Request};
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
        ("content-security-policy", "default-src 'none'"),
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
