//! Databases that cannot be used: said with their path and what to do, and left as they are.

use outrigger_client::{Config, Error, ErrorKind};
use rusqlite::Connection;
use url::Url;

use crate::world::{Device, add, device_and_backend};

fn device() -> Device {
    Device::new(&Url::parse("http://127.0.0.1:9").unwrap())
}

#[tokio::test]
async fn another_accounts_or_servers_database_is_refused() {
    let mut device = device();
    let service = device.open().await;
    service.mutate(add(&service, "milk")).await.unwrap();
    service.close().await.unwrap();
    device.config.account = "usr_2".to_owned();
    let error = device.try_open().await.unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
    assert!(error.to_string().contains("todo.db"), "{error}");
    device.config.account = "usr_1".to_owned();
    device.config.server = Url::parse("http://127.0.0.1:10").unwrap();
    assert_eq!(device.try_open().await.unwrap_err().kind(), ErrorKind::Foreign);
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let device = device();
    device.open().await.close().await.unwrap();
    let newer = Connection::open(&device.config.database).unwrap();
    newer.pragma_update(None, "user_version", 1_000).unwrap();
    drop(newer);
    let error = device.try_open().await.unwrap_err();
    assert!(matches!(error, Error::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_database_or_a_damaged_one_is_left_as_it_is() {
    let device = device();
    let path = &device.config.database;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    for content in [
        &b"Dear reader"[..],
        &b"SQLite format 3\0 and then nothing that makes sense"[..],
    ] {
        std::fs::write(path, content).unwrap();
        let error = device.try_open().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Foreign | ErrorKind::Database),
            "{error:?}"
        );
        assert!(error.to_string().contains("todo.db"), "{error}");
        assert_eq!(std::fs::read(path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_damaged_page_is_called_damage() {
    let (device, _backend, _server) = device_and_backend().await;
    let service = device.open().await;
    service.set_online(false).await.unwrap();
    service.mutate(add(&service, "milk")).await.unwrap();
    service.close().await.unwrap();
    let path = &device.config.database;
    let mut bytes = std::fs::read(path).unwrap();
    // The first page begins with the file's header; what follows is the table of tables.
    bytes[100..4_096].fill(0xA5);
    std::fs::write(path, &bytes).unwrap();
    let error = device.try_open().await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    assert_eq!(std::fs::read(path).unwrap(), bytes);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_said() {
    let mut device = device();
    let check = async |device: &Device, expected: ErrorKind| {
        assert_eq!(device.try_open().await.unwrap_err().kind(), expected);
    };
    device.config.server = Url::parse("ftp://example.org").unwrap();
    check(&device, ErrorKind::Input).await;
    device.config.server = Url::parse("http://ada:hush@127.0.0.1:9").unwrap();
    let error = device.try_open().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
    check(&device, ErrorKind::Input).await;
    device.config.server = Url::parse("http://127.0.0.1:9").unwrap();
    std::fs::write(device.folder.path().join("file"), b"").unwrap();
    device.config.attachments = device.folder.path().join("file/attachments");
    check(&device, ErrorKind::Storage).await;
    device.config.attachments = device.folder.path().join("attachments");
    device.config.database = device.folder.path().join("file/todo.db");
    check(&device, ErrorKind::Storage).await;
    device.config = Config::new(
        device.folder.path(),
        device.folder.path().join("attachments"),
        device.config.server.clone(),
        "usr_1",
        device.config.credentials.clone(),
    );
    check(&device, ErrorKind::Foreign).await;
}
