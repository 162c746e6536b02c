//! Restarts: what was answered is there after the process is gone; a restored database says so.

use std::path::Path;

use outrigger_server::blobs::MemoryBlobs;
use outrigger_server::exchange::{Caller, Request, Response};
use outrigger_server::ids::{Now, Timestamp};
use outrigger_server::store::sqlite::SqliteStore;
use outrigger_server::{Argon2id, Error, Exchange, PasswordCost, Server, Settings, renew_epoch};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::world::{Device, post};

type FileServer = Server<SqliteStore, MemoryBlobs>;

fn open(data_dir: &Path) -> FileServer {
    let mut random = StdRng::seed_from_u64(1);
    let store = SqliteStore::open(&data_dir.join("outrigger.db"), &mut random).unwrap();
    let passwords = Box::new(Argon2id::new(PasswordCost::LEAST));
    Server::new(
        store,
        MemoryBlobs::default(),
        passwords,
        Settings::default(),
        &mut random,
    )
    .unwrap()
}

fn call(server: &FileServer, seed: u64, caller: &Caller, request: &Request) -> Response {
    let now = Now {
        wall: Timestamp::from_millis(1_800_000_000_000),
        monotonic: Default::default(),
    };
    server.handle(now, &mut StdRng::seed_from_u64(seed), caller, request)
}

fn sign_up(server: &FileServer) -> Caller {
    let body = json!({"name": "alice", "password": "correct horse"});
    let request = Request::new("POST", "/v1/accounts").json(&body);
    let session = call(server, 2, &Caller::anonymous(), &request);
    let session: Value = serde_json::from_slice(session.bytes()).unwrap();
    Caller::bearer(session["access_token"].as_str().unwrap())
}

#[test]
fn everything_answered_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let device = Device::new(1);
    let request = device.stamp(post("kept"));
    let (alice, first, epoch) = {
        let server = open(folder.path());
        let alice = sign_up(&server);
        (
            alice.clone(),
            call(&server, 3, &alice, &request),
            server.epoch().to_owned(),
        )
    };
    let server = open(folder.path());
    assert_eq!(server.epoch(), epoch);
    let again = call(&server, 4, &alice, &request);
    assert_eq!((again.status, again.bytes()), (201, first.bytes()));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let feed = call(&server, 5, &alice, &Request::new("GET", "/v1/feed"));
    assert_eq!(
        serde_json::from_slice::<Value>(feed.bytes()).unwrap()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_restored_database_has_another_epoch_and_refuses_older_cursors() {
    let folder = tempfile::tempdir().unwrap();
    let (alice, epoch, cursor) = {
        let server = open(folder.path());
        let alice = sign_up(&server);
        for seed in 3..5 {
            assert_eq!(call(&server, seed, &alice, &post("x")).status, 201);
        }
        let page = call(&server, 6, &alice, &Request::new("GET", "/v1/feed?limit=1"));
        let page: Value = serde_json::from_slice(page.bytes()).unwrap();
        (
            alice,
            server.epoch().to_owned(),
            page["next"].as_str().unwrap().to_owned(),
        )
    };
    renew_epoch(folder.path()).unwrap();
    let server = open(folder.path());
    assert_ne!(server.epoch(), epoch);
    let next = Request::new("GET", format!("/v1/feed?cursor={cursor}"));
    assert_eq!(call(&server, 7, &alice, &next).status, 400);
    assert_eq!(
        call(&server, 7, &alice, &Request::new("GET", "/v1/feed")).status,
        200
    );
}

#[test]
fn foreign_and_newer_databases_are_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outrigger.db");
    let open = || SqliteStore::open(&path, &mut StdRng::seed_from_u64(1)).map(|_| ());
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign
        .execute_batch("CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('today')")
        .unwrap();
    assert!(matches!(open(), Err(Error::ForeignDatabase { .. })));
    let days: i64 = foreign
        .query_row("SELECT count(*) FROM diary", [], |row| row.get(0))
        .unwrap();
    assert_eq!(days, 1);
    drop(foreign);
    std::fs::remove_file(&path).unwrap();
    open().unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert!(matches!(open(), Err(Error::NewerDatabase { found: 99, .. })));
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    renew_epoch(&data_dir).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data_dir), 0o700);
    assert_eq!(mode(&data_dir.join("outrigger.db")), 0o600);
}

#[test]
fn what_the_store_refuses_is_undone_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = open(folder.path());
    let alice = sign_up(&server);
    let database = rusqlite::Connection::open(folder.path().join("outrigger.db")).unwrap();
    // After the post is written, so that there is something to undo.
    let trigger = "CREATE TRIGGER refuse AFTER UPDATE OF posts ON accounts
         WHEN EXISTS (SELECT 1 FROM posts WHERE text = 'refused')
         BEGIN SELECT RAISE(ABORT, 'on purpose'); END";
    database.execute_batch(trigger).unwrap();
    let device = Device::new(1);
    let items: Vec<Value> = ["first", "refused", "third"]
        .iter()
        .enumerate()
        .map(|(id, text)| device.item(&id.to_string(), "POST", "/v1/posts", json!({"text": text})))
        .collect();
    let batch = Request::new("POST", "/v1/batch").json(&json!({"requests": items}));
    let statuses = |response: Response| -> Vec<(u64, bool)> {
        let body: Value = serde_json::from_slice(response.bytes()).unwrap();
        let responses = body["responses"].as_array().unwrap().iter();
        responses
            .map(|it| {
                let is_replayed = it["headers"]["idempotency-replayed"] == "true";
                (it["status"].as_u64().unwrap(), is_replayed)
            })
            .collect()
    };
    let first = statuses(call(&server, 3, &alice, &batch));
    assert_eq!(first, [(201, false), (500, false), (201, false)]);
    let rows = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(rows("SELECT count(*) FROM posts"), 2);
    assert_eq!(rows("SELECT posts FROM accounts"), 2);
    assert_eq!(rows("SELECT count(*) FROM changes WHERE kind = 'post'"), 4);
    assert_eq!(
        rows("SELECT max(version) FROM scopes WHERE scope LIKE 'user:%'"),
        4
    );
    database.execute_batch("DROP TRIGGER refuse").unwrap();
    let second = statuses(call(&server, 4, &alice, &batch));
    assert_eq!(second, [(201, true), (201, false), (201, true)]);
}

/// How many transactions a write-ahead log holds: frames that carry the size of the database end one. Those of an earlier round, which was copied into
/// the database, have other salts than the log's head.
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap()) as usize;
    let frame = 24 + number(8);
    (32..log.len())
        .step_by(frame)
        .filter(|at| number(at + 4) > 0 && log[at + 8..at + 16] == log[16..24])
        .count()
}

#[test]
fn a_batch_is_one_transaction_and_so_are_requests_that_come_together() {
    let folder = tempfile::tempdir().unwrap();
    let server = open(folder.path());
    let log = folder.path().join("outrigger.db-wal");
    let alice = sign_up(&server);
    call(&server, 3, &alice, &Request::new("GET", "/v1/me"));
    let device = Device::new(1);
    let items: Vec<Value> = (0..100)
        .map(|item| device.item(&item.to_string(), "POST", "/v1/posts", json!({"text": "x"})))
        .collect();
    let batch = Request::new("POST", "/v1/batch").json(&json!({"requests": items}));
    let before = commits(&log);
    assert_eq!(call(&server, 4, &alice, &batch).status, 200);
    assert_eq!(commits(&log), before + 1);

    let together: Vec<_> = (0..10)
        .map(|_| Exchange::new(alice.clone(), device.stamp(post("x"))))
        .collect();
    let now = Now {
        wall: Timestamp::from_millis(1_800_000_000_000),
        monotonic: Default::default(),
    };
    let answers = server.handle_all(now, &mut StdRng::seed_from_u64(5), &together);
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(commits(&log), before + 2);
}

#[test]
fn every_effect_is_in_the_change_log_and_a_deletion_leaves_a_tombstone() {
    let folder = tempfile::tempdir().unwrap();
    let server = open(folder.path());
    let alice = sign_up(&server);
    let made = call(&server, 3, &alice, &post("x"));
    let url = made.headers["location"].clone();
    let id = url.rsplit('/').next().unwrap().to_owned();
    let database = rusqlite::Connection::open(folder.path().join("outrigger.db")).unwrap();
    let row = || -> (String, i64) {
        let sql = "SELECT operation, version FROM changes WHERE kind = 'post' AND object = ?1 AND scope LIKE 'user:%'";
        database
            .query_row(sql, [&id], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    let mut version = 0;
    let mut check = |request: &Request, operation: &str| {
        assert!(call(&server, 4, &alice, request).is_success());
        let (found, risen) = row();
        assert_eq!(found, operation);
        assert!(risen > version, "versions of a scope rise");
        version = risen;
    };
    check(&Request::new("PATCH", &url).json(&json!({"text": "y"})), "put");
    check(&Request::new("PUT", format!("{url}/like")), "put");
    check(
        &Request::new("POST", format!("{url}/comments")).json(&json!({"text": "y"})),
        "put",
    );
    check(&Request::new("DELETE", &url), "delete");
    let rejected = call(&server, 5, &alice, &Request::new("DELETE", &url));
    assert_eq!(
        (rejected.status, row().1),
        (404, version),
        "a rejection changes nothing"
    );
}

/// The server ended before its last reader had let go of the database, and what was in the journal was missing in a copy of the file.
#[tokio::test]
async fn a_server_that_ended_leaves_its_database_whole_in_one_file() {
    let folder = crate::running::start().await.stop().await;
    let copy = folder.path().join("copy.db");
    std::fs::copy(folder.path().join("outrigger.db"), &copy).unwrap();
    let accounts: i64 = rusqlite::Connection::open(&copy)
        .unwrap()
        .query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(accounts, 1);
}
