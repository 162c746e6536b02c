//! The client over SQLCipher: what is on the disk says nothing, and only its key opens it.

use outrigger_client::{Anonymous, Config, DatabaseKey, Error, SyncService, scrub_database};
use outrigger_social::{Social, posts, query, wire};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const WORDS: &str = "planted words 88120417";

fn config(folder: &Path, key: Option<&DatabaseKey>) -> Config {
    // Nobody is there: everything stays on the device.
    let server = url::Url::parse("http://127.0.0.1:9").unwrap();
    let database = folder.join("data/app.db");
    let mut config = Config::new(
        database,
        folder.join("files"),
        server,
        "usr_1",
        Arc::new(Anonymous),
    );
    config.database_key = key.cloned();
    config
}

fn social() -> Social {
    Social::new(wire::User {
        id: "usr_1".to_owned(),
        name: "alice".to_owned(),
    })
}

async fn open(folder: &Path, key: Option<&DatabaseKey>) -> Result<SyncService<Social>, Error> {
    SyncService::open(social(), config(folder, key)).await
}

/// The files of the database that hold one of these.
fn holding(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("data")).unwrap();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| {
        let bytes = std::fs::read(path).unwrap();
        let holds = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        texts.iter().any(holds)
    });
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_the_disk_says_nothing_and_only_its_key_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let key = DatabaseKey::random().unwrap();
    let service = open(folder, Some(&key)).await.unwrap();
    let id = service.new_id();
    let post = outrigger_social::id::PostId(id);
    service
        .mutate(posts::create(post, WORDS, Vec::new()))
        .await
        .unwrap();
    // While it is open too: what was just written is in the log.
    assert_eq!(
        holding(folder, &[WORDS, "SQLite format 3", "CREATE TABLE"]),
        Vec::<PathBuf>::new()
    );
    service.close().await.unwrap();
    scrub_database(&folder.join("data/app.db"), Some(&key)).unwrap();
    assert_eq!(
        holding(folder, &[WORDS, "SQLite format 3", "CREATE TABLE"]),
        Vec::<PathBuf>::new()
    );

    let other = DatabaseKey::random().unwrap();
    for wrong in [None, Some(&other)] {
        let error = open(folder, wrong).await.err().expect("it is shut");
        assert!(matches!(error, Error::NotADatabase { .. }), "{error}");
        let hex = key.to_hex();
        assert!(!format!("{error} {error:?}").contains(hex.expose()));
    }

    let kept = DatabaseKey::from_hex(&key.to_hex()).unwrap();
    let service = open(folder, Some(&kept)).await.unwrap();
    let text = service
        .read(move |db| query::post(db, post))
        .await
        .unwrap()
        .map(|view| view.text);
    assert_eq!(text.as_deref(), Some(WORDS));
    service.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_not_encrypted_is_not_taken_for_one_that_is() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), None).await.unwrap().close().await.unwrap();
    let key = DatabaseKey::random().unwrap();
    let error = open(folder.path(), Some(&key))
        .await
        .err()
        .expect("it is another");
    assert!(matches!(error, Error::NotADatabase { .. }), "{error}");
    open(folder.path(), None).await.unwrap().close().await.unwrap();
}
